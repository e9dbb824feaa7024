//! The sessions in a folder.

use std::path::{Path, PathBuf};

use super::layout::{Layout, names};
use super::open::read_head;
use super::stamp::Stamp;
use super::{Head, SessionError};
use crate::util::lock::is_held;

/// What is known of a session without reading its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its folder.
    pub path: PathBuf,
    /// What people call it; its folder's name where the head cannot be read.
    pub name: String,
    /// When it was made.
    pub created: Stamp,
    /// When its history was last written to, by the clock of the disk.
    pub changed: Stamp,
    /// Whether a program has it open for writing.
    pub is_open: bool,
    /// Why its head cannot be used.
    pub fault: Option<String>,
}

/// The sessions right inside a folder, the latest changed first. A folder that
/// does not exist has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Summary>, SessionError> {
    let names =
        names(folder).map_err(|source| SessionError::Read { path: folder.to_owned(), source })?;
    // Hidden folders are sessions in the making.
    let paths = names.iter().filter(|name| !name.starts_with('.')).map(|name| folder.join(name));
    let mut sessions: Vec<_> = paths.filter_map(|path| summary(&Layout::new(path))).collect();
    sessions.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.path.cmp(&b.path)));
    Ok(sessions)
}

fn summary(layout: &Layout) -> Option<Summary> {
    let changed = std::fs::symlink_metadata(layout.history()).ok()?.modified().ok()?;
    let (head, fault) = match read_head(layout) {
        Ok(head) => (head, None),
        Err((head, why)) => (*head, Some(why)),
    };
    Some(Summary {
        path: layout.root().to_owned(),
        name: head.name().to_owned(),
        created: head.created(),
        changed: Stamp::new(changed),
        is_open: is_held(&layout.lock()),
        fault,
    })
}

/// What is small and changes often of a session, without its history; `None`
/// where it cannot be read.
pub fn head(path: &Path) -> Option<Head> {
    read_head(&Layout::new(path.to_owned())).ok()
}
