//! Euler's method on the probability-flow equation in the noise level σ
//! (arXiv 2206.00364, algorithm 1 without churn).

use super::StepOutput;
use super::config::{Prediction, SchedulerConfig};
use super::spacing::alphas_cumprod;
use crate::recipe::Spacing;
use candle_core::{Result, Tensor};

/// ρ of arXiv 2206.00364, eq. 5.
const RHO: f64 = 7.0;

/// The sampler's noise levels.
#[derive(Debug, Clone)]
pub struct Euler {
    sigmas: Vec<f64>,
    timesteps: Vec<f64>,
    init_noise_sigma: f64,
    prediction: Prediction,
}

impl Euler {
    /// Noise levels at these timesteps, and 0 behind the last.
    pub fn new(config: &SchedulerConfig, timesteps: &[f64]) -> Self {
        let table: Vec<f64> =
            alphas_cumprod(config).iter().map(|a| ((1.0 - a) / a).sqrt()).collect();
        let mut sigmas: Vec<f64> = timesteps.iter().map(|t| at(&table, *t)).collect();
        let mut timesteps = timesteps.to_vec();
        if config.karras {
            sigmas = karras(&sigmas);
            timesteps = sigmas.iter().map(|s| timestep_of(&table, *s)).collect();
        }
        sigmas.push(0.0);
        let highest = sigmas.iter().copied().fold(0.0, f64::max);
        let init_noise_sigma = match config.spacing {
            Spacing::Leading => (highest * highest + 1.0).sqrt(),
            Spacing::Linspace | Spacing::Trailing => highest,
        };
        Self { sigmas, timesteps, init_noise_sigma, prediction: config.prediction }
    }

    /// Standard normal noise is multiplied by this.
    pub fn init_noise_sigma(&self) -> f64 {
        self.init_noise_sigma
    }

    /// Noise levels, the last of them 0.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// Timesteps that belong to the noise levels.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// `x / √(σ² + 1)`.
    pub fn scale_input(&self, latents: &Tensor, i: usize) -> Result<Tensor> {
        let sigma = self.sigmas[i];
        latents / (sigma * sigma + 1.0).sqrt()
    }

    /// `x' = x + (σ' − σ) · (x − x₀) / σ`.
    pub fn step(&self, prediction: &Tensor, i: usize, latents: &Tensor) -> Result<StepOutput> {
        let (sigma, next) = (self.sigmas[i], self.sigmas[i + 1]);
        let clean = match self.prediction {
            Prediction::Epsilon => (latents - (prediction * sigma)?)?,
            Prediction::VPrediction => {
                let scale = sigma * sigma + 1.0;
                ((prediction * (-sigma / scale.sqrt()))? + (latents / scale)?)?
            }
        };
        let slope = ((latents - &clean)? / sigma)?;
        Ok(StepOutput { latents: (latents + (slope * (next - sigma))?)?, clean })
    }
}

/// The table between its entries.
fn at(table: &[f64], timestep: f64) -> f64 {
    let low = (timestep.floor() as usize).min(table.len() - 1);
    let high = (low + 1).min(table.len() - 1);
    table[low] + (table[high] - table[low]) * (timestep - low as f64)
}

fn karras(sigmas: &[f64]) -> Vec<f64> {
    let (Some(max), Some(min)) = (sigmas.first(), sigmas.last()) else { return Vec::new() };
    let (from, to) = (max.powf(1.0 / RHO), min.powf(1.0 / RHO));
    let last = (sigmas.len() - 1).max(1) as f64;
    (0..sigmas.len()).map(|i| (from + i as f64 / last * (to - from)).powf(RHO)).collect()
}

/// The timestep whose noise level is nearest, between entries in log σ.
fn timestep_of(table: &[f64], sigma: f64) -> f64 {
    let log = sigma.max(1e-10).ln();
    let low = table.partition_point(|s| s.ln() <= log).saturating_sub(1).min(table.len() - 2);
    let (below, above) = (table[low].ln(), table[low + 1].ln());
    let weight = ((below - log) / (below - above)).clamp(0.0, 1.0);
    (1.0 - weight) * low as f64 + weight * (low + 1) as f64
}
