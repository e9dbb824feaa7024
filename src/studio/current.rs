//! The run being painted.

use super::eta::Pace;
use super::news::Progress;
use super::queue::JobId;
use super::worker::Made;
use crate::engine::Plan;
use crate::recipe::Recipe;
use std::sync::Arc;
use std::time::Instant;

/// The run being painted.
pub(super) struct Current {
    pub id: JobId,
    pub recipe: Arc<Recipe>,
    pub plan: Option<Box<Plan>>,
    pub made: Option<Made>,
    pub progress: Progress,
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
        };
        let (pace, step_began) = (Pace::default(), Instant::now());
        Self { id, recipe, plan: None, made: None, progress, pace, step_began, lost: None }
    }

    /// Takes a finished step into account.
    pub fn step(&mut self, chunk: usize, step: usize, steps: usize) {
        self.pace.step(self.step_began.elapsed());
        self.step_began = Instant::now();
        let progress = &mut self.progress;
        progress.step = chunk * steps + step;
        progress.pace = self.pace.seconds_a_step().filter(|s| *s > 0.0).map(|s| 1.0 / s);
        progress.left = self.pace.left(progress.steps.saturating_sub(progress.step));
        if let Some(panels) = self.plan.as_ref().and_then(|plan| plan.chunks.get(chunk)) {
            progress.active.clone_from(panels);
        }
    }
}
