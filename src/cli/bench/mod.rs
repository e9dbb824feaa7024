//! `predella bench`.

mod clock;
mod interface;
mod network;
mod op;
mod paper;
mod parts;
mod report;
mod set;
mod shapes;
mod work;

use candle_core::{DType, Device};
use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::machine;
use super::model::{self, Defaults};
use super::output::Output;
use super::progress::Progress;
use super::values;
use crate::engine::{DeviceChoice, LoadOptions, ModelSpec, Precision};
use crate::models::ModelFolder;
use crate::recipe::{Recipe, Size};
use clock::{Effort, Mark};
use network::Network;
use report::Found;
use shapes::Load;

/// Tokens of a prompt in SDXL.
const SDXL_TOKENS: usize = 77;

/// Measure how fast this machine paints.
///
/// Runs the engine's own kernels and networks, as paint does, and prints the
/// median of several samples and the quarters around it. Nothing is written.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct BenchArgs {
    #[command(subcommand)]
    other: Option<Other>,
    /// What to measure [default: all of it].
    #[arg(value_name = "WHAT", help_heading = "What to measure")]
    what: Vec<Part>,
    /// Only kernels whose line holds this text.
    #[arg(long, value_name = "TEXT", help_heading = "What to measure")]
    only: Option<String>,
    /// Pictures in the set.
    #[arg(long, value_name = "N", default_value_t = 4, help_heading = "What to measure")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64))]
    panels: u32,
    /// Denoising steps of the set.
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "What to measure")]
    steps: u32,
    /// Size of each picture [default: the model's].
    #[arg(long, value_name = "WxH", value_parser = values::size)]
    #[arg(help_heading = "What to measure")]
    size: Option<Size>,
    /// Least seconds for each measurement.
    #[arg(long, value_name = "S", default_value_t = 1.0, help_heading = "What to measure")]
    #[arg(value_parser = seconds)]
    seconds: f64,
    /// Model: mini, a folder in the diffusers layout, or owner/name of a downloaded one [default: mini].
    #[arg(short, long, value_name = "MODEL", help_heading = "Model and machine")]
    model: Option<String>,
    /// Random weights in a published shape, where the model itself is not at hand.
    #[arg(long, value_name = "SHAPE", conflicts_with = "model")]
    #[arg(help_heading = "Model and machine")]
    random: Option<Shape>,
    /// Device: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    #[arg(help_heading = "Model and machine")]
    device: DeviceChoice,
    /// Number format of the weights: auto, f32, f16 or bf16.
    #[arg(long, value_name = "FORMAT", default_value = "auto", alias = "dtype")]
    #[arg(help_heading = "Model and machine")]
    precision: Precision,
    /// Processor threads [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    #[arg(help_heading = "Model and machine")]
    threads: Option<u32>,
}

/// What is more than a measurement of speed.
#[derive(Debug, Subcommand)]
enum Other {
    Paper(Box<paper::PaperArgs>),
}

/// A part of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Each kernel in the shapes that the model calls.
    Kernels,
    /// One UNet step, plain and style-shared.
    Step,
    /// Decoding one picture.
    Decode,
    /// A whole set from prompts to pixels.
    Set,
    /// The studio in a terminal; only when it is asked for.
    Interface,
}

/// A published shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// SDXL base.
    Sdxl,
}

/// What is measured: a model, or a shape with random weights.
struct Subject {
    folder: Option<ModelFolder>,
    spec: ModelSpec,
    name: String,
    size: Size,
}

/// Where, with which numbers, on how much.
struct Bench<'a> {
    args: &'a BenchArgs,
    subject: &'a Subject,
    recipe: Recipe,
    device: Device,
    dtype: DType,
    load: Load,
    progress: Progress,
}

/// Measures what was asked for.
///
/// # Errors
/// When the model or the device cannot be used.
pub fn run(args: &BenchArgs, out: &Output) -> Result<(), CliError> {
    if let Some(Other::Paper(args)) = &args.other {
        return paper::run(args, out);
    }
    if args.what.contains(&Part::Interface) {
        if args.what.iter().any(|part| *part != Part::Interface) {
            return Err(CliError::usage("the interface is measured alone")
                .hint("while the engine is measured it has no core to itself"));
        }
        return interface::run(out);
    }
    machine::threads(args.threads)?;
    let subject = Subject::find(args)?;
    let guidance = Defaults::of(&subject.spec).guidance;
    let recipe =
        set::recipe(args.panels as usize, args.steps, subject.size, guidance, &subject.name);
    recipe.check()?;
    let device = args.device.open()?;
    let dtype = args.precision.dtype(&device)?;
    let load = Load {
        rows: 2 * args.panels as usize,
        halves: 2,
        latents: subject.spec.latents(subject.size)?,
        tokens: subject.tokens()?,
    };
    let progress = Progress::waiting(out, "loading the model");
    let bench = Bench { args, subject: &subject, recipe, device, dtype, load, progress };
    let found = bench.measure()?;
    let report = bench.report(found);
    drop(bench);
    report.print(out);
    Ok(())
}

impl BenchArgs {
    fn options(&self) -> LoadOptions {
        LoadOptions { device: self.device, precision: self.precision }
    }
}

impl Subject {
    fn find(args: &BenchArgs) -> Result<Self, CliError> {
        let (folder, spec, name) = match args.random {
            Some(Shape::Sdxl) => (None, ModelSpec::sdxl_base()?, "random sdxl".to_owned()),
            None => {
                let folder = model::open(args.model.as_deref())?;
                let (spec, name) = (ModelSpec::read(&folder)?, folder.name().to_owned());
                (Some(folder), spec, name)
            }
        };
        if folder.is_none() && args.what.contains(&Part::Set) {
            let text = "a whole set needs a model: random weights come without text encoders";
            return Err(CliError::usage(text).hint("measure kernels, step and decode"));
        }
        let size = args.size.unwrap_or(spec.native_size());
        Ok(Self { folder, spec, name, size })
    }

    /// Tokens that the text encoders see of every prompt.
    fn tokens(&self) -> Result<usize, CliError> {
        let Some(folder) = &self.folder else { return Ok(SDXL_TOKENS) };
        let config = folder.json("text_encoder/config.json")?;
        let tokens = config["max_position_embeddings"].as_u64();
        Ok(tokens.and_then(|n| usize::try_from(n).ok()).unwrap_or(SDXL_TOKENS))
    }
}

impl Bench<'_> {
    fn wants(&self, part: Part) -> bool {
        self.args.what.is_empty() || self.args.what.contains(&part)
    }

    fn effort(&self, samples: usize) -> Effort {
        Effort { seconds: self.args.seconds, samples }
    }

    fn measure(&self) -> Result<Vec<Found>, CliError> {
        let mut found = Vec::new();
        machine::forget_peak(&self.device);
        let mark = Mark::now(&self.device)?;
        let network = match &self.subject.folder {
            _ if self.args.what == [Part::Kernels] => None,
            Some(folder) => Some(Network::load(folder, &self.args.options())?),
            None => Some(Network::random(&self.subject.spec, &self.device, self.dtype)?),
        };
        if network.is_some() {
            found.push(self.found("load", "the model", clock::summary(&[mark.lap(&self.device)?])));
        }
        if self.wants(Part::Kernels) {
            self.kernels(&mut found)?;
        }
        let Some(network) = network else { return Ok(found) };
        if self.wants(Part::Step) {
            self.step(&network, &mut found)?;
        }
        if self.wants(Part::Decode) {
            self.decode(&network, &mut found)?;
        }
        if self.wants(Part::Set) {
            self.set(&network, &mut found)?;
        }
        Ok(found)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(n) if (0.0..=3600.0).contains(&n) => Ok(n),
        _ => Err("seconds are a number from 0 to 3600".into()),
    }
}

const EXAMPLES: &str = "\
Examples:
  predella bench
  predella bench step --panels 8 --threads 2 --json
  predella bench kernels --only attention
  predella bench step decode --random sdxl --device cuda";
