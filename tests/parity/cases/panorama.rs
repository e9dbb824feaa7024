//! Panoramas: the windows' mean in every step, and what lends them its style.

use super::loops::prompt_row;
use super::schedulers;
use super::unet::alignment;
use crate::parity::report::{Checker, LOOP};
use crate::parity::set::{Fallible, Golden, Set};
use predella::engine::panorama::{Carried, Views, Wide};
use predella::engine::sampler::{References, Sampler};
use predella::engine::schedule::Scheduler;
use std::ops::ControlFlow;

pub fn run(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let config = schedulers::config(&set.meta["schedulers"][golden.str("scheduler")?])?;
    let scheduler = Scheduler::new(&config, golden.number("steps")? as usize)?;
    let (style, layers) = alignment(&model, golden)?;
    let sampler = Sampler {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale: golden.number("guidance")?,
        style: style.as_ref(),
        layers: &layers,
        swaps: &[],
        control: None,
        references: References::default(),
        watch: None,
    };
    let (noise, lent) = (golden.tensor("in.noise")?, golden.tensor("in.reference_noise")?);
    let (_, _, height, width) = noise.dims4()?;
    // What lends its style is as large as a window, which need not be square.
    let (_, _, high, wide) = lent.dims4()?;
    let wrap = golden.params["circular_padding"].as_bool().unwrap_or(false);
    let stride = golden.number("stride")? as usize;
    let views = Views::new((height, width), (high, wide), stride, wrap);
    let factor = model.spec.vae.factor() as f64;
    let (high, wide) = (high as f64 * factor, wide as f64 * factor);
    let row = |prompt: &&str| prompt_row(&model, golden, prompt, [high, wide, 0., 0., high, wide]);
    let prompts = super::text::strings(&golden.params["prompts"]);
    let texts = prompts.iter().map(row).collect::<Fallible<Vec<_>>>()?;
    let [reference, text] = texts.as_slice() else { return Err("not two prompts".into()) };
    let carried = Carried { noise: lent, texts: std::slice::from_ref(reference) };
    let batch = golden.number("view_batch_size")? as usize;
    let sampling = Wide { sampler: &sampler, views: &views, batch, along: false };
    let mut go_on = |_: predella::engine::sampler::StepView| ControlFlow::Continue(());
    let dtype = golden.place.dtype;
    let (canvas, front) =
        sampling.sample(noise, text, Some(carried), dtype, &|| Ok(()), &mut go_on)?;
    checker.check("final", &canvas, LOOP)?;
    checker.check("reference_final", &front.ok_or("nothing was carried")?, LOOP)
}
