//! Panoramas on the command line.

use clap::Args;

use crate::cli::values;
use crate::recipe::{Panorama, Recipe, Size};

/// Pictures larger than the model paints.
#[derive(Debug, Args)]
#[command(next_help_heading = "Panoramas")]
pub struct Widen {
    /// Paint each picture at this size through overlapping windows of --size, as 1024x256.
    ///
    /// In every step the windows agree on what they share. What lends the style keeps the
    /// windows' size: the first picture of an aligned set, or references.
    #[arg(long = "panorama", value_name = "WxH", value_parser = values::size)]
    pub whole: Option<Size>,
    /// Pixels from one window to the next; fewer cost more and hide the windows better
    /// [default: a quarter of a window].
    #[arg(long, value_name = "N", requires = "whole")]
    pub stride: Option<u32>,
    /// Let the right edge go on at the left one.
    #[arg(long, requires = "whole")]
    pub wrap: bool,
    /// Let several references lend their styles one after another, from left to right.
    #[arg(long, requires = "whole")]
    pub along: bool,
}

/// Lets the recipe paint panoramas, if one was asked for.
pub fn widen(args: &Widen, recipe: &mut Recipe) {
    let Some(whole) = args.whole else { return };
    let usual = Panorama::new(whole, recipe.size);
    let stride = args.stride.unwrap_or(usual.stride);
    recipe.panorama = Some(Panorama { size: whole, stride, wrap: args.wrap, along: args.along });
}
