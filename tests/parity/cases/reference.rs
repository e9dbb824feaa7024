//! Reference pictures: their inversion, and runs that they guide.

use super::loops::{check_steps, prompt_row, sample};
use super::schedulers;
use super::unet::style;
use super::vae;
use crate::parity::report::{Checker, FORWARD, LOOP, Tolerance};
use crate::parity::set::{Fallible, Golden, Set};
use candle_core::Tensor;
use predella::engine::invert::{Inversion, Trajectory};
use predella::engine::pass::Pass;
use predella::engine::sampler::{References, RowText, Sampler};
use predella::engine::schedule::Scheduler;
use predella::engine::style::layers;
use std::ops::ControlFlow;

fn scheduler(set: &Set, golden: &Golden) -> Fallible<Scheduler> {
    let config = schedulers::config(&set.meta["schedulers"][golden.str("scheduler")?])?;
    Ok(Scheduler::new(&config, golden.number("steps")? as usize)?)
}

pub fn inversion(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let clean = model.vae.encode(&vae::picture_of(golden)?, Pass::default())?;
    checker.check("z0", &clean, FORWARD)?;
    let ids: Vec<f64> = golden.params["time_ids"]
        .as_array()
        .map(|ids| ids.iter().filter_map(serde_json::Value::as_f64).collect())
        .unwrap_or_default();
    let time_ids = <[f64; 6]>::try_from(ids).unwrap_or([0.0; 6]);
    let text = prompt_row(&model, golden, golden.str("prompt")?, time_ids)?;
    let scheduler = scheduler(set, golden)?;
    let inversion = Inversion {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale: golden.number("guidance_scale")?,
        dtype: golden.place.dtype,
    };
    let ways = inversion.run(&clean, &[text], &mut |_, _| ControlFlow::Continue(()))?;
    let way = ways.first().ok_or("no trajectory")?;
    checker.check("zts", &Tensor::cat(way.points(), 0)?, LOOP)
}

pub fn guided(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let scheduler = scheduler(set, golden)?;
    let points = golden.tensor("in.zts")?;
    let points = (0..points.dim(0)?).map(|i| points.narrow(0, i, 1)).collect::<Result<_, _>>()?;
    let way = [Trajectory::new(points)?];
    let style = style(&golden.params["style_aligned"])?;
    let layers = layers::mask(&style.layers, &model.spec.unet)?;
    let sampler = Sampler {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale: golden.number("guidance_scale")?,
        style: Some(&style),
        layers: &layers,
        swaps: &[],
        control: None,
        references: References {
            trajectories: &way,
            weights: &[1.0],
            manners: &[],
            offset: golden.number("offset")? as usize,
        },
        watch: None,
    };
    let (height, width) = (golden.number("height")?, golden.number("width")?);
    let time_ids = [height, width, 0.0, 0.0, height, width];
    let prompts = super::text::strings(&golden.params["prompts"]);
    let texts: Vec<RowText> = prompts
        .iter()
        .map(|prompt| prompt_row(&model, golden, prompt, time_ids))
        .collect::<Fallible<_>>()?;
    let steps = sample(&sampler, golden, &texts)?;
    check_steps(golden, checker, &steps)?;
    if golden.tensors.contains_key("image_u8") {
        let last = steps.latents.last().ok_or("no steps")?;
        let decoded = model.vae.decode(last, Pass::default())?;
        checker.check("image_u8", &vae::bytes(&decoded)?, Tolerance::Bytes)?;
    }
    Ok(())
}
