//! One run of a pipeline: its chunks, one after another.

use super::error::Result;
use super::guides::Guides;
use super::panorama::{self, Carried, Views, Wide};
use super::pipeline::{Event, Pipeline, Stage, check};
use super::plan::Plan;
use super::rng;
use super::sampler::{RowText, Sampler, StepView};
use crate::recipe::Recipe;
use candle_core::{DType, Device, Tensor};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// What all chunks have in common.
pub(super) struct Run<'a> {
    pub pipeline: &'a Pipeline,
    pub recipe: &'a Recipe,
    pub plan: &'a Plan,
    pub sampler: &'a Sampler<'a>,
    pub guides: &'a Guides,
    /// One for each panel.
    pub texts: &'a [RowText],
    pub stop: &'a AtomicBool,
}

/// What is behind each step, and whether to go on.
type OnStep<'a> = dyn FnMut(StepView) -> Result<()> + 'a;

impl Run<'_> {
    /// Paints a chunk.
    ///
    /// # Errors
    /// [`EngineError::Stopped`](super::EngineError::Stopped) after a stop, or when a
    /// tensor operation fails.
    pub fn chunk(&self, index: usize, on_event: &mut dyn FnMut(Event)) -> Result<()> {
        let Some(chunk) = self.plan.chunks.get(index) else { return Ok(()) };
        on_event(Event::Stage(Stage::Denoise));
        let wide = self.plan.views.as_ref().filter(|_| !chunk.iter().all(|p| self.lends(*p)));
        let rows = match wide {
            Some(_) => chunk.clone(),
            None => self.plan.rows_of_chunk(index),
        };
        let carried = match wide {
            Some(_) => 0,
            None => self.guides.texts.len() + rows.len() - chunk.len(),
        };
        let steps = self.sampler.scheduler.timesteps().len();
        let mut step = |view: StepView| {
            on_event(Event::Step { chunk: index, step: view.index + 1, steps });
            if let Some(panels) = self.pipeline.preview(&view, carried, chunk, steps)? {
                on_event(Event::Preview { panels });
            }
            check(self.stop)
        };
        let latents = match (wide, chunk.first()) {
            (Some(views), Some(panel)) => self.windows(views, *panel, &mut step)?,
            _ => self.together(&rows, &mut step)?,
        };
        on_event(Event::Stage(Stage::Decode));
        for (row, panel) in (carried..).zip(chunk) {
            check(self.stop)?;
            let picture = self.decode(&latents.narrow(0, row, 1)?, wide)?;
            on_event(Event::Panel { index: *panel, picture });
        }
        Ok(())
    }

    fn lends(&self, panel: usize) -> bool {
        self.plan.is_anchor(panel)
    }

    /// Denoises panels behind what lends its style.
    fn together(&self, rows: &[usize], on_step: &mut OnStep) -> Result<Tensor> {
        let painted: Vec<_> = rows.iter().filter_map(|row| self.texts.get(*row).cloned()).collect();
        let texts = [self.guides.texts.as_slice(), &painted].concat();
        let mut noises = vec![self.blank()?; self.guides.texts.len()];
        for row in rows {
            noises.push(self.noise(*row, self.plan.latents)?);
        }
        let noise = Tensor::cat(&noises, 0)?.to_device(&self.pipeline.device)?;
        let dtype = self.pipeline.dtype;
        stoppable(on_step, |steps| self.sampler.sample(&noise, &texts, dtype, steps))
    }

    /// Denoises a panorama.
    fn windows(&self, views: &Views, panel: usize, on_step: &mut OnStep) -> Result<Tensor> {
        let (channels, _, _) = self.plan.latents;
        let (high, wide) = views.canvas();
        let device = &self.pipeline.device;
        let noise = self.noise(panel, (channels, high, wide))?.to_device(device)?;
        let (mut noises, mut texts) = (Vec::new(), Vec::new());
        if self.plan.aligned && self.plan.references == 0 {
            noises.push(self.noise(0, self.plan.latents)?);
            texts.extend(self.texts.first().cloned());
        }
        for text in &self.guides.texts {
            noises.push(self.blank()?);
            texts.push(text.clone());
        }
        let front = match noises.is_empty() {
            true => None,
            false => Some(Tensor::cat(&noises, 0)?.to_device(device)?),
        };
        let carried = front.as_ref().map(|noise| Carried { noise, texts: &texts });
        let along = self.recipe.panorama.is_some_and(|panorama| panorama.along);
        let batch = self.plan.batch;
        let sampling = Wide { sampler: self.sampler, views, batch, along };
        let Some(text) = self.texts.get(panel) else { return Ok(noise) };
        let check = || check(self.stop);
        stoppable(on_step, |steps| {
            let dtype = self.pipeline.dtype;
            Ok(sampling.sample(&noise, text, carried, dtype, &check, steps)?.0)
        })
    }

    /// A panel's own noise.
    fn noise(&self, panel: usize, latents: (usize, usize, usize)) -> Result<Tensor> {
        let seed = self.recipe.panels.get(panel).map_or(0, |panel| panel.seed);
        Ok(rng::noise(seed, (1, latents.0, latents.1, latents.2))?)
    }

    /// Room for a reference, which is laid over it before the first step.
    fn blank(&self) -> Result<Tensor> {
        let (channels, height, width) = self.plan.latents;
        Ok(Tensor::zeros((1, channels, height, width), DType::F32, &Device::Cpu)?)
    }

    fn decode(&self, latents: &Tensor, wide: Option<&Views>) -> Result<image::RgbImage> {
        let Some(views) = wide else { return self.pipeline.decode(latents) };
        let check = || check(self.stop);
        super::pixels::to_image(&panorama::decode(&self.pipeline.vae, latents, views, &check)?)
    }
}

/// Gives a loop a callback that may fail, whose failure is what the loop gives.
fn stoppable(
    on_step: &mut OnStep,
    sample: impl FnOnce(&mut dyn FnMut(StepView) -> ControlFlow<()>) -> Result<Tensor>,
) -> Result<Tensor> {
    let mut failure = None;
    let sampled = sample(&mut |view| match on_step(view) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    failure.map_or(sampled, Err)
}
