//! Where a model's files are: on disk, or inside the program.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use serde_json::Value;

use super::ModelError;
use super::weights::{Shard, io_error, open_regular};
use super::{locate, tree};
use crate::util::text::{clip, sanitise};

/// Largest configuration, tokenizer or index file that is read, in bytes.
pub const MAX_TEXT: u64 = 32 * 1024 * 1024;
/// Files inside the program, by name.
pub(super) type Files = &'static [(&'static str, &'static [u8])];

/// The one or the other.
#[derive(Clone)]
pub(super) enum Source {
    Disk(PathBuf),
    Files(Files),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Disk(path) => write!(out, "{path:?}"),
            Self::Files(files) => write!(out, "{} embedded files", files.len()),
        }
    }
}

impl Source {
    pub(super) fn bytes(&self, name: &str) -> Result<Option<Cow<'static, [u8]>>, ModelError> {
        if !locate::is_plain(name) {
            return Err(ModelError::BadName(clip(name, 200)));
        }
        match self {
            Self::Files(_) => Ok(self.embedded(name).map(Cow::Borrowed)),
            Self::Disk(folder) => {
                let path = folder.join(name);
                if std::fs::metadata(&path).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
                    return Ok(None);
                }
                let (file, bytes) = open_regular(name, &path)?;
                if bytes > MAX_TEXT {
                    let (file, limit) = (sanitise(name), MAX_TEXT);
                    return Err(ModelError::TooLarge { file, bytes, limit });
                }
                let mut content = Vec::new();
                let read = file.take(MAX_TEXT).read_to_end(&mut content);
                read.map_err(|source| io_error(name, source))?;
                Ok(Some(Cow::Owned(content)))
            }
        }
    }

    /// A file inside the program.
    pub(super) fn embedded(&self, name: &str) -> Option<&'static [u8]> {
        match self {
            Self::Files(files) => files.iter().find(|(n, _)| *n == name).map(|(_, bytes)| *bytes),
            Self::Disk(_) => None,
        }
    }

    /// Bytes of all files.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Files(files) => files.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
            Self::Disk(folder) => tree::size(folder),
        }
    }

    /// Whether something other than a folder has this name.
    pub(super) fn has_file(&self, name: &str) -> bool {
        match self {
            Self::Files(_) => self.embedded(name).is_some(),
            // A folder or pipe of that name is found too, so that it is refused
            // by name instead of passed over.
            Self::Disk(folder) => folder.join(name).exists(),
        }
    }

    pub(super) fn has_folder(&self, part: &str) -> bool {
        match self {
            Self::Files(files) => files
                .iter()
                .any(|(name, _)| name.strip_prefix(part).is_some_and(|n| n.starts_with('/'))),
            Self::Disk(folder) => folder.join(part).is_dir(),
        }
    }

    pub(super) fn shard(&self, name: &str) -> Result<Shard, ModelError> {
        match (self, self.embedded(name)) {
            (Self::Disk(folder), _) => Shard::map(name, &folder.join(name)),
            (_, Some(bytes)) => Shard::embedded(name, bytes),
            (_, None) => Err(io_error(name, ErrorKind::NotFound.into())),
        }
    }

    pub(super) fn first_pickle(&self, part: &str) -> Option<String> {
        let Self::Disk(folder) = self else { return None };
        let mut pickles: Vec<_> = std::fs::read_dir(folder.join(part))
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| locate::is_pickle(name))
            .collect();
        pickles.sort();
        pickles.first().map(|name| format!("{part}/{name}"))
    }
}

/// Reads JSON.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(bytes).map_err(|error| json_error(name, &error.to_string()))
}

/// A fault of a text file, safe to show.
pub(super) fn json_error(name: &str, message: &str) -> ModelError {
    ModelError::Json { file: sanitise(name), message: clip(message, 200) }
}
