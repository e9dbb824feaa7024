//! Models from a hub, into the cache that the other tools of the hub use.
//!
//! Addresses, names and the cache's layout are hf-hub's; the transfer is ours
//! on the same HTTP client, because hf-hub 0.5 waits for a silent server for
//! ever, appends a whole file to a half one when a server ignores the range it
//! asked for, takes a blob's file name from the server unchecked, and compares
//! neither length nor checksum. Here a blob enters the cache only when its
//! length, its SHA-256 where the server states one, and its header are right,
//! and a revision is recorded only when all of its files are there.

mod client;
mod config;
mod error;
mod pull;
mod repo;
mod snapshot;
mod transfer;

use std::path::PathBuf;

use super::{ModelError, ModelFolder, NetFolder, tree};
use crate::util::fs::sync_dir;

pub use config::HubConfig;
pub use error::HubError;
pub use repo::RepoId;
pub use snapshot::CachedModel;

/// What a download tells about itself. Every method has an empty default.
pub trait Progress {
    /// All files are known: their number and bytes together.
    fn begin(&mut self, files: usize, bytes: u64) {
        let _ = (files, bytes);
    }
    /// A file of so many bytes is next.
    fn file(&mut self, name: &str, bytes: u64) {
        let _ = (name, bytes);
    }
    /// So many bytes of the whole are here. May fall back when a server makes
    /// a half file start again.
    fn position(&mut self, bytes: u64) {
        let _ = bytes;
    }
    /// A transfer broke and is tried again.
    fn retry(&mut self, name: &str, reason: &str) {
        let _ = (name, reason);
    }
    /// Whether to stop; asked every few hundred kilobytes.
    fn cancelled(&self) -> bool {
        false
    }
}

/// No report, no cancelling.
impl Progress for () {}

/// A hub and its cache on this machine.
#[derive(Debug, Clone)]
pub struct Hub {
    config: HubConfig,
}

impl Hub {
    /// A hub with these settings; nothing is asked yet.
    pub fn new(config: HubConfig) -> Self {
        Self { config }
    }

    /// The hub that the environment describes, see [`HubConfig::from_env`].
    ///
    /// # Errors
    /// When there is neither a home folder nor a variable for the cache.
    pub fn from_env() -> Result<Self, HubError> {
        Ok(Self::new(HubConfig::from_env()?))
    }

    /// Its settings.
    pub fn config(&self) -> &HubConfig {
        &self.config
    }

    /// Opens a model from the cache, or downloads it when it is not whole there.
    ///
    /// # Errors
    /// When it is not cached and cannot be downloaded, or is damaged.
    pub fn open(
        &self,
        repo: &RepoId,
        variant: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<ModelFolder, ModelError> {
        match self.open_cached(repo, variant)? {
            Some(model) => Ok(model),
            None => self.pull(repo, variant, progress),
        }
    }

    /// Opens a model from the cache; `None` when it is not whole there. Asks
    /// no server.
    ///
    /// # Errors
    /// When the cached model is of an unknown class or cannot be read.
    pub fn open_cached(
        &self,
        repo: &RepoId,
        variant: Option<&str>,
    ) -> Result<Option<ModelFolder>, ModelError> {
        snapshot::open(&self.config.cache, repo, variant)
    }

    /// Downloads what is missing of the revision's present state.
    ///
    /// Files that are already here are kept, half files are resumed. Small
    /// files come first, so that a model that cannot be used is refused before
    /// its weights are fetched.
    ///
    /// # Errors
    /// When the hub cannot be reached or refuses, a file arrives damaged, the
    /// disk is full, or `progress` cancels. What has arrived stays for the next
    /// try.
    pub fn pull(
        &self,
        repo: &RepoId,
        variant: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<ModelFolder, ModelError> {
        if self.config.offline {
            return Err(HubError::Offline(repo.to_string()).into());
        }
        pull::pull(&self.config, repo, variant, progress)
    }

    /// Opens a single network, such as a judge, from the cache; `None` when it
    /// is not whole there. Asks no server.
    ///
    /// # Errors
    /// When what is cached cannot be read.
    pub fn open_cached_net(&self, repo: &RepoId) -> Result<Option<NetFolder>, ModelError> {
        snapshot::open_net(&self.config.cache, repo)
    }

    /// Downloads a single network: its configuration, weights and the files
    /// that say how to feed it.
    ///
    /// # Errors
    /// As [`Self::pull`].
    pub fn pull_net(
        &self,
        repo: &RepoId,
        progress: &mut dyn Progress,
    ) -> Result<NetFolder, ModelError> {
        if self.config.offline {
            return Err(HubError::Offline(repo.to_string()).into());
        }
        pull::pull_net(&self.config, repo, progress)
    }

    /// Models in the cache that predella can paint with, by name.
    pub fn cached(&self) -> Vec<CachedModel> {
        snapshot::list(&self.config.cache)
    }

    /// Removes every revision of a repository from the cache; returns the bytes
    /// freed, or `None` when it was not there.
    ///
    /// # Errors
    /// When the system refuses to remove a file.
    pub fn remove(&self, repo: &RepoId) -> Result<Option<u64>, HubError> {
        let folder: PathBuf = self.config.cache.join(repo.hub_repo().folder_name());
        let io = |source| HubError::disk(&folder, source);
        if !folder.is_dir() {
            return Ok(None);
        }
        let bytes = tree::size(&folder.join("blobs"));
        std::fs::remove_dir_all(&folder).map_err(io)?;
        sync_dir(&self.config.cache).map_err(io)?;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_hostile;
