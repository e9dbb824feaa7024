//! What a recipe will cost, before anything is loaded.

use super::cost::{self, Cost};
use super::device::{DeviceChoice, Precision};
use super::error::{EngineError, Result};
use super::memory;
use super::schedule::Scheduler;
use super::spec::ModelSpec;
use super::style::layers;
use crate::models::{ModelFolder, Weights};
use crate::recipe::{Anchor, Encoding, Recipe, References};
use std::ops::Range;

/// Most panels painted together unless more are asked for: pictures then come
/// in rows, and carrying the anchor along costs an eighth at most.
const MAX_CHUNK: usize = 8;
/// Tokens of the longest prompt that any known encoder reads.
const TEXT_TOKENS: usize = 77;

/// Where and with which numbers to compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The device.
    pub device: DeviceChoice,
    /// The UNet's numbers.
    pub precision: Precision,
}

/// What a run may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Panels painted together; `None` lets memory decide.
    pub chunk: Option<usize>,
    /// Bytes; `None` asks the device.
    pub memory: Option<u64>,
    /// Panels at the front that are painted already and only lend their style.
    pub painted: usize,
}

/// How a recipe will be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Rows that the UNet sees at once in the largest chunk.
    pub rows: usize,
    /// Whether each step asks the network with and without the prompt.
    pub guided: bool,
    /// Whether panels take their style from an anchor.
    pub aligned: bool,
    /// Reference pictures that every chunk carries in front of its panels.
    pub references: usize,
    /// Indices of panels painted together. Without references, an aligned chunk
    /// that does not hold the anchor carries it besides.
    pub chunks: Vec<Vec<usize>>,
    /// The latents' channels, height and width.
    pub latents: (usize, usize, usize),
    /// Self-attention layers of the model.
    pub layers: usize,
    /// How many of them share.
    pub sharing_layers: usize,
    /// What the network is told at each step.
    pub timesteps: Vec<f64>,
    /// Bytes of the weights as computed with.
    pub weight_bytes: u64,
    /// Bytes at the worst moment, weights included; an estimate.
    pub peak_bytes: u64,
    /// Multiply-adds of the whole run.
    pub macs: u64,
    /// What the person who asked should know.
    pub notes: Vec<String>,
}

impl Plan {
    /// Plans a recipe from the model's configurations; no weight is read.
    ///
    /// # Errors
    /// When the recipe does not fit the model or the memory.
    pub fn new(
        folder: &ModelFolder,
        recipe: &Recipe,
        options: &LoadOptions,
        limits: &Limits,
    ) -> Result<Self> {
        recipe.check()?;
        let spec = ModelSpec::read(folder)?;
        let device = options.device.open()?;
        let width = options.precision.dtype(&device)?.size_in_bytes() as u64;
        let latents = spec.latents(recipe.size)?;
        let scheduler = Scheduler::new(&spec.scheduler(recipe.scheduler)?, recipe.steps as usize)?;
        let layers = layers::mask(&recipe.style.layers, spec.unet.self_attentions())?;
        let costs = Costs::new(&spec, recipe, latents, weight_bytes(folder, width)?, width);
        let anchoring = Anchoring::new(recipe);
        if anchoring.aligned && spec.unet.fewest_tokens(latents.1, latents.2) < 2 {
            return Err(EngineError::Unfit(
                "the pictures are too small to be aligned: the middle of this model sees them as one token".into(),
            ));
        }
        if let Anchor::References(References { encoding: Encoding::Inversion { .. }, .. }) =
            &recipe.anchor
        {
            // Fails with a scheduler of the model's own that has no way back.
            scheduler.stands_still(0)?;
        }
        let budget = limits.memory.or_else(|| memory::available(&device));
        let chunk = chunk_size(recipe, anchoring, &costs, limits, budget)?;
        let chunks = chunks(limits.painted..recipe.panels.len(), chunk);
        let plan = Self {
            rows: costs.halves as usize
                * chunks.iter().map(|c| anchoring.rows_of(c)).max().unwrap_or(0),
            guided: recipe.is_guided(),
            aligned: anchoring.aligned,
            references: anchoring.references,
            macs: costs.macs(&chunks, anchoring, recipe),
            peak_bytes: 0,
            chunks,
            latents,
            layers: layers.len(),
            sharing_layers: if anchoring.aligned {
                layers.iter().filter(|on| **on).count()
            } else {
                0
            },
            timesteps: scheduler.timesteps().to_vec(),
            weight_bytes: costs.weights,
            notes: notes(recipe),
        };
        Ok(Self { peak_bytes: costs.peak(plan.rows as u64 / costs.halves), ..plan })
    }

    /// How many panels will be painted.
    pub fn panels(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// Panels of a chunk by their indices, an anchor among them first. References
    /// stand in front of these rows.
    pub fn rows_of_chunk(&self, chunk: usize) -> Vec<usize> {
        let panels = self.chunks.get(chunk).cloned().unwrap_or_default();
        if self.aligned && self.references == 0 && panels.first() != Some(&0) {
            return std::iter::once(0).chain(panels).collect();
        }
        panels
    }
}

/// What lends the style.
#[derive(Clone, Copy)]
struct Anchoring {
    aligned: bool,
    references: usize,
}

impl Anchoring {
    fn new(recipe: &Recipe) -> Self {
        let references = recipe.anchor.references().len();
        let aligned = !recipe.style.is_plain() && (recipe.panels.len() > 1 || references > 0);
        Self { aligned, references: if aligned { references } else { 0 } }
    }

    /// Rows of one guidance half, with what the chunk carries.
    fn rows_of(self, chunk: &[usize]) -> usize {
        let carried = match self.references {
            0 => usize::from(self.aligned && chunk.first() != Some(&0)),
            references => references,
        };
        chunk.len() + carried
    }
}

fn chunks(panels: Range<usize>, size: usize) -> Vec<Vec<usize>> {
    panels.collect::<Vec<_>>().chunks(size).map(<[usize]>::to_vec).collect()
}

fn chunk_size(
    recipe: &Recipe,
    anchoring: Anchoring,
    costs: &Costs,
    limits: &Limits,
    budget: Option<u64>,
) -> Result<usize> {
    let panels = recipe.panels.len().saturating_sub(limits.painted);
    let asked = limits.chunk;
    let Anchoring { aligned, references } = anchoring;
    let extra = match references {
        0 => u64::from(aligned && (panels > MAX_CHUNK || limits.painted > 0)),
        references => references as u64,
    };
    let fitting = match budget {
        Some(bytes) => {
            let fits = memory::panels_that_fit(bytes, costs.fixed(), costs.row_bytes(), extra);
            fits.ok_or_else(|| EngineError::Memory {
                needed_mb: costs.peak(1 + extra) >> 20,
                available_mb: bytes >> 20,
            })?
        }
        None => usize::MAX,
    };
    if recipe.style.full_share && aligned {
        if fitting < panels || limits.painted > 0 || asked.is_some_and(|n| n < panels) {
            return Err(EngineError::Unfit(format!(
                "with full sharing every panel sees every other, so all {} must be painted together",
                recipe.panels.len()
            )));
        }
        return Ok(panels);
    }
    match asked {
        Some(0) => Err(EngineError::Unfit("a chunk holds at least one panel".into())),
        Some(n) => Ok(n.min(fitting).min(panels)),
        None => Ok(MAX_CHUNK.min(fitting).min(panels)),
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

fn notes(recipe: &Recipe) -> Vec<String> {
    let mut notes = Vec::new();
    let style = &recipe.style;
    let referenced = !recipe.anchor.references().is_empty();
    if referenced && style.is_plain() {
        notes.push("without alignment the references change nothing".into());
    }
    if recipe.panels.len() == 1 && !style.is_plain() && !referenced {
        notes.push("one panel has nothing to align to; it is painted on its own".into());
    }
    if style.share_layer_norm {
        notes.push(
            "sharing layer norms changes nothing: each token is normalised on its own".into(),
        );
    }
    if style.full_share && recipe.panels.len() > 1 {
        notes.push("full sharing mixes contents as well as style".into());
    }
    notes
}

/// The parts of a cost.
struct Costs {
    halves: u64,
    row: Cost,
    decode: Cost,
    weights: u64,
    width: u64,
}

impl Costs {
    fn new(
        spec: &ModelSpec,
        recipe: &Recipe,
        latents: (usize, usize, usize),
        weights: u64,
        width: u64,
    ) -> Self {
        let (_, height, columns) = latents;
        let keys = if Anchoring::new(recipe).aligned { 1.75 } else { 1.0 };
        Self {
            halves: if recipe.is_guided() { 2 } else { 1 },
            row: cost::unet_row(&spec.unet, height, columns, TEXT_TOKENS, keys),
            decode: cost::decode(&spec.vae, height, columns),
            weights,
            width,
        }
    }

    /// Bytes that do not grow with the chunk.
    fn fixed(&self) -> u64 {
        self.weights + self.decode.live * 4
    }

    fn row_bytes(&self) -> u64 {
        self.halves * self.row.live * self.width
    }

    fn peak(&self, rows: u64) -> u64 {
        self.weights + (self.row_bytes() * rows).max(self.decode.live * 4)
    }

    fn macs(&self, chunks: &[Vec<usize>], anchoring: Anchoring, recipe: &Recipe) -> u64 {
        // Inverting a picture takes about what painting it does.
        let inverted = anchoring.references;
        let rows: usize = chunks.iter().map(|c| anchoring.rows_of(c)).sum();
        (rows + inverted) as u64 * self.halves * u64::from(recipe.steps) * self.row.macs
            + chunks.iter().map(Vec::len).sum::<usize>() as u64 * self.decode.macs
    }
}
