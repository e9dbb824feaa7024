//! The sampler of a recipe.

use serde::{Deserialize, Serialize};

/// A sampler with the parts of its configuration that a recipe may override.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchedulerChoice {
    /// Which sampler; `None` takes the model's own, falling back to DDIM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SchedulerKind>,
    /// How timesteps are spread; `None` takes the model's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing: Option<Spacing>,
    /// Added to each timestep of `leading` spacing; `None` takes the model's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

/// The samplers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchedulerKind {
    /// Denoising diffusion implicit models, eta 0 (arXiv 2010.02502).
    Ddim,
    /// Euler's method on the probability-flow equation (arXiv 2206.00364).
    Euler,
}

/// How the steps are spread over the training timesteps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// Multiples of `train / steps`, from 0 up.
    Leading,
    /// Evenly between the first and the last.
    Linspace,
    /// Multiples of `train / steps`, from the last down.
    Trailing,
}
