//! A file that only ever grows, one whole record at a time.

#![allow(clippy::disallowed_methods)]

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::fault::{self, Step};
use super::fs::{FsError, identity, steady};

/// An open file and the place where its last whole record ends.
///
/// A record that could not be written and synced is cut off again, at once or
/// before the next one; so the file never holds half a record followed by
/// another. There must be one writer; as a guard where locks fail, a file that
/// somebody else changed or replaced is not written to.
#[derive(Debug)]
pub struct AppendFile {
    file: File,
    path: PathBuf,
    end: u64,
    /// Bytes behind `end` could not be cut off yet.
    has_tail: bool,
}

impl AppendFile {
    /// Opens a file whose records end at `end`; what lies behind is cut off.
    ///
    /// # Errors
    /// When it cannot be opened or cut, or is shorter than `end`.
    pub fn open(path: &Path, end: u64) -> Result<Self, FsError> {
        let at = |error| FsError::from_io(path, error);
        let file = steady(|| OpenOptions::new().read(true).write(true).open(path)).map_err(at)?;
        let length = file.metadata().map_err(at)?.len();
        if length < end {
            return Err(FsError::Changed(path.to_owned()));
        }
        let mut this = Self { file, path: path.to_owned(), end, has_tail: length > end };
        this.cut_tail().map_err(at)?;
        Ok(this)
    }

    /// Where the last whole record ends, in bytes.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Adds a record with one write and one sync. When this returns, the record
    /// survives a power cut.
    ///
    /// # Errors
    /// When nothing was added: no space, a fault of the disk, or
    /// [`FsError::Changed`]. Trying again later is safe.
    pub fn append(&mut self, record: &[u8]) -> Result<(), FsError> {
        match self.try_append(record) {
            // The server forgot the file; by its name it may still be known.
            Err(error) if error.kind() == ErrorKind::StaleNetworkFileHandle => {
                self.reopen().and_then(|()| self.try_append(record))
            }
            done => done,
        }
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle => {
                FsError::Changed(self.path.clone())
            }
            _ => FsError::from_io(&self.path, error),
        })
    }

    fn try_append(&mut self, record: &[u8]) -> io::Result<()> {
        self.is_ours()?;
        self.cut_tail()?;
        self.has_tail = true;
        let written = self.write(record);
        match written {
            Ok(()) => {
                self.end += record.len() as u64;
                self.has_tail = false;
            }
            // A failure to cut is no news: it will be tried before the next record.
            Err(_) => drop(self.cut_tail()),
        }
        written
    }

    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        fault::write_all(&self.file, &self.path, record)?;
        fault::before(Step::Sync(&self.path))?;
        self.file.sync_data()
    }

    fn cut_tail(&mut self) -> io::Result<()> {
        if self.has_tail {
            fault::before(Step::Cut(&self.path, self.end))?;
            self.file.set_len(self.end)?;
            fault::before(Step::Sync(&self.path))?;
            self.file.sync_all()?;
            self.has_tail = false;
        }
        Ok(())
    }

    /// Fails with `NotFound` unless the path still names this file, as we left it.
    fn is_ours(&self) -> io::Result<()> {
        let (named, open) = (std::fs::symlink_metadata(&self.path)?, self.file.metadata()?);
        let is_same = identity(&named) == identity(&open);
        match is_same && (self.has_tail || open.len() == self.end) {
            true => Ok(()),
            false => Err(ErrorKind::NotFound.into()),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let file = steady(|| OpenOptions::new().read(true).write(true).open(&self.path))?;
        let length = file.metadata()?.len();
        if length < self.end {
            return Err(ErrorKind::NotFound.into());
        }
        (self.file, self.has_tail) = (file, length > self.end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::fault::{Verdict, watching};
    use super::*;

    fn start() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "one\n").unwrap();
        (dir, path)
    }

    /// Fails the steps with these numbers.
    fn failing(steps: &'static [u32], kind: ErrorKind) -> impl FnMut(&Step<'_>) -> Verdict {
        let mut step = 0;
        move |_| {
            step += 1;
            match steps.contains(&step) {
                true => Verdict::Fail(kind.into()),
                false => Verdict::Go,
            }
        }
    }

    #[test]
    fn records_follow_each_other() {
        let (_dir, path) = start();
        let mut log = AppendFile::open(&path, 4).unwrap();
        log.append(b"two\n").unwrap();
        log.append(b"three\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\nthree\n");
        assert_eq!(log.end(), 14);
        assert_eq!(AppendFile::open(&path, 8).unwrap().end(), 8);
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        assert!(matches!(AppendFile::open(&path, 9), Err(FsError::Changed(_))));
    }

    #[test]
    fn half_a_record_is_cut_off_again() {
        let (_dir, path) = start();
        let mut log = AppendFile::open(&path, 4).unwrap();
        // The steps: two halves and their sync; a cut and its sync.
        for steps in [&[1][..], &[2], &[3]] {
            let full = failing(steps, ErrorKind::StorageFull);
            let result = watching(full, || log.append(b"two\n"));
            assert!(matches!(result, Err(FsError::NoSpace(_))), "{steps:?}");
            assert_eq!(std::fs::read(&path).unwrap(), b"one\n", "{steps:?}");
        }
    }

    #[test]
    fn what_could_not_be_cut_is_cut_before_the_next_record() {
        let (_dir, path) = start();
        let mut log = AppendFile::open(&path, 4).unwrap();
        let full = failing(&[2, 3], ErrorKind::StorageFull);
        assert!(watching(full, || log.append(b"two\n")).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntw");
        log.append(b"three\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\nthree\n");
    }

    #[test]
    fn a_stale_handle_is_opened_again_once() {
        let (_dir, path) = start();
        let mut log = AppendFile::open(&path, 4).unwrap();
        let stale = failing(&[1], ErrorKind::StaleNetworkFileHandle);
        watching(stale, || log.append(b"two\n")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        let stale = |_: &Step<'_>| Verdict::Fail(ErrorKind::StaleNetworkFileHandle.into());
        assert!(matches!(watching(stale, || log.append(b"x")), Err(FsError::Changed(_))));
        log.append(b"three\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn a_file_that_somebody_touched_is_left_alone() {
        let (dir, path) = start();
        let mut log = AppendFile::open(&path, 4).unwrap();
        std::fs::write(&path, "one\nforeign\n").unwrap();
        assert!(matches!(log.append(b"two\n"), Err(FsError::Changed(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"one\nforeign\n");
        if cfg!(unix) {
            std::fs::write(&path, "one\n").unwrap();
            let mut log = AppendFile::open(&path, 4).unwrap();
            std::fs::write(dir.path().join("new"), "one\n").unwrap();
            std::fs::rename(dir.path().join("new"), &path).unwrap();
            assert!(matches!(log.append(b"two\n"), Err(FsError::Changed(_))));
            std::fs::remove_file(&path).unwrap();
            assert!(matches!(log.append(b"two\n"), Err(FsError::Changed(_))));
        }
    }
}
