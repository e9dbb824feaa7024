//! The denoising loop: guidance, style sharing, steps.

use super::error::{EngineError, Result};
use super::pass::Pass;
use super::schedule::Scheduler;
use super::style::{self, StyleContext};
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
        let halves = self.halves();
        let input = guidance_input(texts, halves, dtype)?;
        let style = self.style.map(|style| {
            let rows = style::guidance_rows(texts.len(), halves);
            StyleContext::new(style, &rows, self.layers.to_vec())
        });
        let pass = Pass { style: style.as_ref(), probe: None };
        let mut latents = (noise * self.scheduler.init_noise_sigma())?;
        for (index, timestep) in self.scheduler.timesteps().iter().enumerate() {
            let scaled = self.scheduler.scale_input(&latents, index)?.to_dtype(dtype)?;
            let batch = Tensor::cat(&vec![&scaled; halves], 0)?;
            let raw = self.unet.forward(&batch, *timestep, &input, pass)?.to_dtype(DType::F32)?;
            let prediction = self.guide(&raw, texts.len())?;
            let out = self.scheduler.step(&prediction, index, &latents)?;
            let view = StepView {
                index,
                prediction: &prediction,
                latents: &out.latents,
                clean: &out.clean,
            };
            if on_step(view).is_break() {
                return Err(EngineError::Stopped);
            }
            latents = out.latents;
        }
        Ok(latents)
    }

    /// How many times the network sees each row in a step.
    pub fn halves(&self) -> usize {
        if self.guidance_scale > 1.0 { 2 } else { 1 }
    }

    /// `ε = ε₋ + g · (ε₊ − ε₋)`.
    fn guide(&self, raw: &Tensor, rows: usize) -> Result<Tensor> {
        if self.halves() == 1 {
            return Ok(raw.clone());
        }
        let (without, with) = (raw.narrow(0, 0, rows)?, raw.narrow(0, rows, rows)?);
        Ok((&without + ((with - &without)? * self.guidance_scale)?)?)
    }
}

/// The guidance batch's conditioning: every row without its prompt, then every
/// row with it. One half alone is the one with.
fn guidance_input(texts: &[RowText], halves: usize, dtype: DType) -> Result<UNetInput> {
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
