//! Whole runs from stored noise: once with the stored text states, once more
//! from the prompts themselves.

use super::unet::{alignment, time_ids};
use super::{schedulers, text, vae};
use crate::parity::report::{Checker, LOOP, Tolerance};
use crate::parity::set::{Fallible, Golden, Model, Set};
use candle_core::Tensor;
use predella::engine::pass::Pass;
use predella::engine::sampler::{References, RowText, Sampler};
use predella::engine::schedule::Scheduler;
use predella::engine::text::TextStates;
use serde_json::Value;
use std::ops::ControlFlow;

pub fn run(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let config = schedulers::config(&set.meta["schedulers"][golden.str("scheduler")?])?;
    let scheduler = Scheduler::new(&config, golden.number("steps")? as usize)?;
    let told: Vec<f64> = golden.params["timesteps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    if !told.is_empty() && told != scheduler.timesteps() {
        return Err(format!("timesteps {:?} are not {told:?}", scheduler.timesteps()).into());
    }
    let (style, layers) = alignment(&model, golden)?;
    let guidance_scale = golden.number("guidance_scale")?;
    let sampler = Sampler {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale,
        style: style.as_ref(),
        layers: &layers,
        swaps: &[],
        control: None,
        references: References::default(),
        watch: None,
    };
    let stored = stored_texts(set, golden)?;
    let steps = sample(&sampler, golden, &stored)?;
    check_steps(golden, checker, &steps)?;
    let from_prompts = sample(&sampler, golden, &prompt_texts(set, golden, &stored)?)?;
    let last = golden.tensor("latents")?;
    let last = last.get(last.dim(0)? - 1)?;
    let ours = &from_prompts.latents[from_prompts.latents.len() - 1];
    checker.compare("latents from prompts", ours, &last, LOOP)?;
    if golden.tensors.contains_key("image_u8") {
        let decoded = model.vae.decode(ours, Pass::default())?;
        checker.check("image_u8", &vae::bytes(&decoded)?, Tolerance::Bytes)?;
        if golden.tensors.contains_key("image_0") {
            checker.check("image_0", &decoded.narrow(0, 0, 1)?, LOOP)?;
        }
    }
    Ok(())
}

/// What leaves each step.
pub struct Steps {
    pub first_prediction: Option<Tensor>,
    pub latents: Vec<Tensor>,
}

pub fn sample(sampler: &Sampler, golden: &Golden, texts: &[RowText]) -> Fallible<Steps> {
    let mut steps = Steps { first_prediction: None, latents: Vec::new() };
    sampler.sample(golden.tensor("in.noise")?, texts, golden.place.dtype, &mut |view| {
        steps.first_prediction.get_or_insert_with(|| view.prediction.clone());
        steps.latents.push(view.latents.clone());
        ControlFlow::Continue(())
    })?;
    Ok(steps)
}

pub fn check_steps(golden: &Golden, checker: &mut Checker, steps: &Steps) -> Fallible<()> {
    let after = golden.params["latents_after_steps"].as_array().ok_or("no latents_after_steps")?;
    let picked: Option<Vec<&Tensor>> =
        after.iter().map(|n| steps.latents.get(n.as_u64()? as usize - 1)).collect();
    checker.check("latents", &Tensor::stack(&picked.ok_or("too few steps")?, 0)?, LOOP)?;
    match (&steps.first_prediction, golden.tensors.contains_key("eps_first")) {
        (Some(first), true) => checker.check("eps_first", first, LOOP),
        _ => Ok(()),
    }
}

/// The golden of the prompts that a run uses: its own family's, with the same
/// prompts and the same negative prompt.
fn stored_texts(set: &Set, golden: &Golden) -> Fallible<Vec<RowText>> {
    let family = golden.str("model")?;
    let wanted = |name: &String| {
        let params = &set.meta["files"][name.as_str()]["params"];
        name.starts_with(&format!("{family}_prompt"))
            && params["prompts"] == golden.params["prompts"]
            && params["negative_prompt"] == golden.params["negative_prompt"]
    };
    let name = set.names().into_iter().find(wanted).ok_or("no golden of these prompts")?;
    let prompts = set.golden(&name)?;
    let rows = prompts.tensor("prompt_embeds")?.dim(0)?;
    let ids = match prompts.tensors.get("time_ids") {
        Some(ids) => time_ids(ids)?,
        None => vec![[0.0; 6]; rows],
    };
    let row = |i: usize| {
        let states = |hidden: &str, pooled: &str| {
            let pooled = prompts.tensors.get(pooled).map(|p| p.narrow(0, i, 1)).transpose()?;
            Fallible::Ok(TextStates { hidden: prompts.tensor(hidden)?.narrow(0, i, 1)?, pooled })
        };
        Fallible::Ok(RowText {
            prompt: states("prompt_embeds", "pooled")?,
            negative: states("negative_embeds", "negative_pooled")?,
            time_ids: ids[i],
            control: None,
            subject: Vec::new(),
        })
    };
    (0..rows).map(row).collect()
}

/// The same rows from the prompts' own words.
fn prompt_texts(set: &Set, golden: &Golden, stored: &[RowText]) -> Fallible<Vec<RowText>> {
    let model = set.model(golden.str("model")?)?;
    let prompts = text::strings(&golden.params["prompts"]);
    let rows = prompts.iter().zip(stored);
    rows.map(|(prompt, stored)| prompt_row(&model, golden, prompt, stored.time_ids)).collect()
}

/// A row from a prompt's own words and the run's negative prompt.
pub fn prompt_row(
    model: &Model,
    golden: &Golden,
    prompt: &str,
    time_ids: [f64; 6],
) -> Fallible<RowText> {
    let negative = model.text.encode_negative(golden.params["negative_prompt"].as_str())?;
    Ok(RowText::new(model.text.encode(prompt)?, negative, time_ids))
}
