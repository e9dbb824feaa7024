//! The run being painted.

use super::eta::Pace;
use super::news::Progress;
use super::queue::JobId;
use super::worker::Made;
use crate::engine::Plan;
use crate::engine::explain::{Outline, Seen, Table};
use crate::recipe::Recipe;
use crate::session::{State, Status};
use image::RgbImage;
use std::sync::Arc;
use std::time::Instant;

/// The run being painted.
pub(super) struct Current {
    pub id: JobId,
    pub recipe: Arc<Recipe>,
    pub plan: Option<Box<Plan>>,
    pub made: Option<Made>,
    pub progress: Progress,
    pub outline: Option<Box<Outline>>,
    pub pace: Pace,
    pub step_began: Instant,
    /// Why a finished picture could not be kept.
    pub lost: Option<String>,
}

impl Current {
    /// A run that has just begun.
    pub fn new(id: JobId, recipe: Arc<Recipe>) -> Self {
        let progress = Progress {
            job: id,
            recipe: recipe.clone(),
            stage: None,
            step: 0,
            steps: recipe.steps as usize,
            pace: None,
            left: None,
            active: Vec::new(),
            previews: vec![None; recipe.panels.len()],
            inverted: (0, 0),
            references: Vec::new(),
            measured: None,
        };
        let (pace, step_began) = (Pace::default(), Instant::now());
        let (plan, made, lost) = (None, None, None);
        Self { id, recipe, plan, made, progress, outline: None, pace, step_began, lost }
    }

    /// Takes what earlier runs took, until a step is finished.
    pub fn foresee(&mut self, seconds_a_step: f64) {
        self.pace = Pace::known(seconds_a_step);
        self.tell_pace();
    }

    /// Takes a finished step of the references' way to noise.
    pub fn inverted(&mut self, step: usize, steps: usize, pictures: Vec<RgbImage>) {
        self.progress.inverted = (step, steps);
        if !pictures.is_empty() {
            self.progress.references = pictures.into_iter().map(Arc::new).collect();
        }
    }

    /// Takes what alignment did.
    pub fn see(&mut self, seen: &[Seen]) {
        let Some(outline) = &self.outline else { return };
        let empty = || Arc::new(Table::new(outline));
        Arc::make_mut(self.progress.measured.get_or_insert_with(empty)).add(seen);
    }

    fn tell_pace(&mut self) {
        let progress = &mut self.progress;
        progress.pace = self.pace.seconds_a_step().filter(|s| *s > 0.0).map(|s| 1.0 / s);
        progress.left = self.pace.left(progress.steps.saturating_sub(progress.step));
    }

    /// Takes a finished step into account.
    pub fn step(&mut self, chunk: usize, step: usize, steps: usize) {
        self.pace.step(self.step_began.elapsed());
        self.step_began = Instant::now();
        let progress = &mut self.progress;
        progress.step = chunk * steps + step;
        if let Some(panels) = self.plan.as_ref().and_then(|plan| plan.chunks.get(chunk)) {
            progress.active.clone_from(panels);
        }
        self.tell_pace();
    }
}

/// The place of seconds a step among a run's timings.
pub(super) const STEP: &str = "step";

/// Seconds a step of the last run on this device that was as large as this one
/// will be.
pub(super) fn learned(state: &State, recipe: &Recipe, device: &str) -> Option<f64> {
    let size = |recipe: &Recipe| {
        let (model, size) = (recipe.model.name.clone(), recipe.size);
        let control = recipe.control.is_some();
        (model, size, recipe.panels.len(), recipe.anchor.references().len(), control)
    };
    let wanted = (size(recipe), recipe.is_guided());
    state.runs().iter().rev().find_map(|run| {
        let Status::Ended(ended) = &run.status else { return None };
        let alike = |other: &Recipe| (size(other), other.is_guided()) == wanted;
        let fits = ended.device.as_deref() == Some(device) && alike(run.recipe.recipe()?);
        ended.timings.get(STEP).copied().filter(|_| fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Draft;
    use crate::session::{Outcome, RunEnded, Session};

    #[test]
    fn time_is_learned_from_runs_of_the_same_size_on_the_same_device() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::create(&folder.path().join("s"), "s").unwrap();
        let recipe = |steps, subjects: &[&str]| {
            let subjects = subjects.iter().map(|s| (*s).into()).collect();
            Draft { steps, subjects, ..Draft::default() }.freeze("1")
        };
        let two = recipe(20, &["a fox", "a bear"]);
        assert_eq!(learned(session.state(), &two, "cpu"), None);
        for seconds in [3.0, 2.0] {
            let run = session.queue(two.clone(), None).unwrap();
            session.start(run).unwrap();
            let mut ended = RunEnded::new(run, Outcome::Stopped);
            ended.timings.insert(STEP.to_owned(), seconds);
            ended.device = Some("cpu".into());
            session.end(ended).unwrap();
        }
        let state = session.state();
        assert_eq!(learned(state, &recipe(50, &["an owl", "a cat"]), "cpu"), Some(2.0));
        assert_eq!(learned(state, &two, "cuda:0"), None);
        assert_eq!(learned(state, &recipe(20, &["a fox"]), "cpu"), None);
    }
}
