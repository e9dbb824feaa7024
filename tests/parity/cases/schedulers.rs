//! Noise levels, timesteps and single steps.

use crate::parity::report::{Checker, Tolerance};
use crate::parity::set::{Fallible, Golden};
use candle_core::{Device, Tensor};
use predella::engine::config::ConfigFile;
use predella::engine::schedule::{Scheduler, SchedulerConfig, alphas_cumprod};
use predella::recipe::SchedulerChoice;
use serde_json::{Value, json};

/// Table values and single steps.
const STEP: Tolerance = Tolerance::Relative(1e-5);

/// The scheduler of a `cls` and `config` pair as the goldens state them.
pub fn config(entry: &Value) -> Fallible<SchedulerConfig> {
    let mut fields = entry["config"].clone();
    fields["_class_name"] = json!(entry["cls"]);
    Ok(SchedulerConfig::parse(
        &ConfigFile::new("golden scheduler", fields),
        SchedulerChoice::default(),
    )?)
}

pub fn run(golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let kinds = golden.params["kinds"].as_object().ok_or("schedulers without kinds")?;
    for (index, (kind, entry)) in kinds.iter().enumerate() {
        let config = config(entry)?;
        if index == 0 {
            checker.check("alphas_cumprod", &row(&alphas_cumprod(&config))?, STEP)?;
        }
        for steps in step_counts(golden, kind) {
            one(golden, checker, kind, &config, steps)?;
        }
    }
    Ok(())
}

/// Step counts that the file has for a kind.
fn step_counts(golden: &Golden, kind: &str) -> Vec<usize> {
    let count = |name: &String| -> Option<usize> {
        name.strip_prefix(kind)?.strip_prefix('.')?.strip_suffix(".timesteps")?.parse().ok()
    };
    golden.tensors.keys().filter_map(count).collect()
}

fn one(
    golden: &Golden,
    checker: &mut Checker,
    kind: &str,
    config: &SchedulerConfig,
    steps: usize,
) -> Fallible<()> {
    let scheduler = Scheduler::new(config, steps)?;
    let name = |what: &str| format!("{kind}.{steps}.{what}");
    // Whole timesteps are exact; Karras' lie between and come from logarithms.
    let tolerance = if config.karras { Tolerance::Relative(1e-5) } else { Tolerance::Exact };
    checker.check(&name("timesteps"), &row(scheduler.timesteps())?, tolerance)?;
    if golden.tensors.contains_key(&name("sigmas")) {
        checker.check(&name("sigmas"), &row(scheduler.sigmas())?, STEP)?;
        checker.check(&name("init_noise_sigma"), &row(&[scheduler.init_noise_sigma()])?, STEP)?;
    }
    let (sample, output) = (golden.tensor("in.sample")?, golden.tensor("in.model_output")?);
    for index in (0..steps).filter(|i| golden.tensors.contains_key(&name(&format!("prev_{i}")))) {
        let scaled = scheduler.scale_input(sample, index)?;
        checker.check(&name(&format!("scaled_{index}")), &scaled, STEP)?;
        let out = scheduler.step(output, index, sample)?;
        checker.check(&name(&format!("prev_{index}")), &out.latents, STEP)?;
    }
    Ok(())
}

fn row(values: &[f64]) -> Fallible<Tensor> {
    let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
    let n = values.len();
    Ok(Tensor::from_vec(values, n, &Device::Cpu)?)
}
