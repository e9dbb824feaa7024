//! Jobs in the order in which they will be painted.

use crate::recipe::Recipe;

/// A job's number; a later job has a higher one.
pub type JobId = u64;

/// A frozen recipe that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What to paint.
    pub recipe: Recipe,
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
    /// The jobs, next one first.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Whether no further job starts.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Pauses or goes on.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Puts a job at the end.
    pub fn add(&mut self, job: Job) {
        self.jobs.push(job);
    }

    /// Takes a job out.
    pub fn remove(&mut self, id: JobId) -> Option<Job> {
        let at = self.jobs.iter().position(|job| job.id == id)?;
        Some(self.jobs.remove(at))
    }

    /// Moves a job by one place, sooner or later. At an end nothing happens.
    pub fn shift(&mut self, id: JobId, later: bool) -> bool {
        let Some(at) = self.jobs.iter().position(|job| job.id == id) else { return false };
        let to = if later { at + 1 } else { at.wrapping_sub(1) };
        if to >= self.jobs.len() {
            return false;
        }
        self.jobs.swap(at, to);
        true
    }

    /// Lets a held job start.
    pub fn release(&mut self, id: JobId) -> bool {
        let job = self.jobs.iter_mut().find(|job| job.id == id);
        job.is_some_and(|job| job.held.take().is_some())
    }

    /// Takes the next job that may start.
    pub fn take_next(&mut self) -> Option<Job> {
        if self.paused {
            return None;
        }
        let at = self.jobs.iter().position(|job| job.held.is_none())?;
        Some(self.jobs.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Draft;

    fn queue() -> Queue {
        let mut queue = Queue::default();
        for id in 1..=3 {
            let held = (id == 1).then(|| "crashed".to_owned());
            queue.add(Job { id, recipe: Draft::default().freeze("1"), held });
        }
        queue
    }

    fn ids(queue: &Queue) -> Vec<JobId> {
        queue.jobs().iter().map(|job| job.id).collect()
    }

    #[test]
    fn a_held_job_lets_others_pass() {
        let mut queue = queue();
        assert_eq!(queue.take_next().map(|job| job.id), Some(2));
        assert!(queue.release(1) && !queue.release(1));
        assert_eq!(queue.take_next().map(|job| job.id), Some(1));
    }

    #[test]
    fn a_paused_queue_starts_nothing() {
        let mut queue = queue();
        queue.set_paused(true);
        assert_eq!(queue.take_next(), None);
        assert_eq!(ids(&queue), [1, 2, 3]);
    }

    #[test]
    fn jobs_move_within_their_bounds() {
        let mut queue = queue();
        assert!(queue.shift(3, false) && queue.shift(3, false) && !queue.shift(3, false));
        assert_eq!(ids(&queue), [3, 1, 2]);
        assert!(!queue.shift(2, true) && !queue.shift(9, true));
        assert_eq!(queue.remove(1).map(|job| job.id), Some(1));
        assert_eq!(ids(&queue), [3, 2]);
    }
}
