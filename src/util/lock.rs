//! A lock that the system takes back when its holder dies, however it dies.

#![allow(clippy::disallowed_methods)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use super::fs::{FsError, identity, steady};

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
    /// Whether the disk really locks; some network file systems do not.
    pub is_certain: bool,
}

/// Tries to lock a file, which is made when it does not exist; `None` when
/// another program, or another part of this one, holds it.
///
/// # Errors
/// When the file cannot be made or opened, or is no regular file.
pub fn try_lock(path: &Path) -> Result<Option<FileLock>, FsError> {
    let at = |error| FsError::from_io(path, error);
    // Whoever removes the file under us leaves us with a lock that nobody sees.
    const TRIES: usize = 10;
    const LOOKS: usize = 3;
    for tries in 0..TRIES {
        let file = steady(|| open(path)).map_err(at)?;
        let is_certain = match file.try_lock() {
            Ok(()) => true,
            // Perhaps somebody only looked, see `is_held`.
            Err(TryLockError::WouldBlock) if tries < LOOKS => {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) if cannot_lock(&error) => false,
            Err(TryLockError::Error(error)) => return Err(at(error)),
        };
        let named = std::fs::symlink_metadata(path).ok();
        if named.and_then(|meta| identity(&meta)) == file.metadata().ok().and_then(|m| identity(&m))
        {
            return Ok(Some(FileLock { _file: file, is_certain }));
        }
    }
    Err(FsError::Changed(path.to_owned()))
}

/// Whether somebody holds the lock now; nothing is made and nothing kept.
pub fn is_held(path: &Path) -> bool {
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    let file = is_file.then(|| File::open(path).ok()).flatten();
    file.is_some_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The file, made if need be, but never through a link.
fn open(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        done => return done,
    }
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("this is not a regular file"));
    }
    OpenOptions::new().write(true).open(path)
}

/// Whether the disk has no locks at all, as network file systems without a
/// lock service.
fn cannot_lock(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == ErrorKind::Unsupported || cfg!(unix) && error.raw_os_error() == Some(ENOLCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        let first = try_lock(&path).unwrap().unwrap();
        assert!(first.is_certain);
        assert!(try_lock(&path).unwrap().is_none());
        assert!(is_held(&path));
        drop(first);
        assert!(!is_held(&path) && !is_held(&dir.path().join("none")));
        assert!(try_lock(&path).unwrap().is_some());
    }

    #[test]
    fn a_removed_lock_file_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        let _first = try_lock(&path).unwrap().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(try_lock(&path).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_made_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (link, target) = (dir.path().join(".lock"), dir.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(try_lock(&link).is_err());
        assert!(!target.exists());
    }

    #[test]
    fn a_disk_without_locks_is_known() {
        assert!(cannot_lock(&ErrorKind::Unsupported.into()));
        assert!(!cannot_lock(&ErrorKind::PermissionDenied.into()));
    }
}
