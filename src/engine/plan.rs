//! What a recipe will cost, before anything is loaded.

use super::control::{self, ControlConfig};
use super::costs::Costs;
use super::device::{DeviceChoice, Precision};
use super::error::{EngineError, Result};
use super::memory;
use super::panorama::Views;
use super::schedule::Scheduler;
use super::share_out::Asked;
use super::spec::ModelSpec;
use super::style::layers;
use crate::models::{ControlFolder, ModelFolder};
use crate::recipe::{Anchor, Encoding, Panorama, Recipe, References};

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
    /// The net that steers panels by their maps.
    pub control: Option<ControlFolder>,
    /// How many panels follow a map.
    pub steered: usize,
    /// Indices of panels painted together. Without references, an aligned chunk
    /// that does not hold the anchor carries it besides.
    pub chunks: Vec<Vec<usize>>,
    /// The latents' channels, height and width; of a window, in a panorama.
    pub latents: (usize, usize, usize),
    /// The windows of each panorama.
    pub views: Option<Views>,
    /// Panels, or windows of one panorama, that are painted together at most.
    pub batch: usize,
    /// Self-attention layers of the model.
    pub layers: usize,
    /// How many of them share.
    pub sharing_layers: usize,
    /// How many of those look at what lends alone.
    pub swapping_layers: usize,
    /// What the network is told at each step.
    pub timesteps: Vec<f64>,
    /// Share of noise in the latents that enter each step: `√(1 − ᾱ)`.
    pub noise: Vec<f64>,
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
        let layers = layers::mask(&recipe.style.layers, &spec.unet)?;
        let swaps = layers::swaps(&recipe.style, &spec.unet)?;
        let control = control_net(folder, recipe, &spec)?;
        let costs = Costs::new(folder, &spec, recipe, control.as_ref(), width)?;
        let anchoring = Anchoring::new(recipe);
        let steered = anchoring.steered(recipe, limits.painted);
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
        let views = recipe.panorama.map(|panorama| views(&spec, panorama, latents)).transpose()?;
        let asked = Asked { recipe, anchoring, views: views.as_ref(), limits, budget };
        let batch = asked.batch(&costs)?;
        let chunks = asked.chunks(batch);
        let load = asked.load(&chunks, batch);
        let sharing: Vec<bool> = layers.iter().map(|on| *on && anchoring.aligned).collect();
        let swapping = sharing.iter().zip(&swaps).filter(|(a, b)| **a && **b).count();
        let plan = Self {
            rows: costs.halves as usize * load.most,
            guided: recipe.is_guided(),
            aligned: anchoring.aligned,
            references: anchoring.references,
            control: control.map(|(net, _)| net),
            steered,
            macs: costs.macs(&load, anchoring.references, recipe, steered),
            peak_bytes: 0,
            chunks,
            latents,
            views,
            batch,
            layers: layers.len(),
            sharing_layers: sharing.iter().filter(|on| **on).count(),
            swapping_layers: swapping,
            timesteps: scheduler.timesteps().to_vec(),
            noise: (0..recipe.steps as usize).map(|i| scheduler.noise(i)).collect(),
            weight_bytes: costs.weights,
            notes: notes(recipe, swapping),
        };
        Ok(Self { peak_bytes: costs.peak(plan.rows as u64 / costs.halves), ..plan })
    }

    /// Whether a panel lends its style to the others.
    pub fn is_anchor(&self, panel: usize) -> bool {
        self.aligned && self.references == 0 && panel == 0
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
pub(super) struct Anchoring {
    pub aligned: bool,
    pub references: usize,
}

impl Anchoring {
    /// Of a recipe.
    pub fn new(recipe: &Recipe) -> Self {
        let references = recipe.anchor.rows();
        let aligned = !recipe.style.is_plain() && (recipe.panels.len() > 1 || references > 0);
        Self { aligned, references: if aligned { references } else { 0 } }
    }

    /// Rows of one guidance half, with what the chunk carries.
    pub fn rows_of(self, chunk: &[usize]) -> usize {
        let carried = match self.references {
            0 => usize::from(self.aligned && chunk.first() != Some(&0)),
            references => references,
        };
        chunk.len() + carried
    }

    /// How many panels from `first` on follow a map.
    pub fn steered(self, recipe: &Recipe, first: usize) -> usize {
        let anchor = |panel| self.aligned && self.references == 0 && panel == 0;
        let follows = |panel: &usize| {
            recipe.control.as_ref().is_some_and(|c| c.map_of(*panel, anchor(*panel)).is_some())
        };
        (first..recipe.panels.len()).filter(follows).count()
    }
}

/// The control net of a recipe, if it asks for one, checked against the model.
fn control_net(
    folder: &ModelFolder,
    recipe: &Recipe,
    spec: &ModelSpec,
) -> Result<Option<(ControlFolder, ControlConfig)>> {
    let Some(asked) = &recipe.control else { return Ok(None) };
    let net = control::find_net(asked, folder)?;
    let config = control::fitting(&net, asked, spec)?;
    Ok(Some((net, config)))
}

/// The windows of a panorama over latents of a window's size.
fn views(
    spec: &ModelSpec,
    panorama: Panorama,
    (_, height, width): (usize, usize, usize),
) -> Result<Views> {
    let (_, high, wide) = spec.latents(panorama.size)?;
    let factor = spec.vae.factor();
    match panorama.stride as usize {
        stride if stride.is_multiple_of(factor) => {
            Ok(Views::new((high, wide), (height, width), stride / factor, panorama.wrap))
        }
        stride => Err(EngineError::Unfit(format!(
            "a stride of {stride} is not divisible by {factor}, the pixels to a latent cell"
        ))),
    }
}

fn notes(recipe: &Recipe, swapping: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let style = &recipe.style;
    let referenced = !recipe.anchor.references().is_empty();
    if recipe.control.is_some() && Anchoring::new(recipe).steered(recipe, 0) == 0 {
        notes
            .push("no picture follows the control map: the first one lends its style alone".into());
    }
    if referenced && style.is_plain() {
        notes.push("without alignment the references change nothing".into());
    }
    if recipe.panels.len() == 1 && !style.is_plain() && !referenced {
        notes.push("one panel has nothing to align to; it is painted on its own".into());
    }
    if !style.is_plain() && !style.window.is_open(recipe.steps as usize) {
        notes.push("no whole step lies in the window of the sharing: nothing is shared".into());
    }
    if style.swap.is_some() && !style.is_plain() && swapping == 0 {
        notes.push("none of the layers to swap shares anything: nothing is swapped".into());
    }
    if style.recolour.is_some() && recipe.panorama.is_some_and(|panorama| panorama.along) {
        notes.push("the styles go along the panorama, but colours are those of all at once".into());
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
