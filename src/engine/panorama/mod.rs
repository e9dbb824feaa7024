//! Panoramas: pictures larger than the model paints (MultiDiffusion, arXiv 2302.08113).
//!
//! In each step every window of the picture is asked for its prediction; where
//! windows overlap, the mean of theirs is taken, and the whole takes one step.
//! What lends its style is carried along with every batch of windows, and takes
//! its own step once they are through. It never depends on them, so neither does
//! the picture depend on how many windows are seen at once.

mod mosaic;
mod sample;
mod views;

pub use mosaic::{Mosaic, Weight};
pub use sample::{Carried, Wide};
pub use views::{Extent, Views};

use super::error::Result;
use super::pass::Pass;
use super::vae::Vae;
use candle_core::{DType, Tensor};

/// Decodes a panorama's latents (1, channels, height, width) a window at a time,
/// so that it takes the memory of one, into (1, 3, height, width).
///
/// # Errors
/// When the shapes do not fit; or what `check` says before each window.
pub fn decode(
    vae: &Vae,
    latents: &Tensor,
    views: &Views,
    check: &dyn Fn() -> Result<()>,
) -> Result<Tensor> {
    let (tiles, factor) = (views.tiles(), vae.config().factor());
    if tiles.count() == 1 {
        return Ok(vae.decode(&latents.to_dtype(DType::F32)?, Pass::default())?);
    }
    let mut mosaic = tiles.mosaic(3, factor);
    for tile in 0..tiles.count() {
        check()?;
        let piece = tiles.crop(latents, tile)?.to_dtype(DType::F32)?;
        let decoded = vae.decode(&piece, Pass::default())?;
        mosaic.add(&decoded, tiles.start(tile, factor), Weight::Faded)?;
    }
    Ok(mosaic.mean()?)
}
