//! Tokens to words and back, and the words that are likeliest to come next.

use candle_core::{DType, Tensor};
use serde_json::Value;
use tokenizers::Tokenizer;

use super::{PerceiveError, Result};
use crate::models::NetFolder;

/// The file of a tokenizer.
const TOKENIZER: &str = "tokenizer.json";

/// Reads a folder's tokenizer.
///
/// # Errors
/// When it is missing or malformed.
pub(super) fn tokenizer(folder: &NetFolder) -> Result<Tokenizer> {
    let text = folder
        .text(TOKENIZER)?
        .ok_or_else(|| PerceiveError::network(folder, format!("it has no {TOKENIZER}")))?;
    text.parse().map_err(|error| PerceiveError::network(folder, format!("{TOKENIZER}: {error}")))
}

/// Tokens to words.
///
/// # Errors
/// When the tokenizer fails.
pub(super) fn decode(folder: &NetFolder, tokenizer: &Tokenizer, ids: &[u32]) -> Result<String> {
    let text = tokenizer.decode(ids, true);
    text.map_err(|error| PerceiveError::network(folder, error.to_string()))
}

/// The likeliest token, without those that are not to come.
///
/// # Errors
/// When the tensor is no row of numbers.
pub(super) fn likeliest(logits: &Tensor, never: &[u32]) -> Result<u32> {
    let logits = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    let open = logits.iter().zip(0u32..).filter(|(_, id)| !never.contains(id));
    let best = open.max_by(|(a, i), (b, j)| a.total_cmp(b).then(j.cmp(i)));
    Ok(best.map_or(0, |(_, id)| id))
}

/// A configuration without what is null: readers that have a default take no null.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        other => other,
    }
}

/// Refuses numbers of a configuration that no network has: networks are built
/// from them before any weight is compared.
///
/// # Errors
/// The number's name.
pub(super) fn check_sizes(folder: &NetFolder, value: &Value) -> Result<()> {
    let Some(fields) = value.as_object() else { return Ok(()) };
    for (key, value) in fields {
        check_sizes(folder, value)?;
        let Some(n) = value.as_u64().filter(|_| !key.contains("token")) else { continue };
        let divides = [
            "heads",
            "hidden_size",
            "patch_size",
            "image_size",
            "vocab_size",
            "d_model",
            "d_kv",
            "mel_bins",
            "buckets",
        ];
        let most = match key {
            key if key.contains("position") || key.contains("buckets") => 1 << 13,
            key if key.contains("layers") => 1 << 10,
            _ => 1 << 20,
        };
        if n > most || n == 0 && divides.iter().any(|part| key.ends_with(part)) {
            return Err(PerceiveError::network(folder, format!("config.json: {key} = {n}")));
        }
    }
    Ok(())
}

/// What a machine said, fit to stand in a prompt: letters, digits and plain
/// signs, in one line, at most `longest` characters.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let sign = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '.' | '\'' | '-' | '%');
    let kept: String = text.chars().map(|c| if sign(c) { c } else { ' ' }).collect();
    let mut words = String::new();
    for word in kept.split_whitespace() {
        let more = word.chars().count() + usize::from(!words.is_empty());
        if words.chars().count() + more > longest {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words.trim_matches([' ', ',', '.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_words_are_made_plain() {
        assert_eq!(plain(" A (fox:1.5)\n in [snow].", 100), "A fox 1.5 in snow");
        assert_eq!(plain("a\u{1b}[2Jb", 100), "a 2Jb");
        assert_eq!(plain("one two three", 8), "one two");
        assert_eq!(plain("…", 8), "");
    }

    #[test]
    fn the_first_of_the_likeliest_is_taken() {
        let row = Tensor::new(&[0.5f32, 2.0, 2.0, -1.0], &candle_core::Device::Cpu).unwrap();
        assert_eq!(likeliest(&row, &[]).unwrap(), 1);
        assert_eq!(likeliest(&row, &[1, 2]).unwrap(), 0);
    }

    #[test]
    fn nulls_go_at_every_depth() {
        let value = serde_json::json!({ "a": null, "b": { "c": null, "d": 1 }, "e": [null] });
        assert_eq!(without_nulls(value), serde_json::json!({ "b": { "d": 1 }, "e": [null] }));
    }
}
