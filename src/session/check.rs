//! Looking a session over, without changing anything.

use std::path::Path;

use rayon::prelude::*;

use super::findings::Finding;
use super::ids::ImageId;
use super::layout::{image_of, is_temporary, names};
use super::run::{Image, Place};
use super::session::Hold;
use super::store::is_stored;
use super::{Session, SessionError};
use crate::imaging::DecodeLimits;
use crate::util::fs::read_regular;
use crate::util::lock::is_held;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Everything worth knowing, in the order of the files.
    pub findings: Vec<Finding>,
    /// How many entries the history has.
    pub entries: usize,
    /// How many runs.
    pub runs: usize,
    /// How many pictures have a file.
    pub images: usize,
    /// Length of those files together.
    pub bytes: u64,
}

impl Report {
    /// Whether nothing is lost or wrong.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(Finding::is_damage)
    }

    /// What is lost or wrong.
    pub fn damage(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_damage())
    }
}

/// How far a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Lengths of files.
    Quick,
    /// Every byte of every picture.
    Full,
}

impl Session {
    /// Looks over the history and every file of the session.
    ///
    /// # Errors
    /// When a folder of the session cannot be read.
    pub fn check(&self, depth: Depth) -> Result<Report, SessionError> {
        let mut findings = self.findings.clone();
        findings.extend(self.crashed());
        let images: Vec<Finding> =
            self.state.images().par_iter().filter_map(|image| self.look_at(image, depth)).collect();
        findings.extend(images);
        findings.extend(self.strangers()?);
        findings.dedup();
        let kept = self.state.images().iter().filter(|image| image.place.has_file());
        let (images, bytes) = kept.fold((0, 0), |(n, sum), image| (n + 1, image.bytes + sum));
        let (entries, runs) = (self.entries.len(), self.state.runs().len());
        Ok(Report { findings, entries, runs, images, bytes })
    }

    /// Runs that nobody is painting any more.
    fn crashed(&self) -> Vec<Finding> {
        let is_reader = matches!(self.hold, Hold::Reader { .. });
        match is_reader && !is_held(&self.layout.lock()) {
            true => self.state.running().map(|run| Finding::Crashed(run.id)).collect(),
            false => Vec::new(),
        }
    }

    fn look_at(&self, image: &Image, depth: Depth) -> Option<Finding> {
        let id = || image.id.clone();
        let (shown, trashed) = (self.layout.image(&image.id), self.layout.trashed(&image.id));
        let (here, there) = match image.place {
            Place::Shown => (shown, trashed),
            Place::Trashed => (trashed, shown),
            Place::Lost => return is_whole(image, &shown, depth).then(|| Finding::Found(id())),
            Place::Purged => return None,
        };
        match (is_file(&here), is_file(&there)) {
            (true, _) if is_whole(image, &here, depth) => None,
            (true, _) => Some(Finding::Altered(id())),
            (false, true) if is_whole(image, &there, depth) => Some(Finding::Misplaced(id())),
            (false, true) => Some(Finding::Altered(id())),
            (false, false) => Some(Finding::Missing(id())),
        }
    }

    /// Files that the history does not speak of.
    pub(super) fn strangers(&self) -> Result<Vec<Finding>, SessionError> {
        let mut findings = Vec::new();
        for folder in [self.layout.images(), self.layout.trash()] {
            for name in read_names(&folder)? {
                let path = folder.join(&name);
                let known = image_of(&name).and_then(|id| self.state.image(&id).map(|i| i.place));
                match known {
                    _ if is_temporary(&name) => findings.push(Finding::Unfinished(path)),
                    // Both files of a picture in two places are worth knowing.
                    Some(Place::Shown | Place::Trashed) if !self.is_second(&name, &path) => {}
                    Some(Place::Lost) => {}
                    _ => findings.push(Finding::Orphan(path)),
                }
            }
        }
        for folder in [self.layout.root().to_owned(), self.layout.thumbs()] {
            let unfinished = read_names(&folder)?.into_iter().filter(|name| is_temporary(name));
            findings.extend(unfinished.map(|name| Finding::Unfinished(folder.join(name))));
        }
        Ok(findings)
    }

    /// Whether a picture has a file where it belongs and this one besides.
    fn is_second(&self, name: &str, path: &Path) -> bool {
        let Some(image) = image_of(name).and_then(|id| self.state.image(&id)) else { return false };
        let home = match image.place {
            Place::Trashed => self.layout.trashed(&image.id),
            _ => self.layout.image(&image.id),
        };
        path != home && is_file(&home)
    }

    /// Where a picture's file would be if it was stored and not yet entered.
    pub(super) fn adoptable(&self, path: &Path) -> Option<ImageId> {
        let name = path.file_name()?.to_str()?;
        let is_ours = path.parent() == Some(self.layout.images().as_path()) && is_file(path);
        image_of(name).filter(|id| is_ours && self.state.image(id).is_none())
    }
}

fn read_names(folder: &Path) -> Result<Vec<String>, SessionError> {
    names(folder).map_err(|source| SessionError::Read { path: folder.to_owned(), source })
}

pub(super) fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}

pub(super) fn is_whole(image: &Image, path: &Path, depth: Depth) -> bool {
    match depth {
        Depth::Quick => std::fs::symlink_metadata(path)
            .is_ok_and(|meta| meta.is_file() && meta.len() == image.bytes),
        Depth::Full => read_regular(path, DecodeLimits::default().bytes)
            .is_ok_and(|bytes| is_stored(image, &bytes)),
    }
}
