//! One file from the hub into the cache: resumed, checked, then named.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::StatusCode;

use super::client::{Client, Remote, header, network};
use super::config::HubConfig;
use super::error::HubError;
use super::repo::RepoId;
use super::{Progress, snapshot};
use crate::models::hash::{digest, hex};
use crate::models::header::Header;
use crate::util::fs::rename;
use crate::util::text::clip;

/// Bytes between two looks at the user's wish to stop.
const BLOCK: usize = 256 * 1024;
/// New bytes after which a broken transfer counts as a fresh one.
const HEADWAY: u64 = 1024 * 1024;
/// Waits of [`LOCK_PAUSE`] for another program to finish a file.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// Everything that a transfer needs beside the file.
pub(super) struct Transfer<'a> {
    pub config: &'a HubConfig,
    pub client: &'a Client,
    pub repo: &'a RepoId,
    pub commit: &'a str,
    /// Bytes of the files before this one.
    pub before: u64,
}

/// Why a transfer stopped: to be tried again, or not.
enum Stop {
    Again(String),
    For(HubError),
}

impl From<HubError> for Stop {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Network { reason, .. } => Self::Again(reason),
            HubError::Status { status, .. } if status >= 500 || status == 429 => {
                Self::Again(format!("status {status}"))
            }
            other => Self::For(other),
        }
    }
}

impl Transfer<'_> {
    /// Brings a file into the cache and the commit's snapshot, unless it is
    /// there already and right.
    pub(super) fn bring(
        &self,
        remote: &Remote,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        let blob = snapshot::blob(&self.config.cache, self.repo, &remote.etag);
        let folder = blob.parent().unwrap_or(&self.config.cache);
        std::fs::create_dir_all(folder).map_err(|source| HubError::disk(folder, source))?;
        progress.file(&remote.name, remote.size);
        if !is_good(&blob, remote) {
            let _lock = self.lock(&blob, remote, progress)?;
            // Another program may have brought it while we waited.
            if !is_good(&blob, remote) {
                self.fetch(&blob, remote, progress)?;
            }
        }
        progress.position(self.before + remote.size);
        snapshot::link(&self.config.cache, self.repo, self.commit, &remote.name, &blob)
    }

    /// The lock that hf-hub takes too, so that two programs never write one file.
    fn lock(
        &self,
        blob: &Path,
        remote: &Remote,
        progress: &dyn Progress,
    ) -> Result<File, HubError> {
        let path = blob.with_extension("lock");
        let disk = |source| HubError::disk(&path, source);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(disk)?;
        for _ in 0..LOCK_TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) if progress.cancelled() => {
                    return Err(HubError::Cancelled);
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(source)) => return Err(disk(source)),
            }
        }
        Err(HubError::Busy(remote.name.clone()))
    }

    fn fetch(
        &self,
        blob: &Path,
        remote: &Remote,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        let part = blob.with_extension("part");
        let disk = |source| HubError::disk(&part, source);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&part)
            .map_err(disk)?;
        self.fill(&mut file, &part, remote, progress)?;
        if let Err(reason) = check(&mut file, remote) {
            std::fs::remove_file(&part).map_err(disk)?;
            return Err(HubError::Damaged { file: remote.name.clone(), reason });
        }
        file.sync_all().map_err(disk)?;
        drop(file);
        Ok(rename(&part, blob)?)
    }

    /// Takes the transfer up again until the file is as long as announced.
    fn fill(
        &self,
        file: &mut File,
        part: &Path,
        remote: &Remote,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        let (mut left, mut pause) = (self.config.retries, self.config.pause);
        loop {
            let before = file.metadata().map_or(0, |found| found.len());
            let reason = match self.stretch(file, part, remote, progress) {
                Ok(()) => return Ok(()),
                Err(Stop::For(error)) => return Err(error),
                Err(Stop::Again(reason)) => reason,
            };
            let have = file.metadata().map_or(0, |found| found.len());
            if have >= before + HEADWAY {
                (left, pause) = (self.config.retries, self.config.pause);
            }
            let name = remote.name.clone();
            if left == 0 {
                return Err(HubError::Interrupted { file: name, have, size: remote.size, reason });
            }
            progress.retry(&name, &reason);
            self.wait(pause, progress)?;
            (left, pause) = (left - 1, pause * 2);
        }
    }

    /// Asks for what is missing and writes what comes.
    fn stretch(
        &self,
        file: &mut File,
        part: &Path,
        remote: &Remote,
        progress: &mut dyn Progress,
    ) -> Result<(), Stop> {
        let disk = |source| Stop::For(HubError::disk(part, source));
        let mut have = file.metadata().map_err(disk)?.len();
        if have == remote.size {
            return Ok(());
        }
        // Longer than the whole: not a beginning of this file.
        if have > remote.size {
            have = 0;
        }
        let answer = self.client.get(&remote.url, &remote.name, have)?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if continues(header(&answer, "content-range"), have) => {}
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT if have > 0 => {
                file.set_len(0).map_err(disk)?;
                return Err(Stop::Again("the hub does not go on where we stopped".into()));
            }
            // The range was ignored: the whole file comes, from its first byte.
            StatusCode::OK => have = 0,
            _ => {
                self.client.succeeded(&answer, &remote.name, self.repo)?;
                return Err(HubError::answer(&remote.name, "an unexpected status").into());
            }
        }
        file.set_len(have).map_err(disk)?;
        file.seek(SeekFrom::Start(have)).map_err(disk)?;
        self.copy(answer.into_body().into_reader(), file, part, (remote, have), progress)
    }

    fn copy(
        &self,
        mut body: impl Read,
        file: &mut File,
        part: &Path,
        (remote, mut have): (&Remote, u64),
        progress: &mut dyn Progress,
    ) -> Result<(), Stop> {
        let mut block = vec![0; BLOCK];
        progress.position(self.before + have);
        loop {
            if progress.cancelled() {
                return Err(Stop::For(HubError::Cancelled));
            }
            let n = match body.read(&mut block) {
                Ok(0) if have == remote.size => return Ok(()),
                Ok(0) => return Err(Stop::Again("the connection ended early".into())),
                Ok(n) => n,
                Err(error) => return Err(network(&remote.name, &error.to_string()).into()),
            };
            have += n as u64;
            if have > remote.size {
                let reason = "it is longer than announced".to_owned();
                let gone = file.set_len(0);
                gone.map_err(|source| Stop::For(HubError::disk(part, source)))?;
                return Err(Stop::For(HubError::Damaged { file: remote.name.clone(), reason }));
            }
            file.write_all(block.get(..n).unwrap_or_default())
                .map_err(|source| Stop::For(HubError::disk(part, source)))?;
            progress.position(self.before + have);
        }
    }

    /// Sleeps in short pieces, so that a wish to stop is heard.
    fn wait(&self, pause: Duration, progress: &dyn Progress) -> Result<(), HubError> {
        let piece = Duration::from_millis(50);
        let mut left = pause.min(Duration::from_secs(30));
        while !left.is_zero() {
            if progress.cancelled() {
                return Err(HubError::Cancelled);
            }
            std::thread::sleep(left.min(piece));
            left = left.saturating_sub(piece);
        }
        Ok(())
    }
}

/// Whether a `Content-Range` begins where we stopped.
fn continues(range: Option<&str>, have: u64) -> bool {
    let start = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split_once('-'));
    start.and_then(|(start, _)| start.trim().parse().ok()) == Some(have)
}

/// Whether a blob of the cache can be kept. Its checksum was looked at when it
/// came; a file by another tool gets the cheap checks only.
fn is_good(blob: &PathBuf, remote: &Remote) -> bool {
    let Ok(mut file) = File::open(blob) else { return false };
    file.metadata().is_ok_and(|found| found.len() == remote.size)
        && check_form(&mut file, remote).is_ok()
}

/// Checks a whole file by its checksum, where the hub states one, and its form.
fn check(file: &mut File, remote: &Remote) -> Result<(), String> {
    file.rewind().map_err(|error| error.to_string())?;
    // Large files are named by their SHA-256, 64 hex digits; small ones by a
    // 40-digit Git hash, which is left to the transport.
    if remote.etag.len() == 64 && remote.etag.bytes().all(|b| b.is_ascii_hexdigit()) {
        let (_, found) = digest(&mut *file).map_err(|error| error.to_string())?;
        if !hex(&found).eq_ignore_ascii_case(&remote.etag) {
            return Err("its SHA-256 is not the one that the hub states".into());
        }
    }
    check_form(file, remote)
}

/// Checks that a file is what its name says.
fn check_form(file: &mut File, remote: &Remote) -> Result<(), String> {
    file.rewind().map_err(|error| error.to_string())?;
    if remote.name.ends_with(".safetensors") {
        Header::read(file, remote.size).map(drop).map_err(|fault| format!("it {fault}"))
    } else if remote.name.ends_with(".json") {
        let mut text = Vec::new();
        let read = file.take(crate::models::MAX_TEXT + 1).read_to_end(&mut text);
        read.map_err(|error| error.to_string())?;
        serde_json::from_slice::<serde::de::IgnoredAny>(&text)
            .map(drop)
            .map_err(|error| format!("it is no JSON: {}", clip(&error.to_string(), 120)))
    } else {
        Ok(())
    }
}
