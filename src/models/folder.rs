//! A folder in the diffusers layout, on disk or inside the program.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::class::PipelineClass;
use super::locate::{self, Place};
use super::source::{Files, Source, json_error, parse};
use super::weights::Weights;
use super::{ModelError, contents, embedded};
use crate::util::text::{clip, sanitise};

/// The file that makes a folder a model.
pub(super) const INDEX: &str = "model_index.json";

/// A model's files, found by name and checked as they are read.
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct ModelFolder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    source: Source,
    class: PipelineClass,
    index: Value,
}

impl ModelFolder {
    /// Opens a folder, named after its path.
    ///
    /// # Errors
    /// When it is missing, no diffusers folder, or of an unknown class.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::open_as(path, &path.display().to_string())
    }

    /// Opens a folder under another name, such as its hub repository.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_as(path: &Path, name: &str) -> Result<Self, ModelError> {
        let shown = sanitise(&path.display().to_string());
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) if locate::is_pickle(&shown) => return Err(ModelError::Pickle(shown)),
            Ok(_) => return Err(ModelError::SingleFile(shown)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ModelError::NoFolder(shown));
            }
            Err(source) => return Err(ModelError::Io { file: shown, source }),
        }
        Self::from_source(name, Source::Disk(path.to_owned()))
    }

    /// Opens the model that comes with the program.
    ///
    /// # Errors
    /// When the program was built without it and it is not installed.
    pub fn embedded() -> Result<Self, ModelError> {
        embedded::open()
    }

    /// Opens files inside the program.
    #[cfg_attr(not(feature = "embedded-model"), expect(dead_code))]
    pub(super) fn from_files(name: &str, files: Files) -> Result<Self, ModelError> {
        Self::from_source(name, Source::Files(files))
    }

    fn from_source(name: &str, source: Source) -> Result<Self, ModelError> {
        let index = match source.bytes(INDEX)? {
            Some(bytes) => parse(INDEX, &bytes)?,
            None => return Err(ModelError::NotDiffusers(sanitise(name))),
        };
        let written = index.get("_class_name").and_then(Value::as_str);
        let Some(class) = written.and_then(PipelineClass::from_name) else {
            let class = match written {
                Some(other) => clip(other, 80),
                None => "pipeline without a class name".into(),
            };
            return Err(ModelError::Pipeline { model: sanitise(name), class });
        };
        Ok(Self(Arc::new(Inner { name: name.to_owned(), source, class, index })))
    }

    /// The name it was opened by: `mini`, a path, or `owner/name[@revision]`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The family of the model.
    pub fn class(&self) -> PipelineClass {
        self.0.class
    }

    /// The folder on disk; `None` for files inside the program.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.source {
            Source::Disk(path) => Some(path),
            Source::Files(_) => None,
        }
    }

    /// Bytes of all files of the folder.
    pub fn size(&self) -> u64 {
        self.0.source.size()
    }

    /// `model_index.json`.
    pub fn index(&self) -> &Value {
        &self.0.index
    }

    /// Whether the model has a part such as `text_encoder_2`: a folder of that
    /// name that the index does not declare as null.
    pub fn has(&self, part: &str) -> bool {
        !contents::is_null(&self.0.index, part)
            && locate::is_plain(part)
            && self.0.source.has_folder(part)
    }

    /// A whole file of at most [`super::MAX_TEXT`] bytes; `None` when it is not there.
    ///
    /// # Errors
    /// When the name leads out of the folder, or the file is too large or
    /// cannot be read.
    pub fn bytes(&self, name: &str) -> Result<Option<Cow<'static, [u8]>>, ModelError> {
        self.0.source.bytes(name)
    }

    /// [`Self::bytes`] as UTF-8 text.
    ///
    /// # Errors
    /// As [`Self::bytes`], or when the file is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<String>, ModelError> {
        let Some(bytes) = self.bytes(name)? else { return Ok(None) };
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(json_error(name, "it is not UTF-8 text")),
        }
    }

    /// A JSON file that must be there.
    ///
    /// # Errors
    /// As [`Self::bytes`], or when the file is missing or no JSON.
    pub fn json(&self, name: &str) -> Result<Value, ModelError> {
        match self.bytes(name)? {
            Some(bytes) => parse(name, &bytes),
            None => Err(self.missing(name)),
        }
    }

    /// The weights of a part, every header checked.
    ///
    /// `variant` prefers files such as `diffusion_pytorch_model.fp16.safetensors`;
    /// where there is no such file, the plain one is taken, and the other way
    /// round. Each tensor says its own type.
    ///
    /// # Errors
    /// When there are none, only pickles, or a file breaks its format.
    pub fn weights(&self, part: &str, variant: Option<&str>) -> Result<Weights, ModelError> {
        load_weights(&self.0.source, self.place(part, variant)?, &|file| self.missing(file))
    }

    pub(super) fn source(&self) -> &Source {
        &self.0.source
    }

    pub(super) fn place(&self, part: &str, variant: Option<&str>) -> Result<Place, ModelError> {
        for name in [Some(part), variant].into_iter().flatten() {
            if !locate::is_plain(name) {
                return Err(ModelError::BadName(clip(name, 200)));
            }
        }
        let source = &self.0.source;
        if let Some(place) = locate::find(part, variant, |name| source.has_file(name)) {
            return Ok(place);
        }
        if let Some(pickle) = source.first_pickle(part) {
            return Err(ModelError::Pickle(sanitise(&pickle)));
        }
        Err(ModelError::MissingWeights {
            model: sanitise(self.name()),
            part: sanitise(part),
            tried: "diffusion_pytorch_model.safetensors, model.safetensors or their shards".into(),
        })
    }

    pub(super) fn missing(&self, file: &str) -> ModelError {
        ModelError::MissingFile { model: sanitise(self.name()), file: clip(file, 200) }
    }
}

/// The weights of a place, every shard's content as its index says.
pub(super) fn load_weights(
    source: &Source,
    place: Place,
    missing: &dyn Fn(&str) -> ModelError,
) -> Result<Weights, ModelError> {
    let name = match place {
        Place::Single(name) => return Weights::new(vec![source.shard(&name)?]),
        Place::Index(name) => name,
    };
    let mut shards = Vec::new();
    for (file, tensors) in locate::shards(&name, &index(source, &name, missing)?)? {
        if !source.has_file(&file) {
            return Err(missing(&file));
        }
        let shard = source.shard(&file)?;
        if let Some(lost) = tensors.iter().find(|tensor| !shard.holds(tensor)) {
            let message = format!("it lacks {}", clip(lost, 120));
            return Err(ModelError::Shards { file: sanitise(&file), message });
        }
        shards.push(shard);
    }
    Weights::new(shards)
}

/// The index of some shards.
pub(super) fn index(
    source: &Source,
    name: &str,
    missing: &dyn Fn(&str) -> ModelError,
) -> Result<Value, ModelError> {
    match source.bytes(name)? {
        Some(bytes) => parse(name, &bytes),
        None => Err(missing(name)),
    }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
pub(super) mod tests;
