//! An open session.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::event::Event;
use super::findings::Finding;
use super::head::Head;
use super::history::{History, MAX_HISTORY};
use super::ids::{RunId, Seq};
use super::layout::Layout;
use super::stamp::Stamp;
use super::state::State;
use super::{Entry, ReadOnly, SessionError};
use crate::util::append::AppendFile;
use crate::util::clock::Clock;
use crate::util::fs::{identity, write_atomic};
use crate::util::lock::FileLock;

/// What a session is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To look at; nothing is locked and nothing is written.
    Read,
    /// To look at and change; one at a time.
    Write,
}

/// An open session: its history, and what follows from it.
///
/// Everything that changes a session goes through [`Session::append`], one
/// entry at a time, and is durable when that returns.
pub struct Session {
    pub(super) layout: Layout,
    pub(super) head: Head,
    pub(super) entries: Vec<Entry>,
    pub(super) state: State,
    pub(super) findings: Vec<Finding>,
    pub(super) hold: Hold,
    pub(super) clock: Arc<dyn Clock>,
}

/// How a session is held.
pub(super) enum Hold {
    Reader {
        why: ReadOnly,
        /// Where the part of the history that was read ends.
        end: u64,
        /// Which file that was.
        file: Option<(u64, u64)>,
    },
    Writer(Writer),
}

/// The right to write, and the file to write to.
pub(super) struct Writer {
    pub history: AppendFile,
    /// The last entry was left without its line feed, by an editor.
    needs_newline: bool,
    lock: FileLock,
    holder: PathBuf,
}

impl Writer {
    pub(super) fn new(
        history: AppendFile,
        needs_newline: bool,
        lock: FileLock,
        holder: PathBuf,
    ) -> Self {
        Self { history, needs_newline, lock, holder }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Before the lock is let go, so that nobody else's note is taken away.
        let _ = std::fs::remove_file(&self.holder);
    }
}

impl Session {
    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        self.layout.root()
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        match self.state.name() {
            "" => self.head.name(),
            name => name,
        }
    }

    /// Why it may not be changed; `None` for the writer.
    pub fn why_read_only(&self) -> Option<&ReadOnly> {
        match &self.hold {
            Hold::Reader { why, .. } => Some(why),
            Hold::Writer(_) => None,
        }
    }

    /// Whether the disk really keeps other writers out; some network disks do
    /// not. Even there, a history that another program wrote to is noticed and
    /// not written to.
    pub fn is_locked(&self) -> bool {
        matches!(&self.hold, Hold::Writer(writer) if writer.lock.is_certain)
    }

    /// What was noticed when it was opened.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What is small and changes often.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Replaces draft and view, all or nothing.
    ///
    /// # Errors
    /// When the session is open for reading, the head is too large, or the disk
    /// refuses; the old one then stays.
    pub fn save_head(&mut self, mut head: Head) -> Result<(), SessionError> {
        self.writer()?;
        head.name = self.name().to_owned();
        write_atomic(&self.layout.head(), head.to_yaml()?.as_bytes())?;
        self.head = head;
        Ok(())
    }

    /// What the history comes to.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The history, as far as this version can read it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What happened, step by step, for a replay: [`State::fold`] over the
    /// entries up to one of these gives the session as it was then.
    pub fn timeline(&self) -> Vec<Moment<'_>> {
        let misfits: std::collections::HashSet<Seq> =
            self.state.misfits().iter().map(|(seq, _)| *seq).collect();
        let fits = |entry: &&Entry| !misfits.contains(&entry.seq);
        let moment = |entry| Moment::new(entry, &self.state);
        self.entries.iter().filter(fits).map(moment).collect()
    }

    /// Adds an event to the history. It is durable when this returns.
    ///
    /// # Errors
    /// When the session is open for reading, the event does not fit
    /// ([`State::admit`]), or the disk refuses. Nothing is changed then, and the
    /// same event may be tried again.
    pub fn append(&mut self, event: impl Into<Event>) -> Result<Seq, SessionError> {
        let event = event.into();
        self.writer()?;
        self.state.admit(&event)?;
        let seq = Seq(self.state.last().0.checked_add(1).ok_or(SessionError::TooMany)?);
        let entry = Entry { seq, at: self.now(), event };
        let text = entry.to_document()?;
        let writer = self.writer()?;
        let text = if writer.needs_newline { format!("\n{text}") } else { text };
        let size = writer.history.end() + text.len() as u64;
        if size > MAX_HISTORY {
            let (what, limit) = ("history.yaml".to_owned(), MAX_HISTORY);
            return Err(SessionError::TooLarge { what, size, limit });
        }
        writer.history.append(text.as_bytes())?;
        writer.needs_newline = false;
        self.state.apply(&entry);
        self.entries.push(entry);
        Ok(seq)
    }

    /// Reads what a writer elsewhere added since; gives how many entries there
    /// are more. For a writer there is never any.
    ///
    /// # Errors
    /// When the history can no longer be read.
    pub fn refresh(&mut self) -> Result<usize, SessionError> {
        let path = self.layout.history();
        let Hold::Reader { end, file, .. } = &mut self.hold else { return Ok(0) };
        let meta = std::fs::symlink_metadata(&path)
            .map_err(|source| SessionError::Read { path: path.clone(), source })?;
        let is_same = *file == identity(&meta) && meta.len() >= *end;
        if is_same && meta.len() == *end {
            return Ok(0);
        }
        let before = self.entries.len();
        if !is_same {
            // A repair put another file in its place.
            (self.entries, self.state) = (Vec::new(), State::default());
        }
        let (from, last) = if is_same { (*end, self.state.last()) } else { (0, Seq(0)) };
        let more = History::read_from(&path, from, last)?;
        (*end, *file) = (more.end, identity(&meta));
        for entry in more.entries {
            self.state.apply(&entry);
            self.entries.push(entry);
        }
        self.findings.extend(more.faults.into_iter().map(Finding::History));
        Ok(self.entries.len().saturating_sub(before))
    }

    pub(super) fn writer(&mut self) -> Result<&mut Writer, ReadOnly> {
        match &mut self.hold {
            Hold::Reader { why, .. } => Err(why.clone()),
            Hold::Writer(writer) => Ok(writer),
        }
    }

    pub(super) fn now(&self) -> Stamp {
        Stamp::new(self.clock.now())
    }
}

/// One step of a session, for a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment<'a> {
    /// What happened, and when.
    pub entry: &'a Entry,
    /// The run that it belongs to.
    pub run: Option<RunId>,
    /// Whether it was undone later.
    pub is_undone: bool,
}

impl<'a> Moment<'a> {
    fn new(entry: &'a Entry, state: &State) -> Self {
        let of = |id| state.image(id).map(|image| image.run);
        let run = match &entry.event {
            Event::RunQueued(_) => Some(RunId(entry.seq.0)),
            Event::RunStarted(e) => Some(e.run),
            Event::PanelDone(e) => Some(e.run),
            Event::PanelFailed(e) => Some(e.run),
            Event::RunEnded(e) => Some(e.run),
            Event::RunHeld(e) => Some(e.run),
            Event::RunReleased(e) => Some(e.run),
            Event::RunScored(e) => Some(e.run),
            Event::RunMeasured(e) => Some(e.run),
            Event::Marked(e) => e.images.first().and_then(of),
            Event::Trashed(e) => e.images.first().and_then(of),
            Event::Restored(e) => e.images.first().and_then(of),
            Event::Purged(e) => e.images.first().and_then(of),
            Event::Lost(e) => e.images.first().and_then(of),
            _ => None,
        };
        Self { entry, run, is_undone: state.is_undone(entry.seq) }
    }
}
