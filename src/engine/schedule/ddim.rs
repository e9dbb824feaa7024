//! Denoising diffusion implicit models with eta 0 (arXiv 2010.02502, eq. 12).

use super::StepOutput;
use super::config::{Prediction, SchedulerConfig};
use super::spacing::alphas_cumprod;
use candle_core::{Result, Tensor};

/// The sampler's tables.
#[derive(Debug, Clone)]
pub struct Ddim {
    alphas: Vec<f64>,
    final_alpha: f64,
    stride: f64,
    prediction: Prediction,
    clip: Option<f64>,
}

impl Ddim {
    /// Tables for `steps` steps.
    pub fn new(config: &SchedulerConfig, steps: usize) -> Self {
        let alphas = alphas_cumprod(config);
        Self {
            final_alpha: if config.set_alpha_to_one { 1.0 } else { alphas[0] },
            stride: (config.train_timesteps / steps) as f64,
            prediction: config.prediction,
            clip: config.clip_sample,
            alphas,
        }
    }

    /// ᾱ of a timestep; before the first it is the final one.
    pub fn alpha(&self, timestep: f64) -> f64 {
        if timestep < 0.0 { self.final_alpha } else { self.alphas[timestep as usize] }
    }

    /// `x₀ = (z − √(1−ᾱ) ε) / √ᾱ`, then `z' = √ᾱ' x₀ + √(1−ᾱ') ε`.
    pub fn step(&self, prediction: &Tensor, timestep: f64, latents: &Tensor) -> Result<StepOutput> {
        self.between(prediction, self.alpha(timestep), self.alpha(timestep - self.stride), latents)
    }

    /// The same way backwards: from the noise level before `timestep` to its own.
    pub fn invert(&self, prediction: &Tensor, timestep: f64, latents: &Tensor) -> Result<Tensor> {
        let (now, next) = (self.alpha(timestep - self.stride), self.alpha(timestep));
        Ok(self.between(prediction, now, next, latents)?.latents)
    }

    /// The part of the clean latents in those that leave the step at `timestep`.
    pub fn clean_share(&self, timestep: f64) -> f64 {
        self.alpha(timestep - self.stride).sqrt()
    }

    /// Whether the level before `timestep` is its own, so that nothing is to be done.
    pub fn stands_still(&self, timestep: f64) -> bool {
        self.alpha(timestep - self.stride) == self.alpha(timestep)
    }

    /// Clean latents brought to the noise level of `timestep` (DDPM, eq. 4).
    pub fn add_noise(&self, clean: &Tensor, noise: &Tensor, timestep: f64) -> Result<Tensor> {
        let alpha = self.alpha(timestep);
        (clean * alpha.sqrt())? + (noise * (1.0 - alpha).sqrt())?
    }

    fn between(
        &self,
        prediction: &Tensor,
        now: f64,
        next: f64,
        latents: &Tensor,
    ) -> Result<StepOutput> {
        let (signal, noise) = (now.sqrt(), (1.0 - now).sqrt());
        let (mut clean, epsilon) = match self.prediction {
            Prediction::Epsilon => {
                (((latents - (prediction * noise)?)? / signal)?, prediction.clone())
            }
            Prediction::VPrediction => (
                ((latents * signal)? - (prediction * noise)?)?,
                ((prediction * signal)? + (latents * noise)?)?,
            ),
        };
        if let Some(range) = self.clip {
            clean = clean.clamp(-range, range)?;
        }
        let latents = ((&clean * next.sqrt())? + (epsilon * (1.0 - next).sqrt())?)?;
        Ok(StepOutput { latents, clean })
    }
}
