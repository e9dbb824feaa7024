//! Tokenizers, text encoders, and prompts as the pipelines hand them on.

use crate::parity::report::{Checker, LAYER, Tolerance};
use crate::parity::set::{Fallible, Golden, Set};
use candle_core::{Device, Tensor};
use predella::engine::text::{TextStates, Tokenizer};
use predella::engine::time_ids;
use predella::models::ModelFolder;
use predella::recipe::Size;
use std::path::Path;

/// Ids from `tokenizer.json`, and from `vocab.json` with `merges.txt`: ours
/// give the same for both, which is what the fast tokenizer gives.
pub fn tokens(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let (dir, part) = golden.str("tokenizer")?.split_once('/').ok_or("tokenizer without a part")?;
    let family = golden.name.split('_').nth(1).ok_or("tokens of no family")?;
    let model = set.model(family)?;
    let texts: Vec<&str> = set.meta["token_prompts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|t| t.as_str())
        .collect();
    let encode = |tokenizer: &Tokenizer| {
        let ids = texts.iter().map(|t| tokenizer.encode(t)).collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<i64> = ids.iter().flatten().map(|id| i64::from(*id)).collect();
        Fallible::Ok(Tensor::from_vec(rows, (texts.len(), tokenizer.length()), &Device::Cpu)?)
    };
    let fast = encode(&Tokenizer::load(&model.folder, part)?)?;
    checker.check("ids_fast", &fast, Tolerance::Exact)?;
    let copy = without_tokenizer_json(set.path(), dir, part)?;
    let slow = encode(&Tokenizer::load(&ModelFolder::open(copy.path())?, part)?)?;
    checker.compare(
        "ids_fast [vocab.json, merges.txt]",
        &slow,
        golden.tensor("ids_fast")?,
        Tolerance::Exact,
    )?;
    // The slow tokenizer's ids differ from the fast one's in rows that the
    // file lists; in all others ours must be both.
    let differ: Vec<u64> = golden.params["slow_fast_disagree"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|n| n.as_u64())
        .collect();
    let same: Vec<u32> =
        (0..texts.len() as u32).filter(|i| !differ.contains(&u64::from(*i))).collect();
    let same = Tensor::new(same, &Device::Cpu)?;
    let (ours, theirs) = (
        slow.index_select(&same, 0)?,
        golden.tensor("ids")?.to_device(&Device::Cpu)?.index_select(&same, 0)?,
    );
    checker.compare("ids", &ours, &theirs, Tolerance::Exact)?;
    checker.covered("ids");
    let tokenizer = Tokenizer::load(&model.folder, part)?;
    let limit = tokenizer.length();
    let length = |text: &&str| Ok((tokenizer.check(text)?.tokens + 2).min(limit) as i64);
    let lengths = texts.iter().map(length).collect::<Fallible<Vec<i64>>>()?;
    let ours = Tensor::new(lengths, &Device::Cpu)?.index_select(&same, 0)?;
    let theirs = golden.tensor("length")?.to_device(&Device::Cpu)?.index_select(&same, 0)?;
    checker.covered("length");
    checker.compare("length", &ours, &theirs, Tolerance::Exact)
}

/// A copy of a tokenizer with only its older files.
fn without_tokenizer_json(root: &Path, dir: &str, part: &str) -> Fallible<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    std::fs::copy(root.join(dir).join("model_index.json"), copy.path().join("model_index.json"))?;
    std::fs::create_dir(copy.path().join(part))?;
    for name in ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"] {
        let from = root.join(dir).join(part).join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(part).join(name))?;
        }
    }
    Ok(copy)
}

/// Every hidden state of every encoder.
pub fn states(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let model = set.model(golden.str("model")?)?;
    let prompts: Vec<&str> = strings(&golden.params["prompts"]);
    for (number, encoder) in model.text.encoders().iter().enumerate() {
        let prefix = format!("enc{}", number + 1);
        let ids: Vec<Vec<u32>> =
            prompts.iter().map(|p| encoder.tokens(p)).collect::<Result<_, _>>()?;
        let flat: Vec<i64> = ids.iter().flatten().map(|id| i64::from(*id)).collect();
        let shape = (prompts.len(), ids[0].len());
        checker.check(
            &format!("{prefix}.ids"),
            &Tensor::from_vec(flat, shape, &Device::Cpu)?,
            Tolerance::Exact,
        )?;
        let outputs = prompts.iter().map(|p| encoder.encode(p)).collect::<Result<Vec<_>, _>>()?;
        let join = |pick: &dyn Fn(&predella::engine::text::ClipOutput) -> Tensor| {
            Tensor::cat(&outputs.iter().map(pick).collect::<Vec<_>>(), 0)
        };
        for layer in 0..outputs[0].hidden_states.len() {
            let name = format!("{prefix}.hidden_{layer}");
            checker.check(&name, &join(&|o| o.hidden_states[layer].clone())?, LAYER)?;
        }
        checker.check(
            &format!("{prefix}.penultimate"),
            &join(&|o| o.penultimate().clone())?,
            LAYER,
        )?;
        checker.check(
            &format!("{prefix}.last_hidden_state"),
            &join(&|o| o.last_hidden_state.clone())?,
            LAYER,
        )?;
        checker.check(&format!("{prefix}.pooled"), &join(&|o| o.pooled.clone())?, LAYER)?;
    }
    Ok(())
}

/// What the UNet is given for a list of prompts and a negative one.
pub fn prompts(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let family = golden.str("model")?;
    let model = set.model(family)?;
    let prompts = strings(&golden.params["prompts"]);
    let states = prompts.iter().map(|p| model.text.encode(p)).collect::<Result<Vec<_>, _>>()?;
    let negative = model.text.encode_negative(golden.params["negative_prompt"].as_str())?;
    let negatives = vec![negative; prompts.len()];
    check_states(checker, &states, "prompt_embeds", "pooled")?;
    check_states(checker, &negatives, "negative_embeds", "negative_pooled")?;
    if golden.tensors.contains_key("time_ids") {
        let side = |name: &str| set.meta["models"][family][name].as_u64().unwrap_or(0) as u32;
        let size = Size { width: side("width"), height: side("height") };
        let ids: Vec<f32> = time_ids(size).iter().map(|v| *v as f32).collect();
        let rows = Tensor::from_vec(ids.repeat(prompts.len()), (prompts.len(), 6), &Device::Cpu)?;
        checker.check("time_ids", &rows, Tolerance::Exact)?;
    }
    Ok(())
}

fn check_states(
    checker: &mut Checker,
    states: &[TextStates],
    hidden: &str,
    pooled: &str,
) -> Fallible<()> {
    let rows: Vec<_> = states.iter().map(|s| &s.hidden).collect();
    checker.check(hidden, &Tensor::cat(&rows, 0)?, LAYER)?;
    let rows: Option<Vec<_>> = states.iter().map(|s| s.pooled.as_ref()).collect();
    match rows {
        Some(rows) => checker.check(pooled, &Tensor::cat(&rows, 0)?, LAYER),
        None => Ok(()),
    }
}

pub fn strings(value: &serde_json::Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect()
}
