//! A scheduler's configuration in the diffusers format, with a recipe's changes.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::recipe::{SchedulerChoice, SchedulerKind, Spacing};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the UNet predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// The noise ε.
    Epsilon,
    /// The velocity `√ᾱ ε − √(1−ᾱ) x₀` (arXiv 2202.00512).
    VPrediction,
}

/// How noise grows over the training timesteps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BetaSchedule {
    /// β grows evenly.
    Linear,
    /// √β grows evenly: every Stable Diffusion model.
    ScaledLinear,
}

/// Everything a sampler needs.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerConfig {
    /// The sampler.
    pub kind: SchedulerKind,
    /// How timesteps are spread.
    pub spacing: Spacing,
    /// Added to each timestep of `leading` spacing.
    pub offset: u32,
    /// First β.
    pub beta_start: f64,
    /// Last β.
    pub beta_end: f64,
    /// How β grows.
    pub beta_schedule: BetaSchedule,
    /// Training timesteps.
    pub train_timesteps: usize,
    /// What the UNet predicts.
    pub prediction: Prediction,
    /// DDIM: ᾱ behind the last step is 1 instead of the first timestep's.
    pub set_alpha_to_one: bool,
    /// DDIM: keeps the predicted clean latents within ± this.
    pub clip_sample: Option<f64>,
    /// Euler: sigmas spread as in arXiv 2206.00364, eq. 5, with ρ = 7.
    pub karras: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default, rename = "_class_name")]
    class: String,
    #[serde(default = "beta_start")]
    beta_start: f64,
    #[serde(default = "beta_end")]
    beta_end: f64,
    #[serde(default = "linear")]
    beta_schedule: BetaSchedule,
    #[serde(default = "train")]
    num_train_timesteps: usize,
    #[serde(default)]
    timestep_spacing: Option<Spacing>,
    #[serde(default)]
    steps_offset: u32,
    #[serde(default = "epsilon")]
    prediction_type: Prediction,
    #[serde(default = "yes")]
    set_alpha_to_one: bool,
    #[serde(default = "yes")]
    clip_sample: bool,
    #[serde(default = "one")]
    clip_sample_range: f64,
    #[serde(default)]
    use_karras_sigmas: bool,
}

fn beta_start() -> f64 {
    0.0001
}
fn beta_end() -> f64 {
    0.02
}
fn linear() -> BetaSchedule {
    BetaSchedule::Linear
}
fn train() -> usize {
    1000
}
fn epsilon() -> Prediction {
    Prediction::Epsilon
}
fn yes() -> bool {
    true
}
fn one() -> f64 {
    1.0
}

impl SchedulerConfig {
    /// Reads `scheduler/scheduler_config.json`; fields that the recipe sets win.
    ///
    /// A model may name a sampler that this engine does not have: its noise
    /// schedule and timesteps are then used with DDIM.
    ///
    /// # Errors
    /// When a value is out of range or not supported.
    pub fn parse(file: &ConfigFile, choice: SchedulerChoice) -> Result<Self> {
        refuse_unknown(file)?;
        let raw: Raw = file.parse()?;
        let own_kind =
            if raw.class.starts_with("Euler") { SchedulerKind::Euler } else { SchedulerKind::Ddim };
        let kind = choice.kind.unwrap_or(own_kind);
        let default_spacing = if raw.class == "EulerDiscreteScheduler" {
            Spacing::Linspace
        } else {
            Spacing::Leading
        };
        let ddim_fields = raw.class == "DDIMScheduler";
        let config = Self {
            kind,
            spacing: choice.spacing.or(raw.timestep_spacing).unwrap_or(default_spacing),
            offset: choice.offset.unwrap_or(raw.steps_offset),
            beta_start: raw.beta_start,
            beta_end: raw.beta_end,
            beta_schedule: raw.beta_schedule,
            train_timesteps: raw.num_train_timesteps,
            prediction: raw.prediction_type,
            // A configuration written for another sampler says nothing about
            // these; the published pipelines then run DDIM with both off.
            set_alpha_to_one: ddim_fields && raw.set_alpha_to_one,
            clip_sample: (ddim_fields && raw.clip_sample).then_some(raw.clip_sample_range),
            karras: raw.use_karras_sigmas,
        };
        config.check(file)?;
        Ok(config)
    }

    fn check(&self, file: &ConfigFile) -> Result<()> {
        let betas =
            0.0 < self.beta_start && self.beta_start <= self.beta_end && self.beta_end < 1.0;
        if !betas || !(2..=100_000).contains(&self.train_timesteps) {
            return Err(file.fault(format!(
                "betas {} to {} over {} timesteps",
                self.beta_start, self.beta_end, self.train_timesteps
            )));
        }
        Ok(())
    }
}

fn refuse_unknown(file: &ConfigFile) -> Result<()> {
    let no = json!(false);
    let rules: [(&str, Vec<Value>); 11] = [
        ("prediction_type", vec![json!("epsilon"), json!("v_prediction")]),
        ("timestep_spacing", vec![json!("leading"), json!("linspace"), json!("trailing")]),
        ("thresholding", vec![no.clone()]),
        ("rescale_betas_zero_snr", vec![no.clone()]),
        ("interpolation_type", vec![json!("linear")]),
        ("timestep_type", vec![json!("discrete")]),
        ("final_sigmas_type", vec![json!("zero")]),
        ("trained_betas", vec![]),
        ("use_exponential_sigmas", vec![no.clone()]),
        ("use_beta_sigmas", vec![no]),
        ("beta_schedule", vec![json!("linear"), json!("scaled_linear")]),
    ];
    rules.iter().try_for_each(|(field, accepted)| file.accept(field, accepted))
}
