//! Embeddings, one forward pass block by block, and one under each style.

use crate::parity::report::{Checker, FORWARD, LAYER};
use crate::parity::set::{Fallible, Golden, Model, Set};
use candle_core::Tensor;
use predella::engine::pass::{Pass, Probe};
use predella::engine::style::{StyleContext, guidance_rows, layers};
use predella::engine::unet::{EmbeddingMlp, UNetInput, sinusoids, text_time_input};
use predella::engine::weights::Vars;
use predella::recipe::{AdaIn, Layers, Style};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

/// Keeps every module's output.
#[derive(Default)]
pub struct Hooks(RefCell<HashMap<String, Tensor>>);

impl Probe for Hooks {
    fn seen(&self, module: &str, output: &Tensor) {
        self.0.borrow_mut().insert(module.to_owned(), output.clone());
    }
}

impl Hooks {
    /// Compares every `hook.<module>` of a golden.
    pub fn check(&self, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
        let outputs = self.0.borrow();
        let mut names: Vec<_> =
            golden.tensors.keys().filter_map(|n| n.strip_prefix("hook.")).collect();
        names.sort_unstable();
        for module in names {
            let ours = outputs
                .get(module)
                .ok_or_else(|| format!("{}: {module} never ran", golden.name))?;
            checker.check(&format!("hook.{module}"), ours, FORWARD)?;
        }
        Ok(())
    }
}

pub fn embeddings(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let config = &model.spec.unet;
    let vars = Vars::new(
        "unet",
        model.folder.weights("unet", None)?,
        &golden.place.device,
        golden.place.dtype,
    );
    let (first, width) = (config.levels[0].channels, config.time_dim());
    let values = floats(golden.tensor("in.timesteps")?)?;
    let time = sinusoids(&values, first, config.flip_sin_to_cos, config.freq_shift)?;
    checker.check("time_proj", &time, LAYER)?;
    let mlp = EmbeddingMlp::load(&vars.at("time_embedding"), first, width)?;
    let on_device = |x: &Tensor| x.to_device(&golden.place.device)?.to_dtype(golden.place.dtype);
    checker.check("time_embedding", &mlp.forward(&on_device(&time)?)?, LAYER)?;
    let Some(added) = &config.text_time else { return Ok(()) };
    let ids = time_ids(golden.tensor("in.time_ids")?)?;
    let flat: Vec<f64> = ids.iter().flatten().copied().collect();
    let projected = sinusoids(&flat, added.id_dim, config.flip_sin_to_cos, config.freq_shift)?;
    checker.check("add_time_proj", &projected.reshape((ids.len(), 6 * added.id_dim))?, LAYER)?;
    let mlp = EmbeddingMlp::load(&vars.at("add_embedding"), added.input_dim, width)?;
    let pooled = &golden.input("in.text_embeds")?;
    let input =
        text_time_input(pooled, &ids, added.id_dim, config.flip_sin_to_cos, config.freq_shift)?;
    checker.check("add_embedding", &mlp.forward(&input)?, LAYER)
}

pub fn forward(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let hooks = Hooks::default();
    let pass = Pass { probe: Some(&hooks), ..Pass::default() };
    let timestep = golden.number("timestep")?;
    let out =
        model.unet.forward(&golden.input("in.sample")?, timestep, &input(golden)?, None, pass)?;
    hooks.check(golden, checker)?;
    checker.check("out.eps", &out, FORWARD)
}

pub fn variants(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let sample = &golden.input("in.sample")?;
    let (input, timestep) = (input(golden)?, golden.number("timestep")?);
    let rows = guidance_rows(sample.dim(0)? / 2, 2);
    for (name, options) in golden.params["variants"].as_object().ok_or("no variants")? {
        let context = match options {
            Value::Null => None,
            options => {
                let style = style(options)?;
                let mask = layers::mask(&style.layers, &model.spec.unet)?;
                Some(StyleContext::new(&style, &rows, mask))
            }
        };
        let pass = Pass { style: context.as_ref(), ..Pass::default() };
        let out = model.unet.forward(sample, timestep, &input, None, pass)?;
        checker.check(&format!("out.{name}"), &out, FORWARD)?;
    }
    Ok(())
}

pub fn input(golden: &Golden) -> Fallible<UNetInput> {
    let added = match golden.tensors.contains_key("in.text_embeds") {
        true => Some((golden.input("in.text_embeds")?, time_ids(golden.tensor("in.time_ids")?)?)),
        false => None,
    };
    Ok(UNetInput { context: golden.input("in.encoder_hidden_states")?, added })
}

/// How a golden aligns, if it does, and which layers share then.
pub fn alignment(model: &Model, golden: &Golden) -> Fallible<(Option<Style>, Vec<bool>)> {
    let style = match &golden.params["style_aligned"] {
        Value::Null => return Ok((None, vec![false; model.spec.unet.self_attentions()])),
        options => style(options)?,
    };
    let layers = layers::mask(&style.layers, &model.spec.unet)?;
    Ok((Some(style), layers))
}

/// The published arguments as our options.
pub fn style(options: &Value) -> Fallible<Style> {
    let flag = |name: &str| options[name].as_bool().ok_or_else(|| format!("no {name}"));
    let number = |name: &str| options[name].as_f64().ok_or_else(|| format!("no {name}"));
    Ok(Style {
        share_attention: flag("share_attention")?,
        adain: AdaIn {
            queries: flag("adain_queries")?,
            keys: flag("adain_keys")?,
            values: flag("adain_values")?,
        },
        full_share: flag("full_attention_share")?,
        score_scale: number("shared_score_scale")?,
        reference_weight: number("shared_score_shift")?.exp(),
        share_group_norm: flag("share_group_norm")?,
        share_layer_norm: flag("share_layer_norm")?,
        layers: Layers::OnlySelfLevel(number("only_self_level")?),
        ..Style::default()
    })
}

/// Rows of six time ids.
pub fn time_ids(tensor: &Tensor) -> Fallible<Vec<[f64; 6]>> {
    let rows = tensor.to_dtype(candle_core::DType::F64)?.to_vec2::<f64>()?;
    rows.into_iter().map(|row| row.try_into().map_err(|_| "not six time ids".into())).collect()
}

fn floats(tensor: &Tensor) -> Fallible<Vec<f64>> {
    Ok(tensor.to_dtype(candle_core::DType::F64)?.flatten_all()?.to_vec1()?)
}
