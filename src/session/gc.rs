//! The only place where anything is destroyed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::check::is_file;
use super::event::Purged;
use super::findings::Finding;
use super::ids::ImageId;
use super::layout::{image_of, names};
use super::run::Place;
use super::{Session, SessionError};
use crate::util::fs::remove_all;

/// What was destroyed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Pictures of the trash.
    pub images: usize,
    /// All files, those of the pictures included.
    pub files: usize,
    /// Their length.
    pub bytes: u64,
}

impl Session {
    /// Destroys the pictures in the trash. Their entries stay, so that their
    /// recipes can still be painted again.
    ///
    /// # Errors
    /// As [`Session::append`]; files that could not be removed then go with the
    /// next [`Session::gc`].
    pub fn empty_trash(&mut self) -> Result<Swept, SessionError> {
        let is_trashed = |place| place == Place::Trashed;
        let images: Vec<ImageId> = self.with_place(is_trashed).cloned().collect();
        // The history first: a picture without a file that it speaks of would
        // be a loss.
        for images in images.chunks(10_000) {
            self.append(Purged { images: images.to_vec() })?;
        }
        let files = images
            .iter()
            .flat_map(|id| [self.layout.trashed(id), self.layout.image(id), self.layout.thumb(id)]);
        let mut swept = destroy(files)?;
        swept.images = images.len();
        Ok(swept)
    }

    /// Empties the trash, and destroys what is older than this and of no use:
    /// pictures that nothing speaks of, files that were never finished, what
    /// was cut from the history, thumbnails of pictures that are gone.
    ///
    /// Only files with names of ours are touched.
    ///
    /// # Errors
    /// As [`Session::empty_trash`].
    pub fn gc(&mut self, older: Duration) -> Result<Swept, SessionError> {
        let mut swept = self.empty_trash()?;
        let mut files: Vec<PathBuf> = Vec::new();
        for finding in self.strangers()? {
            match finding {
                Finding::Unfinished(path) => files.push(path),
                Finding::Orphan(path) if is_ours(&path) => files.push(path),
                _ => {}
            }
        }
        files.extend(self.files_in(self.layout.root(), is_cutting)?);
        files.extend(self.files_in(&self.layout.trash(), |name| name.contains(".altered-"))?);
        files.extend(self.files_in(&self.layout.thumbs(), |name| {
            let image = image_of(name).and_then(|id| self.state.image(&id));
            image_of(name).is_some() && !image.is_some_and(|image| image.place.has_file())
        })?);
        files.sort();
        files.dedup();
        let more = destroy(files.into_iter().filter(|path| self.is_older(path, older)))?;
        swept.files += more.files;
        swept.bytes += more.bytes;
        Ok(swept)
    }

    fn with_place(&self, fits: impl Fn(Place) -> bool) -> impl Iterator<Item = &ImageId> {
        self.state.images().iter().filter(move |i| fits(i.place)).map(|image| &image.id)
    }

    fn files_in(
        &self,
        folder: &Path,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Vec<PathBuf>, SessionError> {
        let names = names(folder)
            .map_err(|source| SessionError::Read { path: folder.to_owned(), source })?;
        Ok(names.into_iter().filter(|name| fits(name)).map(|name| folder.join(name)).collect())
    }

    /// By the clock of the disk; a file from the future is not old.
    fn is_older(&self, path: &Path, age: Duration) -> bool {
        let changed = std::fs::symlink_metadata(path).and_then(|meta| meta.modified());
        changed.is_ok_and(|time| {
            self.now().time().duration_since(time).is_ok_and(|passed| passed >= age)
        })
    }
}

/// What repairs and torn tails leave in the session's folder.
fn is_cutting(name: &str) -> bool {
    [".torn-", ".cut-", ".head-"].iter().any(|start| name.starts_with(start))
}

fn is_ours(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).and_then(image_of).is_some()
}

/// Removes regular files; others are left alone.
fn destroy(files: impl Iterator<Item = PathBuf>) -> Result<Swept, SessionError> {
    let files: Vec<_> = files.filter(|path| is_file(path)).collect();
    let length = |path: &PathBuf| std::fs::symlink_metadata(path).map_or(0, |meta| meta.len());
    let bytes = files.iter().map(length).sum();
    remove_all(&files)?;
    Ok(Swept { images: 0, files: files.len(), bytes })
}
