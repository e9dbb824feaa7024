//! What a session is now, folded from its history.
//!
//! Folding never fails: an entry that does not fit is set aside with its reason
//! and changes nothing. The same entries always give the same state.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entry::Entry;
use super::ids::{ImageId, RunId, Seq};
use super::run::{Image, PanelState, Run, Status};
use super::undo::Step;

pub use super::admit::Misfit;

/// Most single changes that undoing may cause in one history; more than people
/// can make, and less than a second of work.
pub(super) const MAX_WORK: usize = 100_000_000;

/// The runs, pictures and marks of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub(super) name: String,
    pub(super) runs: Vec<Run>,
    pub(super) images: Vec<Image>,
    pub(super) run_at: HashMap<RunId, usize>,
    pub(super) image_at: HashMap<ImageId, usize>,
    /// Waiting runs by their places, the next first.
    pub(super) queue: BTreeMap<i64, RunId>,
    pub(super) done: Vec<Step>,
    pub(super) undone: Vec<Step>,
    /// Entries whose effect is taken back.
    pub(super) taken_back: HashSet<Seq>,
    pub(super) misfits: Vec<(Seq, Misfit)>,
    pub(super) unknown: Vec<(Seq, String)>,
    pub(super) last: Seq,
    pub(super) work: usize,
}

impl State {
    /// Folds entries in their order.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut state = Self::default();
        for entry in entries {
            state.apply(entry);
        }
        state
    }

    /// Takes one more entry; its number must be higher than any before.
    pub fn apply(&mut self, entry: &Entry) {
        self.last = self.last.max(entry.seq);
        match self.admit(&entry.event) {
            Ok(()) => self.take(entry),
            Err(misfit) => self.misfits.push((entry.seq, misfit)),
        }
    }

    /// What people call the session.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All runs, in the order in which they were queued.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// A run by its name.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(*self.run_at.get(&id)?)
    }

    /// All pictures that were ever stored, in that order.
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// A picture by its name.
    pub fn image(&self, id: &ImageId) -> Option<&Image> {
        self.images.get(*self.image_at.get(id)?)
    }

    /// The pictures of a run, in the order of its panels.
    pub fn images_of(&self, run: RunId) -> impl Iterator<Item = &Image> {
        let panels = self.run(run).map_or(&[][..], |run| &run.panels);
        panels.iter().filter_map(|panel| match panel {
            PanelState::Done(id) => self.image(id),
            _ => None,
        })
    }

    /// The waiting runs, the next first.
    pub fn queue(&self) -> impl ExactSizeIterator<Item = RunId> + '_ {
        self.queue.values().copied()
    }

    /// The runs that have begun and are not over.
    pub fn running(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.status == Status::Running)
    }

    /// The entry that undo would take back.
    pub fn undoable(&self) -> Option<Seq> {
        self.done.last().map(|step| step.seq)
    }

    /// The entry that redo would bring back.
    pub fn redoable(&self) -> Option<Seq> {
        self.undone.last().map(|step| step.seq)
    }

    /// Whether an entry was undone.
    pub fn is_undone(&self, entry: Seq) -> bool {
        self.taken_back.contains(&entry)
    }

    /// The entries that did not fit, and why.
    pub fn misfits(&self) -> &[(Seq, Misfit)] {
        &self.misfits
    }

    /// The entries of kinds that this version does not know.
    pub fn unknown(&self) -> &[(Seq, String)] {
        &self.unknown
    }

    /// The highest number of an entry.
    pub fn last(&self) -> Seq {
        self.last
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
