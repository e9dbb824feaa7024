//! The one door to durable writes.
//!
//! A file written here is either the old one or the new one, whole, whatever
//! stops the program or the machine: the bytes go to a temporary name in the
//! same folder, are synced, take the final name by a rename, and the folder is
//! synced. What this cannot promise is a disk that lies about its sync.

#![allow(clippy::disallowed_methods)]

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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
            Self::Other(..) => "check the disk and the path, then try again",
        }
    }

    /// Sorts a fault of the system into its kind.
    pub(crate) fn from_io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoSpace(path),
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
    file.persist(path).map_err(|failed| at(failed.error))?;
    sync_dir(folder_of(path)).map_err(at)
}

/// [`write_atomic`] for a file that must not exist yet.
///
/// # Errors
/// [`FsError::Exists`] when something has that name, else as [`write_atomic`].
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let at = |error| FsError::from_io(path, error);
    let file = staged(path, bytes).map_err(at)?;
    file.persist_noclobber(path).map_err(|failed| at(failed.error))?;
    sync_dir(folder_of(path)).map_err(at)
}

/// Gives a finished file its final name, in the same folder or another one of
/// the same disk, and makes that durable. The file's own bytes must be synced.
///
/// # Errors
/// As [`write_atomic`]; the file then keeps its old name.
pub fn rename(from: &Path, to: &Path) -> Result<(), FsError> {
    let at = |error| FsError::from_io(to, error);
    std::fs::rename(from, to).map_err(at)?;
    sync_dir(folder_of(to)).map_err(at)
}

/// Syncs a folder, so that names made or removed in it survive a power cut.
///
/// # Errors
/// When the system cannot open or sync the folder.
pub fn sync_dir(folder: &Path) -> io::Result<()> {
    // Windows has no such call: its rename is journalled by the file system.
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The bytes, synced under a temporary name beside `path`. Dropping it removes it.
fn staged(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".predella-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("head.yaml");
        write_atomic(&path, b"a longer first version").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(names(dir.path()), ["head.yaml"]);
    }

    #[test]
    fn a_failed_rename_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), b"x").unwrap();
        assert!(write_atomic(&path, b"bytes").is_err());
        assert_eq!(names(dir.path()), ["taken"]);
        assert_eq!(names(&path), ["inside"]);
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.png");
        write_new(&path, b"first").unwrap();
        assert!(matches!(write_new(&path, b"second"), Err(FsError::Exists(p)) if p == path));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(names(dir.path()), ["1.png"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_its_target_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        std::fs::write(&target, b"precious").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"precious");
        assert_eq!(std::fs::read(&link).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_as_open_as_any_other() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("ours"), dir.path().join("plain"));
        write_atomic(&ours, b"").unwrap();
        std::fs::write(&plain, b"").unwrap();
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("none").join("a\x1b[31m.yaml");
        let error = write_atomic(&missing, b"").unwrap_err();
        assert!(matches!(error, FsError::NoFolder(_)), "{error:?}");
        assert!(!error.to_string().contains('\x1b'), "{error}");
        let full = io::Error::from(ErrorKind::StorageFull);
        let error = FsError::from_io(Path::new("a.png"), full);
        assert_eq!(error.to_string(), "there is no space left to write a.png");
        let closed = io::Error::from(ErrorKind::ReadOnlyFilesystem);
        let error = FsError::from_io(Path::new("a.png"), closed);
        assert!(error.to_string().starts_with("a.png may not be written"), "{error}");
    }

    #[test]
    fn a_bare_name_is_written_in_the_current_folder() {
        assert_eq!(folder_of(Path::new("a.png")), Path::new("."));
        assert_eq!(folder_of(Path::new("b/a.png")), Path::new("b"));
        assert_eq!(folder_of(Path::new("/a.png")), Path::new("/"));
    }
}
