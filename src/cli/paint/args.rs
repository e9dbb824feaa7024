//! The options of `predella paint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::control::Steer;
use super::panorama::Widen;
use super::references::Refer;
use super::restrain::Restrain;
use crate::cli::values;
use crate::engine::{DeviceChoice, Precision};
use crate::recipe::{AdaIn, SchedulerKind, Size, Spacing};

/// Paint a set of pictures in one shared style.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PaintArgs {
    /// What each picture shows; the first one lends its style to the others.
    ///
    /// A single - reads prompts from standard input, one a line.
    #[arg(value_name = "PROMPT", help_heading = "What to paint")]
    pub prompts: Vec<String>,
    /// Read prompts from a file.
    ///
    /// A text file holds one prompt a line; empty lines and lines that begin
    /// with # are skipped. A .csv file holds a table with the columns subject and, if
    /// there are any, seed. A .yaml file holds a list of prompts (or of `subject`
    /// and `seed` pairs), or a whole recipe, which the other options then change.
    #[arg(short, long, value_name = "FILE", help_heading = "What to paint")]
    pub file: Option<PathBuf>,
    /// Repaint exactly the recipe in a picture or a .yaml file.
    #[arg(long, value_name = "FILE", help_heading = "What to paint")]
    #[arg(conflicts_with_all = ["prompts", "file", "style", "negative", "seed", "variations"])]
    #[arg(conflicts_with_all = ["Look", "Widen", "Refer", "Steer", "Align", "Restrain"])]
    pub recipe: Option<PathBuf>,
    /// Paint more panels for the finished set in a picture or a .yaml file.
    ///
    /// They are what they would have been in the set from the beginning; the
    /// panels that it has are not painted again.
    #[arg(long, value_name = "FILE", help_heading = "What to paint")]
    #[arg(conflicts_with_all = ["file", "recipe", "style", "negative"])]
    #[arg(conflicts_with_all = ["Look", "Widen", "Refer", "Steer", "Align", "Restrain"])]
    pub add_to: Option<PathBuf>,
    /// Style text, appended to every prompt.
    #[arg(short, long, value_name = "TEXT", help_heading = "What to paint")]
    pub style: Option<String>,
    /// What to steer away from.
    #[arg(long, value_name = "TEXT", help_heading = "What to paint")]
    pub negative: Option<String>,
    /// Seed of the first picture; each next one takes the next number. Random if left out.
    #[arg(long, value_name = "N", help_heading = "What to paint")]
    pub seed: Option<u64>,
    /// Pictures for each prompt.
    #[arg(short = 'n', long, value_name = "N", help_heading = "What to paint")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub variations: Option<u32>,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub widen: Widen,
    #[command(flatten)]
    pub refer: Refer,
    #[command(flatten)]
    pub steer: Steer,
    #[command(flatten)]
    pub align: Align,
    #[command(flatten)]
    pub restrain: Restrain,
    #[command(flatten)]
    pub machine: Machine,
    #[command(flatten)]
    pub result: ResultArgs,
}

/// How a picture is sampled. What is left out comes from the model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sampling")]
pub struct Look {
    /// Denoising steps.
    #[arg(long, value_name = "N")]
    pub steps: Option<u32>,
    /// Classifier-free guidance scale; 1 or less paints without guidance.
    #[arg(long, value_name = "SCALE", allow_negative_numbers = true)]
    pub guidance: Option<f64>,
    /// Size of each picture, as 768x512, or 512 for a square.
    #[arg(long, value_name = "WxH", value_parser = values::size)]
    pub size: Option<Size>,
    /// Sampler.
    #[arg(long, value_name = "NAME")]
    pub scheduler: Option<SchedulerName>,
    /// How the steps are spread over the training timesteps.
    #[arg(long, value_name = "NAME")]
    pub spacing: Option<SpacingName>,
    /// Added to each timestep of leading spacing.
    #[arg(long, value_name = "N")]
    pub offset: Option<u32>,
}

/// How the style is shared.
#[derive(Debug, Args)]
#[command(next_help_heading = "Style alignment")]
pub struct Align {
    /// Paint each picture on its own.
    #[arg(long, conflicts_with_all = [
        "adain", "full_share", "score_scale", "reference_weight", "share_group_norm",
        "share_layer_norm", "only_self_level", "plain_layers", "layer_mask", "Restrain",
    ])]
    pub no_align: bool,
    /// What takes the first picture's statistics: queries, keys, values [default: q,k].
    #[arg(long, value_name = "q,k,v", value_parser = values::adain)]
    pub adain: Option<AdaIn>,
    /// Leave queries, keys and values as they are.
    #[arg(long, conflicts_with = "adain")]
    pub no_adain: bool,
    /// Let every picture attend to every other one.
    #[arg(long, conflicts_with_all = ["score_scale", "reference_weight", "adain"])]
    pub full_share: bool,
    /// Multiplies the first picture's keys, 0 to 5 [default: 1].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub score_scale: Option<f64>,
    /// Attention to the first picture against the picture's own, 0 to 1000 [default: 1].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub reference_weight: Option<f64>,
    /// Pool group-norm statistics with the first picture.
    #[arg(long)]
    pub share_group_norm: bool,
    /// Accepted for compatibility; it changes nothing.
    #[arg(long)]
    pub share_layer_norm: bool,
    /// Rough share of the self-attention layers that stay plain, 0 to 1.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(conflicts_with_all = ["plain_layers", "layer_mask"])]
    pub only_self_level: Option<f64>,
    /// Exact number of self-attention layers that stay plain.
    #[arg(long, value_name = "N", conflicts_with = "layer_mask")]
    pub plain_layers: Option<u32>,
    /// One character a self-attention layer: 1 shares, 0 stays plain.
    #[arg(long, value_name = "01…")]
    pub layer_mask: Option<String>,
}

/// The weights and what they run on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model and machine")]
pub struct Machine {
    /// Model: mini, a folder in the diffusers layout, or owner/name of a downloaded one [default: mini].
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Device: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Number format of the weights: auto, f32, f16 or bf16.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub precision: Precision,
    /// Most pictures to paint at once; the result is the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub chunk: Option<u32>,
    /// Most memory to plan for, as 8G; sets are painted in smaller chunks to fit.
    #[arg(long, value_name = "SIZE", value_parser = values::bytes)]
    pub memory: Option<u64>,
    /// Processor threads [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

/// Where the pictures go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultArgs {
    /// Folder for the pictures; nothing in it is ever overwritten.
    #[arg(short, long, value_name = "DIR", default_value = "predella-out")]
    pub out: PathBuf,
    /// Also write one picture with all panels side by side.
    #[arg(long)]
    pub sheet: bool,
    /// Show the pictures in the terminal.
    #[arg(long, overrides_with = "no_show")]
    pub show: bool,
    /// Do not show the pictures in the terminal.
    #[arg(long, overrides_with = "show")]
    pub no_show: bool,
    /// Say what style alignment did: the share of attention in each step and block that went to
    /// what lends the style, and what AdaIN changed. Takes somewhat longer; same pictures.
    #[arg(long)]
    pub explain: bool,
    /// Say what would be painted, how much memory and about how long it takes; paint nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// [`SchedulerKind`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchedulerName {
    Ddim,
    Euler,
}

/// [`Spacing`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SpacingName {
    Leading,
    Linspace,
    Trailing,
}

impl From<SchedulerName> for SchedulerKind {
    fn from(name: SchedulerName) -> Self {
        match name {
            SchedulerName::Ddim => Self::Ddim,
            SchedulerName::Euler => Self::Euler,
        }
    }
}

impl From<SpacingName> for Spacing {
    fn from(name: SpacingName) -> Self {
        match name {
            SpacingName::Leading => Self::Leading,
            SpacingName::Linspace => Self::Linspace,
            SpacingName::Trailing => Self::Trailing,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  predella paint \"a fox\" \"a castle\" \"a sailboat\" --style watercolour
  predella paint --file animals.txt --style \"3d render\" -n 2 --sheet
  echo \"a fox\" | predella paint - --style linocut --json
  predella paint \"a fox\" \"a bear\" --reference painting.jpg --caption \"a house, oil painting\"
  predella paint \"a castle\" \"a barn\" \"a church\" --control canny:house.jpg
  predella paint \"a mountain lake, oil painting\" --panorama 1024x256
  predella paint --recipe predella-out/01-a-fox.png --out again
  predella paint --add-to predella-out/01-a-fox.png \"an owl\"";
