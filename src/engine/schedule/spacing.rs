//! Noise levels and how the steps are spread over them.

use super::config::{BetaSchedule, SchedulerConfig};
use crate::recipe::Spacing;

/// ᾱ of every training timestep: the product of `1 − β` so far (DDPM, eq. 4).
///
/// In f32 as the reference computes it: the product of a thousand factors
/// shows the difference.
pub fn alphas_cumprod(config: &SchedulerConfig) -> Vec<f64> {
    let n = config.train_timesteps;
    let (start, end) = match config.beta_schedule {
        BetaSchedule::Linear => (config.beta_start, config.beta_end),
        BetaSchedule::ScaledLinear => (config.beta_start.sqrt(), config.beta_end.sqrt()),
    };
    let mut product = 1f32;
    let alpha = |i: usize| {
        let even = (start + (end - start) * i as f64 / (n - 1) as f64) as f32;
        let beta = match config.beta_schedule {
            BetaSchedule::Linear => even,
            BetaSchedule::ScaledLinear => even * even,
        };
        product *= 1.0 - beta;
        f64::from(product)
    };
    (0..n).map(alpha).collect()
}

/// Timesteps from noisiest to cleanest. Whole numbers but for `linspace`
/// where `round` is off, as Euler has it.
pub fn timesteps(config: &SchedulerConfig, steps: usize, round: bool) -> Vec<f64> {
    let train = config.train_timesteps;
    match config.spacing {
        Spacing::Leading => {
            let ratio = train / steps;
            (0..steps).rev().map(|i| (i * ratio + config.offset as usize) as f64).collect()
        }
        Spacing::Linspace => {
            let at = |i: usize| linspace(i, steps, (train - 1) as f64);
            let rounded = |t: f64| if round { t.round_ties_even() } else { f64::from(t as f32) };
            (0..steps).rev().map(|i| rounded(at(i))).collect()
        }
        Spacing::Trailing => {
            let ratio = train as f64 / steps as f64;
            (0..steps).map(|i| (train as f64 - i as f64 * ratio).round_ties_even() - 1.0).collect()
        }
    }
}

fn linspace(i: usize, n: usize, end: f64) -> f64 {
    if n == 1 { 0.0 } else { end / (n - 1) as f64 * i as f64 }
}
