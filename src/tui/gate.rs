//! Which pictures may be sent now: over a slow link, not all at once.

use crate::term::budget::Budget;
use ratatui::layout::Rect;
use std::collections::HashMap;
use std::time::Instant;

/// What is on the screen, and what may come.
pub struct Gate<K> {
    budget: Option<Budget>,
    /// Where pictures were on the last frame, and are on this one.
    before: HashMap<Rect, K>,
    now: HashMap<Rect, K>,
    /// Whether a picture had to wait on this frame, and on the last one.
    held_back: bool,
    waited: bool,
}

impl<K: PartialEq + Clone> Gate<K> {
    /// So many bytes a second, or as many as there are.
    pub fn new(rate: Option<u32>) -> Self {
        let budget = rate.map(|rate| Budget::new(rate, Instant::now()));
        let (before, now) = (HashMap::new(), HashMap::new());
        Self { budget, before, now, held_back: false, waited: false }
    }

    /// Whether a picture may be drawn here: it is here already, or its bytes
    /// may be sent.
    pub fn passes(&mut self, area: Rect, key: &K, bytes: usize) -> bool {
        let is_here = self.before.get(&area) == Some(key);
        let budget = self.budget.as_mut().filter(|_| !is_here);
        let passes = budget.is_none_or(|budget| budget.take(bytes, Instant::now()));
        if passes {
            self.now.insert(area, key.clone());
        } else {
            self.held_back = true;
        }
        passes
    }

    /// Whether a picture waits for its turn.
    pub fn waits(&self) -> bool {
        self.waited
    }

    /// The frame is drawn.
    pub fn turn(&mut self) {
        self.before = std::mem::take(&mut self.now);
        self.waited = std::mem::take(&mut self.held_back);
    }

    /// The screen was cleared.
    pub fn forget(&mut self) {
        self.before.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_costs_nothing_and_what_is_dear_waits() {
        let (here, there) = (Rect::new(0, 0, 4, 2), Rect::new(9, 0, 4, 2));
        let mut gate = Gate::new(Some(1000));
        assert!(gate.passes(here, &"a", 5000) && !gate.passes(there, &"b", 5000));
        gate.turn();
        assert!(gate.waits());
        assert!(gate.passes(here, &"a", 5000), "it is there");
        gate.turn();
        assert!(!gate.waits());
        gate.forget();
        assert!(!gate.passes(here, &"a", 5000), "it was cleared away");
        let mut free = Gate::new(None);
        assert!((0..9).all(|_| free.passes(here, &"a", usize::MAX)) && !free.waits());
    }
}
