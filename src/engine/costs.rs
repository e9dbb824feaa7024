//! What a plan costs, from configurations and the headers of weights.

use super::control::ControlConfig;
use super::cost::{self, Cost};
use super::error::{EngineError, Result};
use super::plan::Anchoring;
use super::share_out::Load;
use super::spec::ModelSpec;
use crate::models::{ControlFolder, ModelFolder, Weights};
use crate::recipe::Recipe;

/// Tokens of the longest prompt that any known encoder reads.
const TEXT_TOKENS: usize = 77;
/// Bytes of a panorama's pixel while it is put together: three sums, their weight
/// and their mean in single precision.
const CANVAS: u64 = 28;

/// The parts of a cost.
pub(super) struct Costs {
    pub halves: u64,
    row: Cost,
    steered: Cost,
    decode: Cost,
    /// Bytes of the largest picture as it is put together.
    canvas: u64,
    pub weights: u64,
    width: u64,
}

impl Costs {
    /// What a recipe costs; `width` is the bytes of a number in the UNet.
    ///
    /// # Errors
    /// When the weights' headers cannot be read.
    pub fn new(
        folder: &ModelFolder,
        spec: &ModelSpec,
        recipe: &Recipe,
        control: Option<&(ControlFolder, ControlConfig)>,
        width: u64,
    ) -> Result<Self> {
        let (_, height, columns) = spec.latents(recipe.size)?;
        let net =
            control.map_or(Ok(0), |(net, _)| Ok::<_, EngineError>(elements(&net.weights()?)))?;
        let steered =
            control.map(|(_, config)| cost::control_row(config, height, columns, TEXT_TOKENS));
        let keys = if Anchoring::new(recipe).aligned { 1.75 } else { 1.0 };
        Ok(Self {
            halves: if recipe.is_guided() { 2 } else { 1 },
            row: cost::unet_row(&spec.unet, height, columns, TEXT_TOKENS, keys),
            steered: steered.unwrap_or_default(),
            decode: cost::decode(&spec.vae, height, columns),
            canvas: recipe.panorama.map_or(0, |panorama| {
                u64::from(panorama.size.width) * u64::from(panorama.size.height) * CANVAS
            }),
            weights: weight_bytes(folder, width)? + net * width,
            width,
        })
    }

    /// Bytes that do not grow with the chunk.
    pub fn fixed(&self) -> u64 {
        self.weights + self.decode.live * 4 + self.canvas
    }

    /// Bytes of a row in all halves.
    pub fn row_bytes(&self) -> u64 {
        self.halves * (self.row.live + self.steered.live) * self.width
    }

    /// Bytes at the worst moment with so many rows a half.
    pub fn peak(&self, rows: u64) -> u64 {
        self.weights + (self.row_bytes() * rows).max(self.decode.live * 4 + self.canvas)
    }

    /// Multiply-adds of the run; `steered` panels follow a map, and `inverted`
    /// pictures are brought to noise.
    pub fn macs(&self, load: &Load, inverted: usize, recipe: &Recipe, steered: usize) -> u64 {
        // Inverting a picture takes about what painting it does.
        let passes = self.halves * u64::from(recipe.steps);
        let moves = recipe.style.query_guidance > 0.0 && Anchoring::new(recipe).aligned;
        let leaked = if moves { u64::from(recipe.steps) } else { 0 };
        let rows = (load.rows + inverted) as u64 * self.row.macs;
        let controlled = (steered * load.windows) as u64 * self.steered.macs;
        (passes + leaked) * rows + passes * controlled + load.decoded as u64 * self.decode.macs
    }
}

fn weight_bytes(folder: &ModelFolder, unet_width: u64) -> Result<u64> {
    let mut bytes = 0;
    for part in ["unet", "vae", "text_encoder", "text_encoder_2"] {
        if folder.has(part) {
            let width = if part == "unet" { unet_width } else { 4 };
            bytes += elements(&folder.weights(part, None)?) * width;
        }
    }
    Ok(bytes)
}

fn elements(weights: &Weights) -> u64 {
    let shapes = weights.names().filter_map(|name| weights.get(name)).map(|view| view.shape);
    shapes.map(|shape| shape.iter().product::<usize>() as u64).sum()
}
