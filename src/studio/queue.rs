//! Jobs in the order in which they will be painted, as the session has them.

use crate::recipe::Recipe;
use crate::session::{RunId, State, Status};
use std::sync::Arc;

/// A job is a run that has not begun.
pub type JobId = RunId;

/// A frozen recipe that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What to paint.
    pub recipe: Arc<Recipe>,
    /// What it differs in from the others of its row: `weight 0.5`.
    pub row: Option<String>,
    /// Why it does not start by itself; `None` for a job that does.
    pub held: Option<String>,
}

/// The waiting jobs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    jobs: Vec<Job>,
    paused: bool,
}

impl Queue {
    /// What waits in a session: its queue, then what is held.
    pub fn of(state: &State, paused: bool) -> Self {
        let job = |id: RunId| {
            let run = state.run(id)?;
            let held = match &run.status {
                Status::Held(why) => Some(why.clone()),
                _ => None,
            };
            let row = run.row.as_ref().map(|row| format!("{} {}", row.name, row.value));
            Some(Job { id, recipe: run.recipe.recipe()?.clone(), row, held })
        };
        let held = state.runs().iter().filter(|run| matches!(run.status, Status::Held(_)));
        let ids = state.queue().chain(held.map(|run| run.id));
        Self { jobs: ids.filter_map(job).collect(), paused }
    }

    /// The jobs, next one first.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Whether no further job starts.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The next job that may start.
    pub fn next(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| job.held.is_none() && !self.paused)
    }

    /// The waiting jobs with one moved by a place; `None` at an end.
    pub fn shifted(&self, id: JobId, later: bool) -> Option<Vec<JobId>> {
        let mut ids: Vec<JobId> =
            self.jobs.iter().filter(|job| job.held.is_none()).map(|job| job.id).collect();
        let at = ids.iter().position(|job| *job == id)?;
        let to = if later { at + 1 } else { at.checked_sub(1)? };
        if to >= ids.len() {
            return None;
        }
        ids.swap(at, to);
        Some(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Draft;

    fn queue(held: &[u64]) -> Queue {
        let recipe = Arc::new(Draft::default().freeze("1"));
        let job = |id| Job {
            id: RunId(id),
            recipe: recipe.clone(),
            row: None,
            held: held.contains(&id).then(|| "crashed".to_owned()),
        };
        Queue { jobs: (1..=3).map(job).collect(), paused: false }
    }

    #[test]
    fn a_held_job_lets_others_pass_and_a_pause_lets_none() {
        let queue = queue(&[1]);
        assert_eq!(queue.next().map(|job| job.id), Some(RunId(2)));
        assert_eq!(Queue { paused: true, ..queue }.next(), None);
    }

    #[test]
    fn jobs_move_within_their_bounds() {
        let queue = queue(&[]);
        assert_eq!(queue.shifted(RunId(3), false), Some(vec![RunId(1), RunId(3), RunId(2)]));
        assert_eq!(queue.shifted(RunId(1), false), None);
        assert_eq!(queue.shifted(RunId(3), true), None);
        assert_eq!(queue.shifted(RunId(9), true), None);
    }
}
