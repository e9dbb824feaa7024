//! Samplers: from pure noise to clean latents in a number of steps.

mod config;
mod ddim;
mod euler;
mod spacing;

pub use config::{BetaSchedule, Prediction, SchedulerConfig};
pub use spacing::alphas_cumprod;

use super::error::{EngineError, Result};
use crate::recipe::SchedulerKind;
use candle_core::{Result as TensorResult, Tensor};
use ddim::Ddim;
use euler::Euler;

/// What a step gives.
#[derive(Debug, Clone)]
pub struct StepOutput {
    /// The latents of the next, less noisy timestep.
    pub latents: Tensor,
    /// The clean latents that the prediction points to, for previews.
    pub clean: Tensor,
}

/// A sampler laid out for a number of steps.
#[derive(Debug, Clone)]
pub struct Scheduler {
    timesteps: Vec<f64>,
    sampler: Sampler,
}

#[derive(Debug, Clone)]
enum Sampler {
    Ddim(Ddim),
    Euler(Euler),
}

impl Scheduler {
    /// Lays out `steps` steps.
    ///
    /// # Errors
    /// When there are more steps than training timesteps, or the offset leads
    /// beyond them.
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<Self> {
        let train = config.train_timesteps;
        if steps == 0 || steps > train {
            return Err(EngineError::Unfit(format!(
                "{steps} steps; this model takes 1 to {train}"
            )));
        }
        let round = config.kind == SchedulerKind::Ddim;
        let timesteps = spacing::timesteps(config, steps, round);
        if let Some(t) = timesteps.iter().find(|t| **t > (train - 1) as f64) {
            return Err(EngineError::Unfit(format!(
                "the scheduler's offset of {} leads to timestep {t}, beyond the last of {train}",
                config.offset
            )));
        }
        let sampler = match config.kind {
            SchedulerKind::Ddim => Sampler::Ddim(Ddim::new(config, steps)),
            SchedulerKind::Euler => Sampler::Euler(Euler::new(config, &timesteps)),
        };
        let timesteps = match &sampler {
            Sampler::Euler(euler) => euler.timesteps().to_vec(),
            Sampler::Ddim(_) => timesteps,
        };
        Ok(Self { timesteps, sampler })
    }

    /// Share of noise in the latents that enter step `i`: `√(1 − ᾱ)`.
    pub fn noise(&self, i: usize) -> f64 {
        match &self.sampler {
            Sampler::Ddim(ddim) => (1.0 - ddim.alpha(self.timesteps[i])).sqrt(),
            Sampler::Euler(euler) => {
                let sigma = euler.sigmas()[i];
                sigma / (1.0 + sigma * sigma).sqrt()
            }
        }
    }

    /// What the UNet is told at each step, noisiest first.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// Standard normal noise is multiplied by this before the first step.
    pub fn init_noise_sigma(&self) -> f64 {
        match &self.sampler {
            Sampler::Ddim(_) => 1.0,
            Sampler::Euler(euler) => euler.init_noise_sigma(),
        }
    }

    /// Euler's noise levels, one more than steps; none for DDIM.
    pub fn sigmas(&self) -> &[f64] {
        match &self.sampler {
            Sampler::Ddim(_) => &[],
            Sampler::Euler(euler) => euler.sigmas(),
        }
    }

    /// The latents as the UNet takes them at step `i`.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn scale_input(&self, latents: &Tensor, i: usize) -> TensorResult<Tensor> {
        match &self.sampler {
            Sampler::Ddim(_) => Ok(latents.clone()),
            Sampler::Euler(euler) => euler.scale_input(latents, i),
        }
    }

    /// Takes step `i` with the UNet's prediction.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn step(
        &self,
        prediction: &Tensor,
        i: usize,
        latents: &Tensor,
    ) -> TensorResult<StepOutput> {
        match &self.sampler {
            Sampler::Ddim(ddim) => ddim.step(prediction, self.timesteps[i], latents),
            Sampler::Euler(euler) => euler.step(prediction, i, latents),
        }
    }

    /// How far the latents that leave step `i` follow the clean ones that its
    /// prediction points to, if the noise in them stays.
    pub fn clean_share(&self, i: usize) -> f64 {
        match &self.sampler {
            Sampler::Ddim(ddim) => ddim.clean_share(self.timesteps[i]),
            Sampler::Euler(_) => 1.0,
        }
    }

    /// Takes step `i` backwards, with the UNet's prediction at that step's timestep.
    ///
    /// # Errors
    /// With another sampler than DDIM, whose steps alone run both ways.
    pub fn invert(&self, prediction: &Tensor, i: usize, latents: &Tensor) -> Result<Tensor> {
        Ok(self.ddim()?.invert(prediction, self.timesteps[i], latents)?)
    }

    /// Whether step `i` backwards leaves the latents as they are.
    ///
    /// # Errors
    /// As [`Self::invert`].
    pub fn stands_still(&self, i: usize) -> Result<bool> {
        Ok(self.ddim()?.stands_still(self.timesteps[i]))
    }

    /// Clean latents as they enter step `i` with this noise.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn add_noise(&self, clean: &Tensor, noise: &Tensor, i: usize) -> TensorResult<Tensor> {
        match &self.sampler {
            Sampler::Ddim(ddim) => ddim.add_noise(clean, noise, self.timesteps[i]),
            Sampler::Euler(euler) => clean + (noise * euler.sigmas()[i])?,
        }
    }

    fn ddim(&self) -> Result<&Ddim> {
        match &self.sampler {
            Sampler::Ddim(ddim) => Ok(ddim),
            Sampler::Euler(_) => Err(EngineError::Unfit(
                "inversion needs the ddim scheduler; with euler, encode the reference by noise"
                    .into(),
            )),
        }
    }
}
