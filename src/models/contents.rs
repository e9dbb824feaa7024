//! What a model consists of, and whether all of it is there.

use serde_json::Value;

use super::folder::{INDEX, index};
use super::locate::{self, Place};
use super::source::{Source, parse};
use super::{ModelError, ModelFolder};

/// The parts that painting uses; others, such as safety checkers, are ignored.
pub const PARTS: [&str; 7] =
    ["scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae"];
/// The parts that no model does without.
pub(super) const ESSENTIAL: [&str; 3] = ["text_encoder", "unet", "vae"];
/// Files of a part, beside its weights, that painting may read.
pub(super) const SMALL_FILES: [&str; 8] = [
    "added_tokens.json",
    "config.json",
    "merges.txt",
    "scheduler_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
];

/// Whether a part is a network.
pub(super) fn holds_weights(part: &str) -> bool {
    matches!(part, "unet" | "vae" | "text_encoder" | "text_encoder_2")
}

/// Whether `model_index.json` says that the model does without a part.
pub(super) fn is_null(index: &Value, part: &str) -> bool {
    match index.get(part) {
        Some(Value::Array(pair)) => pair.iter().all(Value::is_null),
        Some(other) => other.is_null(),
        None => false,
    }
}

/// The parts that painting uses and `model_index.json` names.
pub(super) fn declared(index: &Value) -> impl Iterator<Item = &'static str> + '_ {
    PARTS.into_iter().filter(|part| index.get(part).is_some() && !is_null(index, part))
}

/// The files of a place: one, or an index and its shards, there or not.
pub(super) fn weight_files(
    source: &Source,
    place: Place,
    missing: &dyn Fn(&str) -> ModelError,
) -> Result<Vec<String>, ModelError> {
    match place {
        Place::Single(name) => Ok(vec![name]),
        Place::Index(name) => {
            let shards = locate::shards(&name, &index(source, &name, missing)?)?;
            Ok(shards.into_keys().chain([name]).collect())
        }
    }
}

impl ModelFolder {
    /// Checks that every part that `model_index.json` names is there with its
    /// weights, without reading them.
    ///
    /// # Errors
    /// The first part or file that is missing.
    pub fn complete(&self, variant: Option<&str>) -> Result<(), ModelError> {
        for part in ESSENTIAL.into_iter().chain(declared(self.index())) {
            if !self.has(part) {
                return Err(self.missing(part));
            }
        }
        for name in self.identity(variant)? {
            if !self.source().has_file(&name) {
                return Err(self.missing(&name));
            }
        }
        Ok(())
    }

    /// Reads every file that painting uses and checks it; returns the bytes of
    /// all weights together.
    ///
    /// # Errors
    /// The first file that is missing or damaged.
    pub fn verify(&self, variant: Option<&str>) -> Result<u64, ModelError> {
        self.complete(variant)?;
        let mut total = 0;
        for name in self.identity(variant)?.iter().filter(|name| name.ends_with(".json")) {
            if let Some(bytes) = self.bytes(name)? {
                parse(name, &bytes)?;
            }
        }
        for part in PARTS.into_iter().filter(|part| holds_weights(part) && self.has(part)) {
            total += self.weights(part, variant)?.total_bytes();
        }
        Ok(total)
    }

    /// The names of all files that decide this model's pixels, sorted. Shards
    /// are named as the index names them, there or not.
    pub(super) fn identity(&self, variant: Option<&str>) -> Result<Vec<String>, ModelError> {
        let mut names = vec![INDEX.to_owned()];
        for part in PARTS.into_iter().filter(|part| self.has(part)) {
            let small = SMALL_FILES.map(|file| format!("{part}/{file}"));
            names.extend(small.into_iter().filter(|name| self.source().has_file(name)));
            if holds_weights(part) {
                let place = self.place(part, variant)?;
                names.extend(weight_files(self.source(), place, &|file| self.missing(file))?);
            }
        }
        names.sort();
        Ok(names)
    }
}
