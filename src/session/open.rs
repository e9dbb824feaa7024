//! Making and opening sessions.

use std::path::Path;
use std::sync::Arc;

use super::event::{Created, RunHeld};
use super::findings::Finding;
use super::head::{Head, MAX_HEAD};
use super::history::History;
use super::holder::Holder;
use super::ids::Seq;
use super::layout::Layout;
use super::running::Running;
use super::session::{Access, Hold, Session, Writer};
use super::stamp::Stamp;
use super::state::State;
use super::{Entry, ReadOnly, SessionError, VERSION};
use crate::recipe::yaml;
use crate::util::append::AppendFile;
use crate::util::clock::{Clock, WallClock};
use crate::util::fs::{FsError, identity, read_regular, rename, write_new};
use crate::util::lock::{FileLock, try_lock};

impl Session {
    /// Makes a session in a folder that does not exist or is empty, and opens
    /// it for writing. It is there whole or not at all.
    ///
    /// # Errors
    /// When there is something already, or the disk refuses.
    pub fn create(path: &Path, name: &str) -> Result<Self, SessionError> {
        Self::create_with(path, name, Arc::new(WallClock))
    }

    /// [`Session::create`] with another clock.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn create_with(
        path: &Path,
        name: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SessionError> {
        let exists = || SessionError::Exists(path.to_owned());
        if std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(exists());
        }
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error| SessionError::Disk(FsError::from_io(path, error));
        std::fs::create_dir_all(parent).map_err(failed)?;
        let folder = temporary(parent).map_err(failed)?;
        fill(&Layout::new(folder.path().to_owned()), name, Stamp::new(clock.now()))?;
        match rename(folder.path(), path) {
            Ok(()) => drop(folder.keep()),
            Err(_) if path.exists() => return Err(exists()),
            Err(error) => return Err(error.into()),
        }
        Self::open_with(path, Access::Write, clock)
    }

    /// Opens a session.
    ///
    /// Where writing was asked for and is not possible, the session opens for
    /// reading, and [`Session::why_read_only`] says why. Nothing is asked and
    /// nothing is lost: a torn tail is moved aside, a run that crashed is held.
    ///
    /// # Errors
    /// When the folder is no session or cannot be read at all.
    pub fn open(path: &Path, access: Access) -> Result<Self, SessionError> {
        Self::open_with(path, access, Arc::new(WallClock))
    }

    /// [`Session::open`] with another clock.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_with(
        path: &Path,
        access: Access,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SessionError> {
        let layout = find(path)?;
        let lock = match access {
            Access::Read => Err(ReadOnly::Asked),
            Access::Write => claim(&layout),
        };
        Self::begin(layout, lock, clock)
    }

    /// Reads everything, then readies it for writing where there is a lock.
    pub(super) fn begin(
        layout: Layout,
        lock: Result<FileLock, ReadOnly>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SessionError> {
        let (lock, why) = match lock {
            Ok(lock) => (Some(lock), ReadOnly::Asked),
            Err(why) => (None, why),
        };
        let known = std::fs::symlink_metadata(layout.history()).ok();
        let mut findings = Vec::new();
        let history = match &known {
            Some(_) => History::read(&layout.history())?,
            None => {
                findings.push(Finding::NoHistory);
                History::default()
            }
        };
        let state = State::fold(&history.entries);
        let head = read_head(&layout).unwrap_or_else(|(fallback, why)| {
            findings.push(Finding::Head(why));
            *fallback
        });
        findings.extend(history.faults.iter().cloned().map(Finding::History));
        findings.extend(Finding::of_state(&state));
        let hold = Hold::Reader { why, end: history.end, file: known.as_ref().and_then(identity) };
        let entries = Vec::new();
        let mut session = Self { layout, head, entries, state, findings, hold, clock };
        let tail = Tail { bytes: history.tail, end: history.end, newline: history.needs_newline };
        session.entries = history.entries;
        match lock {
            Some(lock) => session.ready(lock, tail),
            None if !tail.bytes.is_empty() => {
                let bytes = tail.bytes.len() as u64;
                session.findings.push(Finding::Torn { bytes, kept: None });
            }
            None => {}
        }
        Ok(session)
    }

    /// Makes this the writer, or says why it cannot be.
    fn ready(&mut self, lock: FileLock, tail: Tail) {
        let damage = self.findings.iter().find(|finding| finding.is_damage());
        let done = match damage {
            Some(damage) => Err(ReadOnly::Damaged(damage.to_string())),
            None => self.start_writing(lock, tail).map_err(|error| match error {
                SessionError::Disk(error) => error.into(),
                other => ReadOnly::Damaged(other.to_string()),
            }),
        };
        if let Err(refused) = done {
            match &mut self.hold {
                Hold::Reader { why, .. } => *why = refused,
                Hold::Writer(writer) => {
                    let (end, file) = (writer.history.end(), None);
                    self.hold = Hold::Reader { why: refused, end, file };
                }
            }
        }
    }

    fn start_writing(&mut self, lock: FileLock, tail: Tail) -> Result<(), SessionError> {
        self.layout.make_folders()?;
        if !tail.bytes.is_empty() {
            let kept = Some(self.layout.keep("torn", self.now(), &tail.bytes)?);
            self.findings.push(Finding::Torn { bytes: tail.bytes.len() as u64, kept });
        }
        let history = AppendFile::open(&self.layout.history(), tail.end)?;
        let holder = self.layout.holder();
        self.hold = Hold::Writer(Writer::new(history, tail.newline, lock, holder));
        self.hold_crashed()?;
        self.settle_all()?;
        if self.head.name != self.state.name() && !self.state.name().is_empty() {
            self.save_head(self.head.clone())?;
        }
        Ok(Holder::this(self.now()).leave(&self.layout)?)
    }

    /// Whatever ran when the program ended waits for a person now: a run that
    /// brings the program down must not do so at every start.
    fn hold_crashed(&mut self) -> Result<(), SessionError> {
        let found = Running::read(&self.layout);
        let crashed: Vec<_> = self.state.running().map(|run| (run.id, run.attempts)).collect();
        for (run, attempt) in crashed {
            let known = found.clone().filter(|found| (found.run, found.attempt) == (run, attempt));
            let running = known.unwrap_or_else(|| Running::new(run, attempt, self.now()));
            self.append(RunHeld { run, reason: running.reason() })?;
            self.findings.push(Finding::Crashed(run));
        }
        Ok(Running::clear(&self.layout)?)
    }
}

/// What stands behind the last whole entry.
struct Tail {
    bytes: Vec<u8>,
    end: u64,
    newline: bool,
}

/// The folder of a session, known by its history or its head.
pub(super) fn find(path: &Path) -> Result<Layout, SessionError> {
    let root = path
        .canonicalize()
        .map_err(|source| SessionError::Read { path: path.to_owned(), source })?;
    let layout = Layout::new(root);
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    match is_there(&layout.history()) || is_there(&layout.head()) {
        true => Ok(layout),
        false => Err(SessionError::NotASession(path.to_owned())),
    }
}

/// The lock, unless something speaks against writing.
pub(super) fn claim(layout: &Layout) -> Result<FileLock, ReadOnly> {
    layout.check_kinds()?;
    match head_text(layout).and_then(|text| Head::version_of(&text).map_err(|e| e.to_string())) {
        Ok(version) if version > VERSION => return Err(ReadOnly::Future(version)),
        _ => {}
    }
    match try_lock(&layout.lock())? {
        Some(lock) => Ok(lock),
        None => Err(ReadOnly::Held(Holder::read(layout))),
    }
}

fn head_text(layout: &Layout) -> Result<String, String> {
    let bytes = read_regular(&layout.head(), MAX_HEAD as u64).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
}

/// The head, or one to go on with and why.
pub(super) fn read_head(layout: &Layout) -> Result<Head, (Box<Head>, String)> {
    let read = head_text(layout).and_then(|text| {
        let head: Head = yaml::from_str(&text).map_err(|error| error.to_string())?;
        match head.version() {
            1.. => Ok(head),
            0 => Err("there is no format 0".to_owned()),
        }
    });
    read.map_err(|why| {
        let name = layout.root().file_name().unwrap_or_default().to_string_lossy();
        (Box::new(Head::new(&name, Stamp::new(std::time::UNIX_EPOCH))), why)
    })
}

/// A folder beside the final one, as open as any other that the user makes.
pub(super) fn temporary(parent: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".predella-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

/// The files of a new session.
fn fill(layout: &Layout, name: &str, at: Stamp) -> Result<(), SessionError> {
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let event = Created { version: VERSION, name: name.to_owned(), program }.into();
    State::default().admit(&event)?;
    let first = Entry { seq: Seq(1), at, event };
    layout.make_folders()?;
    write_new(&layout.history(), first.to_document()?.as_bytes())?;
    Ok(write_new(&layout.head(), Head::new(name, at).to_yaml()?.as_bytes())?)
}
