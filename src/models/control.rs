//! A control net's folder: a configuration and its weights.

use std::path::Path;

use serde_json::Value;

use super::contents::weight_files;
use super::embedded::{self, CONTROL_NAME};
use super::folder::{ModelFolder, load_weights};
use super::hash::hash_files;
use super::source::{Source, parse};
use super::weights::Weights;
use super::{MINI, ModelError, locate};
use crate::util::text::sanitise;

/// The folder of a model that holds its control net.
const OWN: &str = "controlnet";
/// The configuration.
const CONFIG: &str = "config.json";

/// A control net on disk or inside the program. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ControlFolder {
    name: String,
    source: Source,
}

impl PartialEq for ControlFolder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl ControlFolder {
    /// Opens a folder, named after its path.
    ///
    /// # Errors
    /// When it is missing or holds no `config.json`.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        if !path.is_dir() {
            return Err(ModelError::NoFolder(sanitise(&name)));
        }
        let opened = Self { name, source: Source::Disk(path.to_owned()) };
        opened.config().map(|_| opened)
    }

    /// The net that comes with a model: `controlnet` in its folder, or beside
    /// the model that comes with the program.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn of(model: &ModelFolder) -> Result<Option<Self>, ModelError> {
        let own = model.path().map(|path| path.join(OWN)).filter(|path| path.is_dir());
        if let Some(path) = own {
            return Self::open(&path).map(Some);
        }
        if model.name() != MINI {
            return Ok(None);
        }
        let source = embedded::control(model);
        Ok(source.map(|source| Self { name: CONTROL_NAME.to_owned(), source }))
    }

    /// The name it was opened by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `config.json`.
    ///
    /// # Errors
    /// When it is missing, too large or no JSON.
    pub fn config(&self) -> Result<Value, ModelError> {
        match self.source.bytes(CONFIG)? {
            Some(bytes) => parse(CONFIG, &bytes),
            None => Err(self.missing(CONFIG)),
        }
    }

    /// The weights, every header checked.
    ///
    /// # Errors
    /// When there are none, only pickles, or a file breaks its format.
    pub fn weights(&self) -> Result<Weights, ModelError> {
        load_weights(&self.source, self.place()?, &|file| self.missing(file))
    }

    /// SHA-256 in hex over the configuration and the weights, as
    /// [`ModelFolder::hash`] computes it.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub fn hash(&self) -> Result<String, ModelError> {
        let mut names = weight_files(&self.source, self.place()?, &|file| self.missing(file))?;
        names.push(CONFIG.to_owned());
        names.sort();
        hash_files(&self.source, &names)
    }

    fn place(&self) -> Result<locate::Place, ModelError> {
        if let Some(place) = locate::find("", None, |name| self.source.has_file(name)) {
            return Ok(place);
        }
        Err(ModelError::MissingWeights {
            model: sanitise(&self.name),
            part: "control net".into(),
            tried: "diffusion_pytorch_model.safetensors or its shards".into(),
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
        let net = ControlFolder::open(&tiny()).unwrap();
        assert_eq!(net.config().unwrap()["_class_name"], "ControlNetModel");
        assert!(net.weights().unwrap().names().any(|name| name == "conv_in.weight"));
        let hash = net.hash().unwrap();
        let dir = tempfile::tempdir().unwrap();
        for name in [CONFIG, "diffusion_pytorch_model.safetensors"] {
            std::fs::copy(tiny().join(name), dir.path().join(name)).unwrap();
        }
        let copy = ControlFolder::open(dir.path()).unwrap();
        assert_eq!(copy.hash().unwrap(), hash);
        std::fs::remove_file(dir.path().join("diffusion_pytorch_model.safetensors")).unwrap();
        assert!(matches!(copy.weights(), Err(ModelError::MissingWeights { .. })));
        std::fs::remove_file(dir.path().join(CONFIG)).unwrap();
        let gone = ControlFolder::open(dir.path()).unwrap_err();
        assert!(matches!(gone, ModelError::MissingFile { .. }), "{gone}");
        let gone = ControlFolder::open(&dir.path().join("nowhere")).unwrap_err();
        assert!(matches!(gone, ModelError::NoFolder(_)), "{gone}");
    }
}
