//! When finished sets are judged: while nothing is painted and nothing waits.

use super::judge::{Judged, Order};
use super::keeper::{Keeper, explain};
use super::news::Level;
use crate::session::{PanelState, Place, RunId};
use std::collections::VecDeque;

/// Sets that wait to be judged.
#[derive(Default)]
pub(super) struct Scoring {
    /// Whether they are judged at all.
    pub wanted: bool,
    /// The sets, oldest first.
    pub waiting: VecDeque<RunId>,
    /// The one that is looked at.
    pub current: Option<RunId>,
}

impl Keeper {
    /// Turns judging on or off.
    pub(super) fn judge(&mut self, wanted: bool) {
        self.scoring.wanted = wanted;
        if !wanted {
            self.judge.stop();
            self.scoring.waiting.clear();
        }
    }

    /// A finished set waits for the judge.
    pub(super) fn await_judge(&mut self, run: RunId) {
        if self.scoring.wanted {
            self.scoring.waiting.push_back(run);
        }
    }

    /// Lets the judge look at the next set, if nothing else is to be done.
    pub(super) fn judge_next(&mut self) {
        let busy = self.current.is_some() || self.queue().next().is_some() || self.ending;
        if busy || self.scoring.current.is_some() || self.session.why_read_only().is_some() {
            return;
        }
        while let Some(run) = self.scoring.waiting.pop_front() {
            if let Some(order) = self.order(run) {
                self.scoring.current = Some(run);
                self.judge.look(order);
                return;
            }
        }
    }

    fn order(&self, run: RunId) -> Option<Order> {
        let state = self.session.state();
        let known = state.run(run)?;
        let recipe = known.recipe.recipe()?.clone();
        let images = self.session.path().join("images");
        let shown = |(panel, is): (usize, &PanelState)| match is {
            PanelState::Done(id) if state.image(id)?.place == Place::Shown => {
                Some((panel, id.clone(), images.join(format!("{id}.png"))))
            }
            _ => None,
        };
        let pictures: Vec<_> = known.panels.iter().enumerate().filter_map(shown).collect();
        let folder = self.session.path().to_owned();
        (!pictures.is_empty()).then_some(Order { run, recipe, pictures, folder })
    }

    /// Takes what the judge says.
    pub(super) fn judged(&mut self, judged: Judged) {
        self.scoring.current = None;
        match judged {
            // Its pictures may have gone meanwhile; then nobody asks for their numbers.
            Judged::Scored(scored) if self.scoring.wanted => {
                if let Err(error) = self.session.append(*scored) {
                    self.say(Level::Info, format!("no scores: {}", explain(&error)));
                }
                self.tell_all();
            }
            Judged::Scored(_) => {}
            Judged::BrokenOff(run) if self.scoring.wanted => self.scoring.waiting.push_front(run),
            Judged::BrokenOff(_) => {}
            Judged::Failed(run, why) => self.say(Level::Info, format!("no scores of {run}: {why}")),
        }
    }
}
