//! Why a model cannot be used, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::header::HeaderFault;
use super::hub::HubError;

/// A model that is missing, damaged or refused.
///
/// Text from files and servers is made safe to show before it gets in here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Nothing at the path.
    #[error("there is no model folder at {0}")]
    NoFolder(String),
    /// A file where a folder was expected.
    #[error("{0} is one file; a model is a folder in the diffusers layout")]
    SingleFile(String),
    /// A folder without `model_index.json`.
    #[error("{0} is not a model folder: it has no model_index.json")]
    NotDiffusers(String),
    /// A pipeline class that this engine cannot run.
    #[error("{model} is a {class}, which predella cannot paint with")]
    Pipeline {
        /// The model.
        model: String,
        /// Its class.
        class: String,
    },
    /// A network that was never downloaded.
    #[error("the network {0} is not on this machine")]
    NotHere(String),
    /// A file that the model needs.
    #[error("{model} has no {file}")]
    MissingFile {
        /// The model.
        model: String,
        /// Name inside the folder.
        file: String,
    },
    /// No weights for a part.
    #[error("{model} has no weights for {part}: none of {tried}")]
    MissingWeights {
        /// The model.
        model: String,
        /// `unet`, `vae`, …
        part: String,
        /// The names looked for.
        tried: String,
    },
    /// Weights in a format that can run code.
    #[error("{0} is a pickle, which can run code when it is opened")]
    Pickle(String),
    /// A name that leads out of the folder, or that no file should have.
    #[error("the model names a file {0:?}, which is not a plain name inside its folder")]
    BadName(String),
    /// A folder, pipe or device where a file was expected.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// A configuration file of an absurd size.
    #[error("{file} has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// A configuration file that cannot be read as JSON or lacks something.
    #[error("{file} cannot be read: {message}")]
    Json {
        /// The file.
        file: String,
        /// What the parser says.
        message: String,
    },
    /// A safetensors file that breaks its format.
    #[error("{file} {fault}")]
    Weights {
        /// The file.
        file: String,
        /// What is wrong.
        #[source]
        fault: HeaderFault,
    },
    /// A shard that does not hold what the index says, or holds it twice.
    #[error("{file} does not fit its index: {message}")]
    Shards {
        /// The shard or the index.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A file that the system does not let us read.
    #[error("{file} cannot be read: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A model argument that names nothing.
    #[error("there is no model {name:?}{}", .near.map(|n| format!("; did you mean {n:?}?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest known name.
        near: Option<&'static str>,
    },
    /// The model that comes with the program is not where it was looked for.
    #[error("the mini model is not installed: looked in {}", list(.0))]
    NoMini(Vec<PathBuf>),
    /// Something on the way from the hub.
    #[error(transparent)]
    Hub(#[from] HubError),
}

impl ModelError {
    /// What to do about it, as one sentence without a full stop.
    pub fn hint(&self) -> String {
        match self {
            Self::NoFolder(_) => "check the path, or see `predella models ls`".into(),
            Self::SingleFile(_) => "convert it with diffusers: from_single_file(…), then \
                                    save_pretrained(…)"
                .into(),
            Self::NotDiffusers(_) => "give the folder that holds model_index.json and unet/".into(),
            Self::Pipeline { .. } => "choose a StableDiffusionXLPipeline or a \
                                      StableDiffusionPipeline, such as `mini` or `sdxl`"
                .into(),
            Self::NotHere(name) => format!("download it with: predella models pull {name}"),
            Self::Pickle(_) => "take the model's safetensors files, or convert it to \
                                safetensors on a machine that may be lost"
                .into(),
            Self::BadName(_) => "do not use this model; its index is made to mislead".into(),
            Self::Weights { fault: HeaderFault::LfsPointer, .. } => {
                "run `git lfs pull` in the model's folder".into()
            }
            Self::Io { .. } | Self::NotAFile(_) => "check the file and its permissions".into(),
            Self::MissingFile { .. }
            | Self::MissingWeights { .. }
            | Self::TooLarge { .. }
            | Self::Json { .. }
            | Self::Weights { .. }
            | Self::Shards { .. } => "the file is damaged or incomplete; download it again".into(),
            Self::Unknown { .. } => {
                "give a known name, a folder, or a hub repository as owner/name[@revision]".into()
            }
            Self::NoMini(_) => "set PREDELLA_MODELS to the folder that holds mini/".into(),
            Self::Hub(error) => error.hint(),
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<_> =
        paths.iter().map(|p| crate::util::text::sanitise(&p.display().to_string())).collect();
    shown.join(", ")
}
