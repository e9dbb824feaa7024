//! The control net that belongs to a model.

use std::ops::Deref;
use std::path::Path;

use super::embedded::{self, CONTROL_NAME};
use super::{MINI, ModelError, ModelFolder, NetFolder};

/// The folder of a model that holds its control net.
const OWN: &str = "controlnet";

/// A control net on disk or inside the program. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlFolder(NetFolder);

impl Deref for ControlFolder {
    type Target = NetFolder;

    fn deref(&self) -> &NetFolder {
        &self.0
    }
}

impl ControlFolder {
    /// Opens a folder, named after its path.
    ///
    /// # Errors
    /// When it is missing or holds no `config.json`.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        NetFolder::open(path).map(Self)
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
        Ok(source.map(|source| Self(NetFolder::new(CONTROL_NAME, source))))
    }
}
