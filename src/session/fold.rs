//! What each event does to the state.

use std::sync::Arc;

use super::entry::Entry;
use super::event::{Event, PanelDone};
use super::ids::{ImageId, RunId, Seq};
use super::run::{Image, Marks, PanelState, Place, Run, Status};
use super::stamp::Stamp;
use super::state::State;
use super::undo::{Move, Step, Way};
use crate::recipe::MAX_PANELS;

impl State {
    /// Takes an entry that was admitted.
    pub(super) fn take(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Created(created) => self.name.clone_from(&created.name),
            Event::RunQueued(queued) => self.add_run(Run {
                id: RunId(entry.seq.0),
                at: entry.at,
                parent: queued.parent,
                row: queued.row.clone(),
                recipe: queued.recipe.clone(),
                status: Status::Queued,
                attempts: 0,
                panels: vec![PanelState::Waiting; queued.recipe.panels().min(MAX_PANELS)],
                scores: None,
                measured: None,
                place: None,
            }),
            Event::RunStarted(e) => {
                self.set_status(e.run, Status::Running);
                self.change_run(e.run, |run| run.attempts = e.attempt);
            }
            Event::PanelDone(done) => self.add_image(done, entry.at),
            Event::PanelFailed(e) => {
                self.set_panel(e.run, e.panel, PanelState::Failed(e.reason.clone()));
            }
            Event::RunEnded(e) => self.set_status(e.run, Status::Ended(Box::new(e.clone()))),
            Event::RunHeld(e) => self.set_status(e.run, Status::Held(e.reason.clone())),
            Event::RunReleased(e) => self.set_status(e.run, Status::Queued),
            Event::QueueOrdered(e) => self.order(&e.runs),
            Event::RunScored(e) => {
                self.change_run(e.run, |run| run.scores = Some(Arc::new(e.clone())));
            }
            Event::RunMeasured(e) => {
                self.change_run(e.run, |run| run.measured = Some(Arc::new(e.clone())));
            }
            Event::Purged(e) => self.drop_files(&e.images, Place::Purged),
            Event::Lost(e) => self.drop_files(&e.images, Place::Lost),
            Event::Undone(e) => self.turn(e.entry, Way::Back),
            Event::Redone(e) => self.turn(e.entry, Way::Forth),
            Event::Unknown(kind) => self.unknown.push((entry.seq, kind.clone())),
            event => self.change(entry.seq, self.moves(event)),
        }
    }

    fn add_run(&mut self, run: Run) {
        let id = run.id;
        self.run_at.insert(id, self.runs.len());
        self.runs.push(run);
        let place = self.queue.last_key_value().map_or(0, |(place, _)| place + 1);
        self.queue.insert(place, id);
        self.change_run(id, |run| run.place = Some(place));
    }

    fn change_run(&mut self, id: RunId, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.run_at.get(&id).and_then(|at| self.runs.get_mut(*at)) {
            change(run);
        }
    }

    /// A run that waits again is the next; any other leaves the queue.
    fn set_status(&mut self, id: RunId, status: Status) {
        let place = match status {
            Status::Queued => Some(self.queue.first_key_value().map_or(0, |(place, _)| place - 1)),
            _ => None,
        };
        let mut before = None;
        self.change_run(id, |run| {
            run.status = status;
            before = std::mem::replace(&mut run.place, place);
        });
        if let Some(place) = before {
            self.queue.remove(&place);
        }
        if let Some(place) = place {
            self.queue.insert(place, id);
        }
    }

    fn order(&mut self, runs: &[RunId]) {
        self.queue.clear();
        for (place, id) in (0..).zip(runs) {
            self.queue.insert(place, *id);
            self.change_run(*id, |run| run.place = Some(place));
        }
    }

    fn set_panel(&mut self, run: RunId, panel: u32, state: PanelState) {
        self.change_run(run, |run| {
            if let Some(panel) = run.panels.get_mut(panel as usize) {
                *panel = state;
            }
        });
    }

    fn add_image(&mut self, done: &PanelDone, at: Stamp) {
        self.set_panel(done.run, done.panel, PanelState::Done(done.image.clone()));
        if let Some(found) = self.image_at.get(&done.image).and_then(|at| self.images.get_mut(*at))
        {
            // A picture that was lost is there again, with its marks.
            found.place = Place::Shown;
            return;
        }
        self.image_at.insert(done.image.clone(), self.images.len());
        self.images.push(Image {
            id: done.image.clone(),
            run: done.run,
            panel: done.panel,
            at,
            sha256: done.sha256.clone(),
            bytes: done.bytes,
            seconds: done.seconds,
            marks: Marks::default(),
            place: Place::Shown,
        });
    }

    /// Files that are gone; steps that changed nothing else cannot be undone.
    fn drop_files(&mut self, images: &[ImageId], place: Place) {
        for at in images.iter().filter_map(|id| self.image_at.get(id)) {
            if let Some(image) = self.images.get_mut(*at) {
                image.place = place;
            }
        }
        self.trim();
    }

    /// Drops steps from the top that no longer change anything, so that undo
    /// never seems to do nothing.
    fn trim(&mut self) {
        for stack in [&mut self.done, &mut self.undone] {
            while stack.pop_if(|step| !step.is_live(&self.images)).is_some() {}
        }
    }

    /// The changes of an event that can be undone.
    fn moves(&self, event: &Event) -> Vec<Move> {
        let to_place = |images: &[ImageId], to: Place| {
            let at = images.iter().filter_map(|id| self.image_at.get(id).copied());
            let from = |at: usize| self.images.get(at).map(|image| image.place);
            at.filter_map(|image| Some(Move::Place { image, from: from(image)?, to })).collect()
        };
        match event {
            Event::Trashed(e) => to_place(&e.images, Place::Trashed),
            Event::Restored(e) => to_place(&e.images, Place::Shown),
            Event::Renamed(e) => {
                vec![Move::Name { from: self.name.clone(), to: e.name.clone() }]
            }
            Event::Marked(e) => {
                let at = e.images.iter().filter_map(|id| self.image_at.get(id).copied());
                let from = |at: usize| self.images.get(at).map(|image| image.marks.clone());
                let change = |image| {
                    let from = from(image)?;
                    let to = e.on(&from);
                    Some(Move::Marks { image, from, to })
                };
                at.filter_map(change).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Makes changes as one step. One that changes nothing is not a step.
    fn change(&mut self, seq: Seq, mut moves: Vec<Move>) {
        moves.retain(|change| !change.is_idle());
        if moves.is_empty() {
            return;
        }
        for change in &moves {
            change.make(Way::Forth, &mut self.name, &mut self.images);
        }
        self.undone.clear();
        self.done.push(Step { seq, moves });
    }

    /// Takes the latest step back, or the latest of those again.
    fn turn(&mut self, entry: Seq, way: Way) {
        let stack = if way == Way::Back { &mut self.done } else { &mut self.undone };
        let Some(step) = stack.pop() else { return };
        self.work = self.work.saturating_add(step.moves.len());
        // Back in reverse, should a step ever change one thing twice.
        let make = |change: &Move| change.make(way, &mut self.name, &mut self.images);
        match way {
            Way::Back => step.moves.iter().rev().for_each(make),
            Way::Forth => step.moves.iter().for_each(make),
        }
        if way == Way::Back {
            self.taken_back.insert(entry);
            self.undone.push(step);
        } else {
            self.taken_back.remove(&entry);
            self.done.push(step);
        }
        self.trim();
    }
}
