//! The hub's cache on disk: `models--owner--name/{blobs,refs,snapshots}`.

use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo};

use super::error::HubError;
use super::repo::RepoId;
use crate::models::{ModelError, ModelFolder, NetFolder, PipelineClass, tree};
use crate::util::fs::{rename, write_atomic};

/// A model in the cache.
#[derive(Debug, Clone)]
pub struct CachedModel {
    /// Repository and revision.
    pub repo: RepoId,
    /// The commit that the revision pointed to when it was downloaded.
    pub commit: String,
    /// The family.
    pub class: PipelineClass,
    /// Bytes of all files of the snapshot.
    pub bytes: u64,
    /// Whether every part is there.
    pub complete: bool,
    /// The snapshot's folder.
    pub path: PathBuf,
}

fn entry(cache: &Path, repo: &RepoId) -> CacheRepo {
    Cache::new(cache.to_owned()).repo(repo.hub_repo())
}

/// Where a blob is kept. The etag must have been checked to be a plain name.
pub(super) fn blob(cache: &Path, repo: &RepoId, etag: &str) -> PathBuf {
    entry(cache, repo).blob_path(etag)
}

/// The folder of a commit.
pub(super) fn folder(cache: &Path, repo: &RepoId, commit: &str) -> PathBuf {
    entry(cache, repo).pointer_path(commit)
}

fn reference(cache: &Path, repo: &RepoId) -> PathBuf {
    cache.join(repo.hub_repo().folder_name()).join("refs").join(repo.revision())
}

/// Records the commit of a revision; to be called when all of its files are there.
pub(super) fn record(cache: &Path, repo: &RepoId, commit: &str) -> Result<(), HubError> {
    let path = reference(cache, repo);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| HubError::disk(folder, source))?;
    }
    Ok(write_atomic(&path, commit.as_bytes())?)
}

/// Puts a blob into a commit's snapshot under its name.
pub(super) fn link(
    cache: &Path,
    repo: &RepoId,
    commit: &str,
    name: &str,
    blob: &Path,
) -> Result<(), HubError> {
    let path = folder(cache, repo, commit).join(name);
    let disk = |source| HubError::disk(&path, source);
    if let (Ok(there), Ok(blob)) = (path.canonicalize(), blob.canonicalize())
        && there == blob
    {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().unwrap_or(cache)).map_err(disk)?;
    // Made under another name first: a link that is already there, perhaps to
    // an older blob, is replaced in one step.
    let made = path.with_extension(format!("{}.link", std::process::id()));
    let _ = std::fs::remove_file(&made);
    make_link(blob, &made, name).map_err(disk)?;
    Ok(rename(&made, &path)?)
}

/// A relative link, so that the cache can be moved as a whole.
#[cfg(unix)]
fn make_link(blob: &Path, made: &Path, name: &str) -> std::io::Result<()> {
    let up = "../".repeat(name.matches('/').count() + 2);
    let blob = blob.file_name().unwrap_or_default();
    std::os::unix::fs::symlink(Path::new(&up).join("blobs").join(blob), made)
}

/// Elsewhere links need privileges: the same bytes under a second name do too.
#[cfg(not(unix))]
fn make_link(blob: &Path, made: &Path, _name: &str) -> std::io::Result<()> {
    std::fs::hard_link(blob, made).or_else(|_| std::fs::copy(blob, made).map(drop))
}

/// The commit that a revision points to, as far as the cache knows.
fn commit_of(cache: &Path, repo: &RepoId) -> Option<String> {
    let text = std::fs::read(reference(cache, repo)).ok();
    let text = text.and_then(|text| String::from_utf8(text).ok());
    let commit = text.as_deref().map_or(repo.revision(), str::trim);
    let plain = commit.len() <= 128 && commit.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain && folder(cache, repo, commit).is_dir()).then(|| commit.to_owned())
}

/// A whole model of the cache, or `None`.
pub(super) fn open(
    cache: &Path,
    repo: &RepoId,
    variant: Option<&str>,
) -> Result<Option<ModelFolder>, ModelError> {
    let Some(commit) = commit_of(cache, repo) else { return Ok(None) };
    let opened = ModelFolder::open_as(&folder(cache, repo, &commit), &repo.to_string());
    match opened.and_then(|model| model.complete(variant).map(|()| model)) {
        Ok(model) => Ok(Some(model)),
        // Another tool keeps what it needs itself, which may be less.
        Err(
            ModelError::NotDiffusers(_)
            | ModelError::MissingFile { .. }
            | ModelError::MissingWeights { .. }
            | ModelError::Pickle(_),
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The single network of a commit.
pub(super) fn net(cache: &Path, repo: &RepoId, commit: &str) -> Result<NetFolder, ModelError> {
    NetFolder::open_as(&folder(cache, repo, commit), &repo.to_string())
}

/// A whole network of the cache, or `None`.
pub(super) fn open_net(cache: &Path, repo: &RepoId) -> Result<Option<NetFolder>, ModelError> {
    let Some(commit) = commit_of(cache, repo) else { return Ok(None) };
    match net(cache, repo, &commit).and_then(|net| net.weights().map(|_| net)) {
        Ok(net) => Ok(Some(net)),
        // Another tool keeps what it needs itself, which may be less.
        Err(ModelError::MissingFile { .. } | ModelError::MissingWeights { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every revision of every model that predella can paint with, by name.
pub(super) fn list(cache: &Path) -> Vec<CachedModel> {
    let mut models = Vec::new();
    for folder in tree::names(cache) {
        let Some(repo) = RepoId::from_folder(&folder) else { continue };
        let refs = cache.join(&folder).join("refs");
        let revisions = tree::files(&refs);
        let revisions = revisions.iter().filter_map(|r| format!("{}@{r}", repo.id()).parse().ok());
        models.extend(revisions.filter_map(|repo| look(cache, repo)));
    }
    models
}

fn look(cache: &Path, repo: RepoId) -> Option<CachedModel> {
    let commit = commit_of(cache, &repo)?;
    let path = folder(cache, &repo, &commit);
    let model = ModelFolder::open_as(&path, &repo.to_string()).ok()?;
    let complete = model.complete(None).is_ok();
    let bytes = tree::size(&path);
    Some(CachedModel { class: model.class(), repo, commit, bytes, complete, path })
}
