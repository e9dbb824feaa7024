//! The denoising loop: guidance, style sharing, steps.

use super::control::{ControlNet, RowControl};
use super::error::{EngineError, Result};
use super::invert::Trajectory;
use super::pass::Watch;
use super::rows::RowBatch;
use super::schedule::Scheduler;
use super::style::{self, Manner};
use super::text::TextStates;
use super::unet::{UNet, UNetInput};
use crate::recipe::Style;
use candle_core::{DType, Tensor};
use std::ops::ControlFlow;

/// What one row of latents is painted from.
#[derive(Debug, Clone)]
pub struct RowText {
    /// Its prompt.
    pub prompt: TextStates,
    /// What guidance steers away from.
    pub negative: TextStates,
    /// SDXL's (original height, width, crop top, left, target height, width).
    pub time_ids: [f64; 6],
    /// What its composition follows.
    pub control: Option<RowControl>,
    /// Places of its subject's words among the tokens, where they are asked for.
    pub subject: Vec<usize>,
}

impl RowText {
    /// A row that nothing but its words steers.
    pub fn new(prompt: TextStates, negative: TextStates, time_ids: [f64; 6]) -> Self {
        Self { prompt, negative, time_ids, control: None, subject: Vec::new() }
    }
}

/// One loop over the timesteps for a chunk of rows; row 0 is the anchor.
pub struct Sampler<'a> {
    /// The network.
    pub unet: &'a UNet,
    /// The timesteps.
    pub scheduler: &'a Scheduler,
    /// Classifier-free guidance scale (arXiv 2207.12598); 1 or less asks the
    /// network once a step.
    pub guidance_scale: f64,
    /// How rows share style; `None` paints each on its own.
    pub style: Option<&'a Style>,
    /// Which self-attention layers share.
    pub layers: &'a [bool],
    /// In which of them panels look at what lends alone; in none where this is empty.
    pub swaps: &'a [bool],
    /// The net that steers rows with a [`RowText::control`].
    pub control: Option<&'a ControlNet>,
    /// Reference pictures, which stand in front of all other rows and lend their
    /// style; without any the first row does.
    pub references: References<'a>,
    /// Who watches how style is shared.
    pub watch: Option<&'a dyn Watch>,
}

/// Reference pictures on their way from noise.
#[derive(Clone, Copy, Default)]
pub struct References<'a> {
    /// One for each picture.
    pub trajectories: &'a [Trajectory],
    /// One for each picture; together one.
    pub weights: &'a [f32],
    /// How each lends besides; without any, all as the style says.
    pub manners: &'a [Manner],
    /// Steps of the noisy beginning that are left out, see [`Trajectory::entering`].
    pub offset: usize,
}

impl References<'_> {
    /// The latents with the references' rows as they enter step `i`.
    pub(super) fn lay_down(&self, latents: Tensor, i: usize) -> Result<Tensor> {
        let count = self.trajectories.len();
        if count == 0 {
            return Ok(latents);
        }
        let entering = self.trajectories.iter().map(|t| t.entering(i, self.offset));
        let mut rows: Vec<Tensor> = entering.cloned().collect();
        rows.push(latents.narrow(0, count, latents.dim(0)? - count)?);
        Ok(Tensor::cat(&rows, 0)?)
    }
}

/// What a finished step shows.
pub struct StepView<'a> {
    /// Number of the step, from 0.
    pub index: usize,
    /// The guided prediction.
    pub prediction: &'a Tensor,
    /// The latents that leave the step.
    pub latents: &'a Tensor,
    /// The clean latents that the prediction points to.
    pub clean: &'a Tensor,
}

impl Sampler<'_> {
    /// Denoises standard normal noise (rows, channels, height, width) in f32.
    /// `on_step` is called behind each step and may end the loop.
    ///
    /// # Errors
    /// [`EngineError::Stopped`] when `on_step` breaks, or when a tensor
    /// operation fails.
    pub fn sample(
        &self,
        noise: &Tensor,
        texts: &[RowText],
        dtype: DType,
        on_step: &mut dyn FnMut(StepView) -> ControlFlow<()>,
    ) -> Result<Tensor> {
        let weights = match self.references.weights {
            [] => &[1.0],
            weights => weights,
        };
        let rows = RowBatch::new(self, texts, style::behind(weights, texts.len()), dtype)?;
        let noise = (noise * self.scheduler.init_noise_sigma())?;
        let mut latents = self.references.lay_down(noise, 0)?;
        for index in 0..self.scheduler.timesteps().len() {
            let prediction = rows.predict(&latents, index)?;
            let mut out = self.scheduler.step(&prediction, index, &latents)?;
            let anchor = out.clean.narrow(0, 0, 1)?;
            if let Some(palette) = self.palette(index, Some(&anchor))? {
                out = palette.apply(out, weights.len())?;
            }
            latents = self.references.lay_down(out.latents, index + 1)?;
            let view =
                StepView { index, prediction: &prediction, latents: &latents, clean: &out.clean };
            if on_step(view).is_break() {
                return Err(EngineError::Stopped);
            }
        }
        Ok(latents)
    }

    /// How many times the network sees each row in a step.
    pub fn halves(&self) -> usize {
        halves(self.guidance_scale)
    }
}

/// How many times the network sees each row with this guidance.
pub(super) fn halves(guidance_scale: f64) -> usize {
    if guidance_scale > 1.0 { 2 } else { 1 }
}

/// `ε = ε₋ + g · (ε₊ − ε₋)`.
pub(super) fn guide(raw: &Tensor, rows: usize, guidance_scale: f64) -> Result<Tensor> {
    if halves(guidance_scale) == 1 {
        return Ok(raw.clone());
    }
    let (without, with) = (raw.narrow(0, 0, rows)?, raw.narrow(0, rows, rows)?);
    Ok((&without + ((with - &without)? * guidance_scale)?)?)
}

/// The guidance batch's conditioning: every row without its prompt, then every
/// row with it. One half alone is the one with.
pub(super) fn guidance_input(texts: &[RowText], halves: usize, dtype: DType) -> Result<UNetInput> {
    let negatives = texts.iter().map(|t| &t.negative).filter(|_| halves == 2);
    let states: Vec<&TextStates> = negatives.chain(texts.iter().map(|t| &t.prompt)).collect();
    let hidden: Vec<&Tensor> = states.iter().map(|s| &s.hidden).collect();
    let context = Tensor::cat(&hidden, 0)?.to_dtype(dtype)?;
    let pooled: Option<Vec<&Tensor>> = states.iter().map(|s| s.pooled.as_ref()).collect();
    let added = match pooled {
        Some(pooled) => {
            let ids = (0..halves).flat_map(|_| texts.iter().map(|t| t.time_ids)).collect();
            Some((Tensor::cat(&pooled, 0)?.to_dtype(dtype)?, ids))
        }
        None => None,
    };
    Ok(UNetInput { context, added })
}
