//! Where, when and how strongly the style is shared, on the command line.

use clap::{Args, ValueEnum};

use crate::cli::values;
use crate::recipe::{Fades, Layers, Style, Window};

/// Options that hold the style to where it is wanted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Strength and leakage")]
pub struct Restrain {
    /// Layers that share: all, up, last-up, down, mid, style or layout, or one 0 or 1 for each.
    ///
    /// Style is the block that is known to decide it, layout the one that decides the
    /// composition; up leaves the composition to each picture.
    #[arg(long, value_name = "NAME", value_parser = Layers::parse)]
    #[arg(conflicts_with_all = ["only_self_level", "plain_layers", "layer_mask"])]
    pub layers: Option<Layers>,
    /// Steps in which the style is shared, as shares of them: 0..0.6, or 0..1:linear to let it fade.
    ///
    /// Curves are linear, cosine and sigmoid; with -up, as cosine-up, it grows instead. Early steps
    /// decide the layout, late ones the texture.
    #[arg(long, value_name = "A..B[:CURVE]", value_parser = values::window)]
    pub share_steps: Option<Window>,
    /// What fades along the curve [default: weight].
    #[arg(long, value_name = "WHAT", requires = "share_steps")]
    pub fade: Option<FadeName>,
    /// How much of the shared attention stands in for the plain one, 0 to 1 [default: 1].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub strength: Option<f64>,
    /// Share only in the half with the prompt, so that guidance strengthens the style.
    #[arg(long)]
    pub prompted_only: bool,
    /// Share of what lends the style that is left out by chance, 0 to 1: poses and layouts are
    /// copied less [default: 0].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub dropout: Option<f64>,
    /// Seed of that chance [default: 0].
    #[arg(long, value_name = "N", requires = "dropout")]
    pub dropout_seed: Option<u64>,
    /// How much the subject of what lends the style is looked at, 0 to 1: contents leak less, and
    /// only where they are [default: 1].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub subject_keys: Option<f64>,
    /// Layers, of those that share, in which pictures look at what lends the style alone and not at
    /// themselves: the strongest style; named as for --layers.
    #[arg(long, value_name = "NAME", value_parser = Layers::parse)]
    pub swap: Option<Layers>,
    /// See only N x N means of what lends the style, 1 to 32: its style without its layout; 0 sees
    /// it whole [default: 0].
    #[arg(long, value_name = "N")]
    pub pool: Option<u32>,
    /// Move away from what a picture would be with the queries of what lends the style, 0 to 20:
    /// contents leak less; each step takes half as long again [default: 0].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub query_guidance: Option<f64>,
    /// Steps in which pictures take the colours of what lends the style, as 0.6..0.9.
    #[arg(long, value_name = "A..B[:CURVE]", value_parser = values::window)]
    pub recolour: Option<Window>,
}

/// [`Fades`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FadeName {
    /// The reference weight.
    Weight,
    /// The score scale.
    Scale,
    /// The strength.
    Strength,
}

impl From<FadeName> for Fades {
    fn from(name: FadeName) -> Self {
        match name {
            FadeName::Weight => Self::Weight,
            FadeName::Scale => Self::Scale,
            FadeName::Strength => Self::Strength,
        }
    }
}

impl Restrain {
    /// Fills in what was asked for.
    pub fn apply(&self, style: &mut Style) {
        if let Some(layers) = &self.layers {
            style.layers = layers.clone();
        }
        style.window = self.share_steps.unwrap_or(style.window);
        style.fades = self.fade.map_or(style.fades, Into::into);
        style.strength = self.strength.unwrap_or(style.strength);
        style.prompted_only |= self.prompted_only;
        style.dropout = self.dropout.unwrap_or(style.dropout);
        style.dropout_seed = self.dropout_seed.unwrap_or(style.dropout_seed);
        style.subject_keys = self.subject_keys.unwrap_or(style.subject_keys);
        style.swap = self.swap.clone().or_else(|| style.swap.take());
        style.pool = self.pool.unwrap_or(style.pool);
        style.query_guidance = self.query_guidance.unwrap_or(style.query_guidance);
        style.recolour = self.recolour.or(style.recolour);
    }
}
