//! The life of a run: queued, painted, over.

use super::event::{
    Outcome, PanelFailed, QueueOrdered, RunEnded, RunHeld, RunReleased, RunStarted,
};
use super::ids::RunId;
use super::queued::{InRow, RunQueued};
use super::run::Status;
use super::running::Running;
use super::{Session, SessionError};
use crate::recipe::Recipe;
use crate::util::fs::FsError;

impl Session {
    /// Puts a recipe at the end of the queue. From here on it is frozen.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn queue(&mut self, recipe: Recipe, parent: Option<RunId>) -> Result<RunId, SessionError> {
        let seq = self.append(RunQueued { parent, row: None, recipe: recipe.into() })?;
        Ok(RunId(seq.0))
    }

    /// Puts recipes that differ in one value at the end of the queue, as one row.
    ///
    /// # Errors
    /// As [`Session::append`]; those before the one that failed are queued.
    pub fn queue_row(
        &mut self,
        name: &str,
        cells: Vec<(String, Recipe)>,
    ) -> Result<Vec<RunId>, SessionError> {
        let mut runs = Vec::new();
        for (value, recipe) in cells {
            let row = Some(InRow { name: name.to_owned(), value });
            let parent = runs.first().copied();
            runs.push(RunId(self.append(RunQueued { parent, row, recipe: recipe.into() })?.0));
        }
        Ok(runs)
    }

    /// Takes a run from the queue to paint it; gives which attempt this is.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn start(&mut self, run: RunId) -> Result<u32, SessionError> {
        let attempts = self.state.run(run).map_or(0, |run| run.attempts);
        let attempt = attempts.saturating_add(1);
        self.writer()?;
        self.state.in_status(run, |status| *status == Status::Queued)?;
        // The mark of a crash first: an entry without it would do no harm, since
        // a run without an end is held too, but tell less.
        Running::new(run, attempt, self.now()).write(&self.layout)?;
        self.append(RunStarted { run, attempt })?;
        Ok(attempt)
    }

    /// Says that a panel could not be painted.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn fail_panel(&mut self, run: RunId, panel: u32, reason: &str) -> Result<(), SessionError> {
        self.state.in_status(run, |status| *status == Status::Running)?;
        let reason = reason.to_owned();
        self.append(PanelFailed { run, panel, reason }).map(drop)
    }

    /// Says how a run ended.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn end(&mut self, ended: RunEnded) -> Result<(), SessionError> {
        self.state.in_status(ended.run, |status| *status == Status::Running)?;
        self.append(ended)?;
        self.clear_running();
        Ok(())
    }

    /// Puts a run that is being painted back to the front of the queue, with
    /// the panels that it has: so the program may end in the middle of it.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn interrupt(&mut self, run: RunId) -> Result<(), SessionError> {
        self.state.in_status(run, |status| *status == Status::Running)?;
        self.append(RunReleased { run })?;
        self.clear_running();
        Ok(())
    }

    /// Keeps a run back until [`Session::release`].
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn hold(&mut self, run: RunId, reason: &str) -> Result<(), SessionError> {
        self.state.in_status(run, |s| matches!(s, Status::Queued | Status::Running))?;
        self.append(RunHeld { run, reason: reason.to_owned() })?;
        self.clear_running();
        Ok(())
    }

    /// Puts a held run to the front of the queue.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn release(&mut self, run: RunId) -> Result<(), SessionError> {
        self.state.in_status(run, |status| matches!(status, Status::Held(_)))?;
        self.append(RunReleased { run }).map(drop)
    }

    /// Takes a waiting or held run out of the queue for good.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn withdraw(&mut self, run: RunId) -> Result<(), SessionError> {
        self.state.in_status(run, |s| matches!(s, Status::Queued | Status::Held(_)))?;
        self.append(RunEnded::new(run, Outcome::Withdrawn)).map(drop)
    }

    /// Gives the waiting runs another order.
    ///
    /// # Errors
    /// As [`Session::append`]; the list must hold each waiting run once.
    pub fn order_queue(&mut self, runs: Vec<RunId>) -> Result<(), SessionError> {
        self.append(QueueOrdered { runs }).map(drop)
    }

    /// The run in progress, as its file tells; also for readers.
    pub fn in_progress(&self) -> Option<Running> {
        Running::read(&self.layout)
    }

    /// The history has the end of the run already; a mark that stays is cleared
    /// at the next start.
    fn clear_running(&self) {
        if self.state.running().next().is_some() {
            return;
        }
        let cleared: Result<(), FsError> = Running::clear(&self.layout);
        if let Err(error) = cleared {
            tracing::debug!(%error, "running.yaml stays");
        }
    }
}
