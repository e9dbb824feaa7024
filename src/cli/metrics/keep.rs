//! Numbers into the history of a session.

use std::path::PathBuf;

use super::Measured;
use crate::cli::error::{CliError, Kind};
use crate::cli::output::Output;
use crate::cli::session::find;
use crate::session::{Access, RunId, Session, SessionError};
use crate::studio::scored;

/// Adds an entry for each run.
///
/// # Errors
/// When there is no session, another program writes to it, or the disk refuses.
pub fn keep(targets: &[PathBuf], measured: &[Measured], out: &Output) -> Result<(), CliError> {
    let runs: Vec<(RunId, &Measured)> =
        measured.iter().filter_map(|one| Some((one.set.run?, one))).collect();
    let [target] = targets else { return Err(no_session()) };
    if runs.is_empty() {
        return Err(no_session());
    }
    let mut session = Session::open(&find(target), Access::Write)?;
    if let Some(why) = session.why_read_only() {
        let error = SessionError::ReadOnly(why.clone());
        return Err(CliError::new(Kind::Session, error.to_string()).hint(error.hint()));
    }
    for (run, one) in &runs {
        session.append(scored(*run, one.set.stored(), &one.scores))?;
    }
    out.say(&format!("kept the numbers of {} runs in {}", runs.len(), session.path().display()));
    Ok(())
}

fn no_session() -> CliError {
    CliError::usage("--keep is for a session, and pictures have none")
}
