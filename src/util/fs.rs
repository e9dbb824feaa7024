//! The one door to durable writes.
//!
//! A file written here is either the old one or the new one, whole, whatever
//! stops the program or the machine: the bytes go to a temporary name in the
//! same folder, are synced, take the final name by a rename, and the folder is
//! synced. What this cannot promise is a disk that lies about its sync.

#![allow(clippy::disallowed_methods)]

use std::fs::Metadata;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::fault::{self, Step};

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FsError {
    /// The disk or the user's quota is full.
    #[error("there is no space left to write {}", show(.0))]
    NoSpace(PathBuf),
    /// Permissions or a read-only disk.
    #[error("{} may not be written: {}", show(.0), .1)]
    NotWritable(PathBuf, #[source] io::Error),
    /// The folder of the file does not exist.
    #[error("the folder of {} does not exist", show(.0))]
    NoFolder(PathBuf),
    /// [`write_new`] found a file already there.
    #[error("{} exists already", show(.0))]
    Exists(PathBuf),
    /// A file that was appended to is no longer the one that was opened.
    #[error("{} was changed or removed by another program", show(.0))]
    Changed(PathBuf),
    /// Anything else the system reports.
    #[error("cannot write {}: {}", show(.0), .1)]
    Other(PathBuf, #[source] io::Error),
}

impl FsError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSpace(_) => "free some space and try again; nothing was lost",
            Self::NotWritable(..) => "choose another folder, or change its permissions",
            Self::NoFolder(_) => "create the folder first",
            Self::Exists(_) => "choose another name",
            Self::Changed(_) => "open it again; nothing was written over the change",
            Self::Other(..) => "check the disk and the path, then try again",
        }
    }

    /// Sorts a fault of the system into its kind.
    pub(crate) fn from_io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            // A limit on the size of files is a quota too.
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::NoSpace(path)
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable(path, error)
            }
            ErrorKind::NotFound => Self::NoFolder(path),
            ErrorKind::AlreadyExists => Self::Exists(path),
            _ => Self::Other(path, error),
        }
    }
}

fn show(path: &Path) -> String {
    super::text::sanitise(&path.display().to_string())
}

/// Replaces or creates a file with these bytes, all or nothing.
///
/// A symbolic link at `path` is replaced, never followed, so that a folder
/// from a stranger cannot point a write elsewhere. A new file gets the
/// permissions that the user's umask leaves.
///
/// # Errors
/// When the folder is missing, not writable or full; the old file is then
/// untouched and no temporary file stays.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let at = |error| FsError::from_io(path, error);
    let file = staged(path, bytes).map_err(at)?;
    fault::before(Step::Rename(file.path(), path)).map_err(at)?;
    file.persist(path).map_err(|failed| at(failed.error))?;
    sync_dir(folder_of(path)).map_err(at)
}

/// [`write_atomic`] for what is of no use behind a power loss: it is whole or not
/// there while the machine runs, and nothing waits for the disk.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_passing(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let at = |error| FsError::from_io(path, error);
    let file = filled(path, bytes).map_err(at)?;
    fault::before(Step::Rename(file.path(), path)).map_err(at)?;
    file.persist(path).map_err(|failed| at(failed.error)).map(drop)
}

/// [`write_atomic`] for a file that must not exist yet.
///
/// # Errors
/// [`FsError::Exists`] when something has that name, else as [`write_atomic`].
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let at = |error| FsError::from_io(path, error);
    let file = staged(path, bytes).map_err(at)?;
    fault::before(Step::Rename(file.path(), path)).map_err(at)?;
    file.persist_noclobber(path).map_err(|failed| at(failed.error))?;
    sync_dir(folder_of(path)).map_err(at)
}

/// Gives a finished file or folder its final name, in the same folder or
/// another one of the same disk, and makes that durable. The bytes must be
/// synced already.
///
/// # Errors
/// As [`write_atomic`]; where the renaming itself failed, the old name stays.
pub fn rename(from: &Path, to: &Path) -> Result<(), FsError> {
    rename_all(&[(from.to_owned(), to.to_owned())])
}

/// [`rename`] for many files, old name and new name, with one sync a folder.
///
/// # Errors
/// At the first that cannot be renamed; those before it have their new names.
pub fn rename_all(moves: &[(PathBuf, PathBuf)]) -> Result<(), FsError> {
    let done = moves.iter().try_for_each(|(from, to)| {
        let at = |error| FsError::from_io(to, error);
        fault::before(Step::Rename(from, to)).map_err(at)?;
        std::fs::rename(from, to).map_err(at)
    });
    sync_folders(moves.iter().flat_map(|(from, to)| [to, from]))?;
    done
}

/// Removes a file or a link, and makes that durable.
///
/// # Errors
/// As [`write_atomic`]; a file that is not there is [`FsError::NoFolder`].
pub fn remove(path: &Path) -> Result<(), FsError> {
    remove_all(&[path.to_owned()])
}

/// [`remove`] for many files, with one sync a folder.
///
/// # Errors
/// At the first that cannot be removed; those before it are gone.
pub fn remove_all(paths: &[PathBuf]) -> Result<(), FsError> {
    let done = paths.iter().try_for_each(|path| {
        let at = |error| FsError::from_io(path, error);
        fault::before(Step::Remove(path)).map_err(at)?;
        std::fs::remove_file(path).map_err(at)
    });
    sync_folders(paths)?;
    done
}

/// Syncs the folder of each path, once.
fn sync_folders<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), FsError> {
    let mut synced = Vec::new();
    for folder in paths.into_iter().map(|path| folder_of(path)) {
        if !synced.contains(&folder) {
            sync_dir(folder).map_err(|error| FsError::from_io(folder, error))?;
            synced.push(folder);
        }
    }
    Ok(())
}

/// Makes a folder whose parent exists, and makes that durable.
///
/// # Errors
/// As [`write_new`].
pub fn create_dir(path: &Path) -> Result<(), FsError> {
    let at = |error| FsError::from_io(path, error);
    fault::before(Step::Folder(path)).map_err(at)?;
    std::fs::create_dir(path).map_err(at)?;
    sync_dir(folder_of(path)).map_err(at)
}

/// Syncs a folder, so that names made or removed in it survive a power cut.
///
/// # Errors
/// When the system cannot open or sync the folder.
pub fn sync_dir(folder: &Path) -> io::Result<()> {
    // Windows has no such call: its rename is journalled by the file system.
    if !cfg!(unix) {
        return Ok(());
    }
    steady(|| {
        fault::before(Step::SyncFolder(folder))?;
        std::fs::File::open(folder)?.sync_all()
    })
}

/// Reads a whole regular file of at most `limit` bytes; a link is not followed.
///
/// # Errors
/// When it is missing, a link, folder, pipe or device, larger, or cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    steady(|| {
        let too_large = || {
            let message = format!("it is larger than {}", super::text::bytes(limit));
            io::Error::new(ErrorKind::FileTooLarge, message)
        };
        let meta = std::fs::symlink_metadata(path)?;
        // A pipe would block the open and a device has no end.
        if !meta.is_file() {
            return Err(io::Error::other("this is not a regular file"));
        }
        if meta.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        // It may have grown since.
        std::fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
    })
}

/// What tells a file from another one that took its name; `None` where the
/// system does not say.
pub fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((meta.dev(), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = meta;
        None
    }
}

/// Tries again where a network file system lost track of a file, as NFS does
/// when a server restarts.
pub(super) fn steady<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const TRIES: usize = 3;
    let mut tries = 1;
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::StaleNetworkFileHandle && tries < TRIES => {
                tries += 1;
            }
            done => return done,
        }
    }
}

/// The bytes, synced under a temporary name beside `path`. Dropping it removes it.
fn staged(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let file = filled(path, bytes)?;
    fault::before(Step::Sync(file.path()))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The same, not synced.
fn filled(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".predella-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    fault::before(Step::Create(path))?;
    let file = builder.tempfile_in(folder_of(path))?;
    fault::write_all(file.as_file(), file.path(), bytes)?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[path = "fs_tests.rs"]
mod tests;
