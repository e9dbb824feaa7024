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
    fn alpha(&self, timestep: f64) -> f64 {
        if timestep < 0.0 { self.final_alpha } else { self.alphas[timestep as usize] }
    }

    /// `x₀ = (z − √(1−ᾱ) ε) / √ᾱ`, then `z' = √ᾱ' x₀ + √(1−ᾱ') ε`.
    pub fn step(&self, prediction: &Tensor, timestep: f64, latents: &Tensor) -> Result<StepOutput> {
        let (now, next) = (self.alpha(timestep), self.alpha(timestep - self.stride));
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
