//! ControlNet: one forward pass with its residuals, and whole runs.

use super::loops::{check_steps, prompt_row, sample};
use super::schedulers;
use super::unet::{alignment, input};
use super::vae;
use crate::parity::report::{Checker, FORWARD, Tolerance};
use crate::parity::set::{Fallible, Golden, Set};
use candle_core::Tensor;
use predella::engine::control::{ControlConfig, ControlNet, Residuals, RowControl, map_tensor};
use predella::engine::pass::Pass;
use predella::engine::sampler::{References, RowText, Sampler};
use predella::engine::schedule::Scheduler;
use predella::engine::weights::Vars;
use predella::imaging::{DecodeLimits, Filter, decode_file, resize};
use predella::models::ControlFolder;

/// The control net of a family.
fn net(set: &Set, golden: &Golden) -> Fallible<ControlNet> {
    let family = golden.str("model")?;
    let dir = set.meta["models"][family]["controlnet"].as_str().ok_or("no control net")?;
    let folder = ControlFolder::open(&set.path().join(dir))?;
    let file = predella::engine::config::ConfigFile::new(dir, folder.config()?);
    let vars = Vars::new(dir, folder.weights()?, &golden.place.device, golden.place.dtype);
    Ok(ControlNet::load(&vars, ControlConfig::parse(&file)?)?)
}

pub fn forward(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let (model, net) = (set.model(golden.str("model")?)?, net(set, golden)?);
    let (sample, input) = (&golden.input("in.sample")?, input(golden)?);
    let timestep = golden.number("timestep")?;
    let map = net.embed(&golden.input("in.cond")?)?;
    checker.check("cond_embedding", &map, FORWARD)?;
    let scale = golden.number("scale")?;
    let residuals: Residuals =
        net.forward(sample, timestep, &input, &map)?.map(|residual| residual * scale)?;
    for (i, residual) in residuals.down.iter().enumerate() {
        checker.check(&format!("down.{i}"), residual, FORWARD)?;
    }
    checker.check("mid", &residuals.mid, FORWARD)?;
    let eps = |residuals| model.unet.forward(sample, timestep, &input, residuals, Pass::default());
    checker.check("out.eps", &eps(Some(&residuals))?, FORWARD)?;
    checker.check("out.eps_no_control", &eps(None)?, FORWARD)
}

pub fn run(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let (model, net) = (set.model(golden.str("model")?)?, net(set, golden)?);
    let config = schedulers::config(&set.meta["schedulers"][golden.str("scheduler")?])?;
    let scheduler = Scheduler::new(&config, golden.number("steps")? as usize)?;
    let (style, layers) = alignment(&model, golden)?;
    let sampler = Sampler {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale: golden.number("guidance_scale")?,
        style: style.as_ref(),
        layers: &layers,
        swaps: &[],
        control: Some(&net),
        references: References::default(),
        watch: None,
    };
    let steps = sample(&sampler, golden, &texts(set, golden, &net)?)?;
    check_steps(golden, checker, &steps)?;
    if golden.tensors.contains_key("image_u8") {
        let last = steps.latents.last().ok_or("no steps")?;
        let decoded = model.vae.decode(last, Pass::default())?;
        checker.check("image_u8", &vae::bytes(&decoded)?, Tolerance::Bytes)?;
    }
    Ok(())
}

/// A row for each prompt; all but the first follow the map, and the first only
/// where the golden says so.
fn texts(set: &Set, golden: &Golden, net: &ControlNet) -> Fallible<Vec<RowText>> {
    let model = set.model(golden.str("model")?)?;
    let (height, width) = (golden.number("height")?, golden.number("width")?);
    let picture = decode_file(&set.path().join(golden.str("image")?), &DecodeLimits::default())?;
    let picture = resize(&picture, width as u32, height as u32, Filter::Lanczos);
    let map: Tensor =
        net.embed(&map_tensor(&picture, None, &golden.place.device, golden.place.dtype)?)?;
    let bound = |i: usize| golden.params["control_guidance"][i].as_f64().ok_or("no window");
    let (scale, start, end) = (golden.number("controlnet_scale")?, bound(0)?, bound(1)?);
    let all = golden.params["control_reference"].as_bool().ok_or("no control_reference")?;
    // The published implementation hands the net the negative text in both halves. It has
    // no SD 1.5 of its own, and those goldens have the right text.
    let negative_text = !all && golden.str("model")? == "sdxl";
    let prompts = super::text::strings(&golden.params["prompts"]);
    let row = |(i, prompt): (usize, &&str)| {
        let mut row = prompt_row(&model, golden, prompt, [height, width, 0.0, 0.0, height, width])?;
        let control = RowControl { map: map.clone(), scale, start, end, negative_text };
        row.control = (all || i > 0).then_some(control);
        Ok(row)
    };
    prompts.iter().enumerate().map(row).collect()
}
