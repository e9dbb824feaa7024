//! The folder of a single network, as transformers and diffusers save one: a
//! configuration, its weights, and small files that say how to feed it.

use std::path::Path;

use serde_json::Value;

use super::catalogue::ModelSource;
use super::contents::weight_files;
use super::embedded::{JUDGE_CLIP, JUDGE_STYLE};
use super::error::ModelError;
use super::folder::load_weights;
use super::hash::hash_files;
use super::hub::Hub;
use super::locate;
use super::source::{Source, json_error, parse};
use super::weights::Weights;
use crate::util::text::sanitise;

/// The configuration.
pub(super) const CONFIG: &str = "config.json";
/// Files beside configuration and weights that decide what a network answers.
pub(super) const FEED: [&str; 8] = [
    "added_tokens.json",
    "generation_config.json",
    "merges.txt",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
];

/// A network on disk or inside the program. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NetFolder {
    name: String,
    source: Source,
}

impl PartialEq for NetFolder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl NetFolder {
    /// Opens a folder, named after its path.
    ///
    /// # Errors
    /// When it is missing or holds no `config.json`.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::open_as(path, &path.display().to_string())
    }

    /// Opens a folder under another name, such as its hub repository.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_as(path: &Path, name: &str) -> Result<Self, ModelError> {
        if !path.is_dir() {
            return Err(ModelError::NoFolder(sanitise(&path.display().to_string())));
        }
        let opened = Self::new(name, Source::Disk(path.to_owned()));
        opened.config().map(|_| opened)
    }

    /// Opens a judge that comes with the program, a folder, or a downloaded repository.
    ///
    /// # Errors
    /// When it is missing, damaged or refused.
    pub fn named(argument: &str) -> Result<Self, ModelError> {
        let path = Path::new(argument);
        if [JUDGE_CLIP, JUDGE_STYLE].contains(&argument) && !path.is_dir() {
            return Self::judge(argument);
        }
        match ModelSource::resolve(argument)? {
            ModelSource::Hub(repo) => {
                let found = Hub::from_env()?.open_cached_net(&repo)?;
                found.ok_or_else(|| ModelError::NotHere(sanitise(argument)))
            }
            _ => Self::open(path),
        }
    }

    /// Opens a judge that comes with the program, by its name.
    ///
    /// # Errors
    /// When there is none of that name, or it is not installed.
    pub fn judge(name: &str) -> Result<Self, ModelError> {
        super::embedded::judge(name)
    }

    pub(super) fn new(name: &str, source: Source) -> Self {
        Self { name: name.to_owned(), source }
    }

    /// The name it was opened by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder on disk; `None` for files inside the program.
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::Disk(path) => Some(path),
            Source::Files(_) => None,
        }
    }

    /// `config.json`.
    ///
    /// # Errors
    /// When it is missing, too large or no JSON.
    pub fn config(&self) -> Result<Value, ModelError> {
        self.json(CONFIG)?.ok_or_else(|| self.missing(CONFIG))
    }

    /// A JSON file; `None` when it is not there.
    ///
    /// # Errors
    /// When it is too large or no JSON.
    pub fn json(&self, name: &str) -> Result<Option<Value>, ModelError> {
        self.source.bytes(name)?.map(|bytes| parse(name, &bytes)).transpose()
    }

    /// A text file; `None` when it is not there.
    ///
    /// # Errors
    /// When it is too large or not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<String>, ModelError> {
        let Some(bytes) = self.source.bytes(name)? else { return Ok(None) };
        let text = String::from_utf8(bytes.into_owned());
        text.map(Some).map_err(|_| json_error(name, "it is not UTF-8 text"))
    }

    /// The weights, every header checked.
    ///
    /// # Errors
    /// When there are none, only pickles, or a file breaks its format.
    pub fn weights(&self) -> Result<Weights, ModelError> {
        load_weights(&self.source, self.place()?, &|file| self.missing(file))
    }

    /// SHA-256 in hex over the configuration, the weights and the files that say
    /// how to feed it, as [`super::ModelFolder::hash`] computes it.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub fn hash(&self) -> Result<String, ModelError> {
        let mut names = weight_files(&self.source, self.place()?, &|file| self.missing(file))?;
        names.push(CONFIG.to_owned());
        names.extend(FEED.map(str::to_owned).into_iter().filter(|name| self.source.has_file(name)));
        names.sort();
        hash_files(&self.source, &names)
    }

    fn place(&self) -> Result<locate::Place, ModelError> {
        if let Some(place) = locate::find("", None, |name| self.source.has_file(name)) {
            return Ok(place);
        }
        if let Some(pickle) = self.source.first_pickle("") {
            return Err(ModelError::Pickle(sanitise(pickle.trim_start_matches('/'))));
        }
        Err(ModelError::MissingWeights {
            model: sanitise(&self.name),
            part: "the network".into(),
            tried: "diffusion_pytorch_model.safetensors, model.safetensors or their shards".into(),
        })
    }

    fn missing(&self, file: &str) -> ModelError {
        ModelError::MissingFile { model: sanitise(&self.name), file: sanitise(file) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/tiny-sdxl-controlnet")
    }

    #[test]
    fn a_folder_is_known_by_its_files() {
        let net = NetFolder::open(&tiny()).unwrap();
        assert_eq!(net.config().unwrap()["_class_name"], "ControlNetModel");
        assert!(net.weights().unwrap().names().any(|name| name == "conv_in.weight"));
        let hash = net.hash().unwrap();
        let dir = tempfile::tempdir().unwrap();
        for name in [CONFIG, "diffusion_pytorch_model.safetensors"] {
            std::fs::copy(tiny().join(name), dir.path().join(name)).unwrap();
        }
        let copy = NetFolder::open(dir.path()).unwrap();
        assert_eq!(copy.hash().unwrap(), hash);
        std::fs::copy(tiny().join(CONFIG), dir.path().join("preprocessor_config.json")).unwrap();
        assert_ne!(copy.hash().unwrap(), hash, "what feeds a network belongs to it");
        std::fs::remove_file(dir.path().join("diffusion_pytorch_model.safetensors")).unwrap();
        assert!(matches!(copy.weights(), Err(ModelError::MissingWeights { .. })));
        std::fs::copy(tiny().join(CONFIG), dir.path().join("pytorch_model.bin")).unwrap();
        assert!(matches!(copy.weights(), Err(ModelError::Pickle(_))));
        std::fs::remove_file(dir.path().join(CONFIG)).unwrap();
        let gone = NetFolder::open(dir.path()).unwrap_err();
        assert!(matches!(gone, ModelError::MissingFile { .. }), "{gone}");
        let gone = NetFolder::open(&dir.path().join("nowhere")).unwrap_err();
        assert!(matches!(gone, ModelError::NoFolder(_)), "{gone}");
    }
}
