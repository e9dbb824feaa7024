//! Rows of latents that the network sees together, step by step.

use super::control::Steering;
use super::error::Result;
use super::pass::Pass;
use super::sampler::{RowText, Sampler, guidance_input, guide};
use super::style::{Lenders, StyleContext, lay_out};
use super::unet::UNetInput;
use candle_core::{DType, Tensor};

/// One guidance batch: what its rows are told, share and follow.
pub(super) struct RowBatch<'a> {
    sampler: &'a Sampler<'a>,
    input: UNetInput,
    style: Option<StyleContext>,
    steering: Option<Steering<'a>>,
    rows: usize,
    dtype: DType,
}

impl<'a> RowBatch<'a> {
    /// Rows with their texts; `lenders` says for each whose style it takes.
    ///
    /// # Errors
    /// When the texts do not fit each other.
    pub fn new(
        sampler: &'a Sampler<'a>,
        texts: &'a [RowText],
        lenders: &[Lenders],
        dtype: DType,
    ) -> Result<Self> {
        let halves = sampler.halves();
        let style = sampler.style.map(|style| {
            StyleContext::new(style, &lay_out(lenders, halves), sampler.layers.to_vec())
        });
        let maps = || texts.iter().map(|text| text.control.as_ref()).collect();
        let steps = sampler.scheduler.timesteps().len();
        let steering = sampler.control.and_then(|net| Steering::new(net, maps(), halves, steps));
        let input = guidance_input(texts, halves, dtype)?;
        Ok(Self { sampler, input, style, steering, rows: texts.len(), dtype })
    }

    /// The guided prediction of step `index` for latents (rows, channels, height,
    /// width) as they enter it.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn predict(&self, latents: &Tensor, index: usize) -> Result<Tensor> {
        let sampler = self.sampler;
        let timestep = sampler.scheduler.timesteps()[index];
        let scaled = sampler.scheduler.scale_input(latents, index)?.to_dtype(self.dtype)?;
        let batch = Tensor::cat(&vec![&scaled; sampler.halves()], 0)?;
        let control = match &self.steering {
            Some(steering) => steering.residuals(&batch, timestep, &self.input, index)?,
            None => None,
        };
        let pass = Pass { style: self.style.as_ref(), probe: None, watch: sampler.watch };
        let raw = sampler.unet.forward(&batch, timestep, &self.input, control.as_ref(), pass)?;
        guide(&raw.to_dtype(DType::F32)?, self.rows, sampler.guidance_scale)
    }
}
