//! Where the files of a session are.

use std::io;
use std::path::{Path, PathBuf};

use super::ReadOnly;
use super::ids::ImageId;
use super::stamp::Stamp;
use crate::util::fs::{FsError, create_dir, write_new};

/// The files of a session. No path made here leaves the folder.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn head(&self) -> PathBuf {
        self.root.join("session.yaml")
    }

    pub(super) fn history(&self) -> PathBuf {
        self.root.join("history.yaml")
    }

    pub(super) fn running(&self) -> PathBuf {
        self.root.join("running.yaml")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    pub(super) fn holder(&self) -> PathBuf {
        self.root.join(".holder.yaml")
    }

    pub(super) fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    pub(super) fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub(super) fn thumbs(&self) -> PathBuf {
        self.root.join("thumbs")
    }

    pub(super) fn image(&self, id: &ImageId) -> PathBuf {
        self.images().join(format!("{id}.png"))
    }

    pub(super) fn trashed(&self, id: &ImageId) -> PathBuf {
        self.trash().join(format!("{id}.png"))
    }

    pub(super) fn thumb(&self, id: &ImageId) -> PathBuf {
        self.thumbs().join(format!("{id}.png"))
    }

    pub(super) fn folders(&self) -> [PathBuf; 3] {
        [self.images(), self.trash(), self.thumbs()]
    }

    fn files(&self) -> [PathBuf; 5] {
        [self.head(), self.history(), self.running(), self.lock(), self.holder()]
    }

    /// Whether anything stands where a file or folder belongs and is neither:
    /// a write through a link would land wherever a stranger wants it.
    pub(super) fn check_kinds(&self) -> Result<(), ReadOnly> {
        let is = |path: &Path, fits: fn(&std::fs::Metadata) -> bool| {
            std::fs::symlink_metadata(path).map_or(true, |meta| fits(&meta))
        };
        let file = self.files().into_iter().find(|path| !is(path, std::fs::Metadata::is_file));
        let folder = self.folders().into_iter().find(|path| !is(path, std::fs::Metadata::is_dir));
        file.or(folder).map_or(Ok(()), |path| Err(ReadOnly::Link(path)))
    }

    /// Makes the folders that are missing.
    pub(super) fn make_folders(&self) -> Result<(), FsError> {
        self.folders()
            .iter()
            .filter(|folder| !folder.exists())
            .try_for_each(|path| create_dir(path))
    }

    /// Keeps bytes that are cut from a file, under `.torn-20260228T090507Z` or
    /// the like; gives the path.
    pub(super) fn keep(&self, why: &str, at: Stamp, bytes: &[u8]) -> Result<PathBuf, FsError> {
        let stem = self.root.join(format!(".{why}-{}", at.compact()));
        let mut path = stem.clone();
        for n in 2.. {
            match write_new(&path, bytes) {
                Err(FsError::Exists(_)) => {
                    path = stem.with_file_name(format!(".{why}-{}-{n}", at.compact()));
                }
                done => return done.map(|()| path),
            }
        }
        Err(FsError::Exists(stem))
    }
}

/// The names in a folder, in order; none in a folder that is not there.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name());
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).map(|name| name.to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// The picture that a file name stands for.
pub(super) fn image_of(name: &str) -> Option<ImageId> {
    ImageId::new(name.strip_suffix(".png")?)
}

/// What a half-written file is called, see [`crate::util::fs`].
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(".predella-") && name.ends_with(".tmp")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_is_kept_never_replaces_what_was() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        let at = Stamp::new(UNIX_EPOCH);
        let kept: Vec<_> =
            [&b"a"[..], b"b", b"c"].map(|bytes| layout.keep("torn", at, bytes).unwrap()).into();
        assert_eq!(
            names(dir.path()).unwrap(),
            [".torn-19700101T000000Z", ".torn-19700101T000000Z-2", ".torn-19700101T000000Z-3"]
        );
        assert_eq!(std::fs::read(&kept[2]).unwrap(), b"c");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_before_anything_is_written() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        layout.make_folders().unwrap();
        layout.check_kinds().unwrap();
        for path in layout.files().into_iter().chain(layout.folders()) {
            let was = std::fs::remove_dir(&path).is_ok();
            symlink("/nowhere", &path).unwrap();
            assert_eq!(layout.check_kinds(), Err(ReadOnly::Link(path.clone())));
            std::fs::remove_file(&path).unwrap();
            if was {
                std::fs::create_dir(&path).unwrap();
            }
        }
        layout.check_kinds().unwrap();
    }
}
