//! From a repository's listing to a whole model in the cache.

use std::collections::BTreeSet;

use hf_hub::api::RepoInfo;
use serde_json::Value;

use super::client::{Client, Remote};
use super::config::HubConfig;
use super::repo::RepoId;
use super::transfer::Transfer;
use super::{HubError, Progress, snapshot};
use crate::models::contents::{ESSENTIAL, SMALL_FILES, declared, holds_weights};
use crate::models::folder::INDEX;
use crate::models::locate::{self, Place};
use crate::models::net::{CONFIG, FEED};
use crate::models::{ModelError, ModelFolder, NetFolder};
use crate::util::text::clip;

pub(super) fn pull(
    config: &HubConfig,
    repo: &RepoId,
    variant: Option<&str>,
    progress: &mut dyn Progress,
) -> Result<ModelFolder, ModelError> {
    let client = Client::new(config)?;
    let info = client.info(repo)?;
    let pull = Pull { config, client: &client, repo, info: &info };
    pull.bring_all(pull.wanted(variant)?, progress)?;
    let model = pull.model()?;
    model.complete(variant)?;
    snapshot::record(&config.cache, repo, &info.sha)?;
    Ok(model)
}

/// The same for a repository that holds a single network.
pub(super) fn pull_net(
    config: &HubConfig,
    repo: &RepoId,
    progress: &mut dyn Progress,
) -> Result<NetFolder, ModelError> {
    let client = Client::new(config)?;
    let info = client.info(repo)?;
    let pull = Pull { config, client: &client, repo, info: &info };
    pull.bring_all(pull.wanted_of_net()?, progress)?;
    let net = snapshot::net(&config.cache, repo, &info.sha)?;
    net.weights()?;
    snapshot::record(&config.cache, repo, &info.sha)?;
    Ok(net)
}

struct Pull<'a> {
    config: &'a HubConfig,
    client: &'a Client,
    repo: &'a RepoId,
    info: &'a RepoInfo,
}

impl Pull<'_> {
    fn bring_all(&self, wanted: Vec<String>, progress: &mut dyn Progress) -> Result<(), HubError> {
        let mut remotes = Vec::new();
        for name in wanted {
            if progress.cancelled() {
                return Err(HubError::Cancelled);
            }
            remotes.push(self.client.head(self.repo, &self.info.sha, &name)?);
        }
        // Small files first: what is wrong with them is known before the long wait.
        remotes.sort_by_key(|remote| remote.size);
        let total = remotes.iter().map(|remote| remote.size).fold(0, u64::saturating_add);
        progress.begin(remotes.len(), total);
        let mut before = 0;
        for remote in &remotes {
            self.bring(remote, before, progress)?;
            before += remote.size;
        }
        Ok(())
    }

    fn bring(
        &self,
        remote: &Remote,
        before: u64,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        let Self { config, client, repo, .. } = *self;
        let commit = &self.info.sha;
        Transfer { config, client, repo, commit, before }.bring(remote, progress)
    }

    /// The snapshot as far as it is there; refuses an unknown class.
    fn model(&self) -> Result<ModelFolder, ModelError> {
        let folder = snapshot::folder(&self.config.cache, self.repo, &self.info.sha);
        ModelFolder::open_as(&folder, &self.repo.to_string())
    }

    /// Fetches one small file and reads it from the snapshot.
    fn read(&self, name: &str) -> Result<Value, ModelError> {
        self.fetch(name)?;
        self.model()?.json(name)
    }

    fn fetch(&self, name: &str) -> Result<(), ModelError> {
        let remote = self.client.head(self.repo, &self.info.sha, name)?;
        if remote.size > crate::models::MAX_TEXT {
            let (bytes, limit) = (remote.size, crate::models::MAX_TEXT);
            return Err(ModelError::TooLarge { file: name.to_owned(), bytes, limit });
        }
        Ok(self.bring(&remote, 0, &mut ())?)
    }

    fn listed(&self) -> BTreeSet<&str> {
        self.info.siblings.iter().map(|file| file.rfilename.as_str()).collect()
    }

    /// The names of all files of a single network.
    fn wanted_of_net(&self) -> Result<Vec<String>, ModelError> {
        let listed = self.listed();
        if !listed.contains(CONFIG) {
            let (model, file) = (self.repo.to_string(), CONFIG.to_owned());
            return Err(ModelError::MissingFile { model, file });
        }
        let feed = FEED.into_iter().filter(|name| listed.contains(name)).map(str::to_owned);
        let mut wanted: Vec<String> = feed.chain([CONFIG.to_owned()]).collect();
        match locate::find("", None, |name| listed.contains(name)) {
            Some(Place::Single(name)) => wanted.push(name),
            Some(Place::Index(name)) => {
                self.fetch(CONFIG)?;
                self.fetch(&name)?;
                let net = snapshot::net(&self.config.cache, self.repo, &self.info.sha)?;
                let index = net.json(&name)?.unwrap_or_default();
                wanted.extend(locate::shards(&name, &index)?.into_keys());
                wanted.push(name);
            }
            None => return Err(self.no_weights("", &listed)),
        }
        Ok(wanted)
    }

    /// The names of all files that painting with this model needs.
    fn wanted(&self, variant: Option<&str>) -> Result<Vec<String>, ModelError> {
        let listed = self.listed();
        if !listed.contains(INDEX) {
            return Err(ModelError::NotDiffusers(self.repo.to_string()));
        }
        let index = self.read(INDEX)?;
        if let Some(part) = ESSENTIAL.iter().find(|part| !declared(&index).any(|p| p == **part)) {
            let (model, file) = (self.repo.to_string(), (*part).to_owned());
            return Err(ModelError::MissingFile { model, file });
        }
        let mut wanted = vec![INDEX.to_owned()];
        for part in declared(&index) {
            let small = SMALL_FILES.map(|file| format!("{part}/{file}"));
            wanted.extend(small.into_iter().filter(|name| listed.contains(name.as_str())));
            if !holds_weights(part) {
                continue;
            }
            match locate::find(part, variant, |name| listed.contains(name)) {
                Some(Place::Single(name)) => wanted.push(name),
                Some(Place::Index(name)) => {
                    wanted.extend(locate::shards(&name, &self.read(&name)?)?.into_keys());
                    wanted.push(name);
                }
                None => return Err(self.no_weights(part, &listed)),
            }
        }
        Ok(wanted)
    }

    fn no_weights(&self, part: &str, listed: &BTreeSet<&str>) -> ModelError {
        let inside = |name: &&&str| {
            let within = name.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'));
            (within || part.is_empty()) && locate::is_pickle(name)
        };
        match listed.iter().find(inside) {
            Some(pickle) => ModelError::Pickle(clip(pickle, 200)),
            None => ModelError::MissingWeights {
                model: self.repo.to_string(),
                part: part.to_owned(),
                tried: "diffusion_pytorch_model.safetensors, model.safetensors or their shards"
                    .into(),
            },
        }
    }
}
