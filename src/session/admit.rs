//! Which events fit what a session is.
//!
//! Asked before an event is written, so that nothing nonsensical ever is, and
//! when a history is read, since a stranger may have written that.

use std::collections::HashSet;

use super::event::{Event, Marked, PanelDone};
use super::ids::{ImageId, RunId, Seq};
use super::run::{Marks, PanelState, Place, Run, Status};
use super::state::{MAX_WORK, State};
use crate::util::text::clip;

/// Longest name of a session or tag, in bytes.
pub const MAX_NAME: usize = 1000;

/// Why an event does not fit. Every message is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// The session was begun already.
    #[error("the session was made already")]
    MadeAlready,
    /// No such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// The run is not in a state for that.
    #[error("run {run} is {status}")]
    Status {
        /// The run.
        run: RunId,
        /// What it is.
        status: &'static str,
    },
    /// The run has fewer panels.
    #[error("run {run} has no panel {}", u64::from(*panel) + 1)]
    NoPanel {
        /// The run.
        run: RunId,
        /// The panel, from 0.
        panel: u32,
    },
    /// The panel has a picture.
    #[error("panel {} of run {run} is painted already", u64::from(*panel) + 1)]
    Painted {
        /// The run.
        run: RunId,
        /// The panel, from 0.
        panel: u32,
    },
    /// No such picture.
    #[error("there is no picture {0}")]
    NoImage(ImageId),
    /// The picture is elsewhere.
    #[error("picture {image} is {}", place.word())]
    Place {
        /// The picture.
        image: ImageId,
        /// Where it is.
        place: Place,
    },
    /// Another picture has this name.
    #[error("there is a picture {0} already")]
    Taken(ImageId),
    /// An entry that names nothing, or one thing twice.
    #[error("it names nothing, or something twice")]
    Empty,
    /// Not the waiting runs.
    #[error("these are not the runs that wait")]
    Queue,
    /// A name that is empty or too long.
    #[error("a name has 1 to {MAX_NAME} bytes; {:?} does not", clip(.0, 40))]
    Name(String),
    /// Not a SHA-256.
    #[error("a hash has 64 hexadecimal digits")]
    Hash,
    /// Numbers that are none, or too many of them.
    #[error("these are no scores")]
    Score,
    /// Numbers that are no shares or distances, or too many of them.
    #[error("this was not measured")]
    Measure,
    /// Nothing to undo or redo, or not this entry.
    #[error("entry {0} is not the next to be undone or redone")]
    NotNext(Seq),
    /// Undone and redone without end.
    #[error("too much was undone and redone")]
    TooMuch,
}

impl State {
    /// Whether an event fits.
    ///
    /// # Errors
    /// Why it does not.
    pub fn admit(&self, event: &Event) -> Result<(), Misfit> {
        match event {
            Event::Created(_) if self.last().0 > 1 => Err(Misfit::MadeAlready),
            Event::Created(e) => name(&e.name),
            Event::RunQueued(e) => e.parent.map_or(Ok(()), |parent| self.known(parent).map(drop)),
            Event::PanelDone(e) => self.admit_panel(e),
            Event::PanelFailed(e) => self.open_panel(e.run, e.panel),
            // Not stricter, so that one entry that was damaged does not take
            // those after it along; who queues and paints asks for more.
            Event::RunStarted(e) => self.not_over(e.run),
            Event::RunEnded(e) => self.not_over(e.run),
            Event::RunHeld(e) => self.not_over(e.run),
            Event::RunReleased(e) => self.not_over(e.run),
            Event::QueueOrdered(e) => self.is_queue(&e.runs),
            Event::RunScored(e) => self.admit_scores(e),
            Event::RunMeasured(e) => self.admit_measured(e),
            Event::Marked(e) => self.admit_marks(e),
            Event::Trashed(e) => self.at(&e.images, |place| place == Place::Shown),
            Event::Restored(e) => self.at(&e.images, |place| place == Place::Trashed),
            Event::Purged(e) => self.at(&e.images, |place| place == Place::Trashed),
            Event::Lost(e) => self.at(&e.images, Place::has_file),
            Event::Renamed(e) => name(&e.name),
            Event::Undone(e) if self.undoable() != Some(e.entry) => Err(Misfit::NotNext(e.entry)),
            Event::Redone(e) if self.redoable() != Some(e.entry) => Err(Misfit::NotNext(e.entry)),
            Event::Undone(_) | Event::Redone(_) if self.work > MAX_WORK => Err(Misfit::TooMuch),
            Event::Undone(_) | Event::Redone(_) | Event::Unknown(_) => Ok(()),
        }
    }

    fn known(&self, run: RunId) -> Result<&Run, Misfit> {
        self.run(run).ok_or(Misfit::NoRun(run))
    }

    fn not_over(&self, run: RunId) -> Result<(), Misfit> {
        self.in_status(run, |status| !matches!(status, Status::Ended(_)))
    }

    /// Whether a run stands where it must.
    pub(super) fn in_status(
        &self,
        run: RunId,
        fits: impl FnOnce(&Status) -> bool,
    ) -> Result<(), Misfit> {
        let status = &self.known(run)?.status;
        match fits(status) {
            true => Ok(()),
            false => Err(Misfit::Status { run, status: status.word() }),
        }
    }

    /// A picture may come late, when it was found after a crash; but never in
    /// place of another.
    fn admit_panel(&self, done: &PanelDone) -> Result<(), Misfit> {
        let &PanelDone { run, panel, .. } = done;
        self.known(run)?;
        if done.sha256.len() != 64 || !done.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Misfit::Hash);
        }
        match self.image(&done.image) {
            None => self.open_panel(run, panel),
            Some(image) => {
                let is_same = (image.run, image.panel) == (run, panel);
                let is_found = image.place == Place::Lost && image.sha256 == done.sha256;
                if is_same && is_found { Ok(()) } else { Err(Misfit::Taken(done.image.clone())) }
            }
        }
    }

    /// A panel without a picture, or with one that was lost.
    fn open_panel(&self, run: RunId, panel: u32) -> Result<(), Misfit> {
        let state = self.known(run)?.panels.get(panel as usize);
        match state.ok_or(Misfit::NoPanel { run, panel })? {
            PanelState::Done(id) if self.image(id).is_none_or(|i| i.place != Place::Lost) => {
                Err(Misfit::Painted { run, panel })
            }
            _ => Ok(()),
        }
    }

    fn is_queue(&self, runs: &[RunId]) -> Result<(), Misfit> {
        // Lengths first: a long queue is not to be gone through for a short list.
        let is_same = runs.len() == self.queue().len() && {
            let (named, waiting): (HashSet<_>, HashSet<_>) =
                (runs.iter().copied().collect(), self.queue().collect());
            named == waiting
        };
        match is_same {
            true => Ok(()),
            false => Err(Misfit::Queue),
        }
    }

    fn admit_marks(&self, marked: &Marked) -> Result<(), Misfit> {
        marked.tag.iter().chain(&marked.untag).try_for_each(|tag| name(tag))?;
        self.at(&marked.images, Place::has_file)
    }

    /// Whether each picture is known, named once, and in a fitting place.
    fn at(&self, images: &[ImageId], fits: impl Fn(Place) -> bool) -> Result<(), Misfit> {
        let mut seen = HashSet::with_capacity(images.len());
        for id in images {
            let image = self.image(id).ok_or_else(|| Misfit::NoImage(id.clone()))?;
            if !fits(image.place) {
                return Err(Misfit::Place { image: id.clone(), place: image.place });
            }
            if !seen.insert(id) {
                return Err(Misfit::Empty);
            }
        }
        if images.is_empty() { Err(Misfit::Empty) } else { Ok(()) }
    }
}

impl Marked {
    /// The marks that come of others.
    pub(super) fn on(&self, marks: &Marks) -> Marks {
        let mut marks = marks.clone();
        marks.star = self.star.unwrap_or(marks.star);
        marks.reject = self.reject.unwrap_or(marks.reject);
        for tag in &self.untag {
            marks.tags.remove(tag);
        }
        marks.tags.extend(self.tag.iter().cloned());
        marks
    }
}

fn name(text: &str) -> Result<(), Misfit> {
    match text.trim().is_empty() || text.len() > MAX_NAME {
        true => Err(Misfit::Name(text.chars().take(40).collect())),
        false => Ok(()),
    }
}
