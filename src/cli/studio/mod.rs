//! The studio: `predella`, or `predella SESSION`.

pub(super) mod opening;

use super::error::{CliError, Kind};
use super::interrupt::end_at_next_signal;
use super::session::find;
use crate::config::paths::state_dir;
use crate::session::Session;
use crate::studio::{self, Settings, Studio};
use crate::term::guard::restore_on_panic;
use crate::tui::{self, Ending, Wires};
use opening::Opening;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Opens a session in the studio.
///
/// # Errors
/// When the session cannot be opened or there is no terminal.
pub fn run(session: Option<&Path>) -> Result<(), CliError> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(CliError::new(Kind::Usage, "the studio needs a terminal")
            .hint("paint from a script with: predella paint"));
    }
    if std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        return Err(CliError::new(Kind::Usage, "this terminal cannot place text (TERM is dumb)")
            .hint("paint without the studio: predella paint"));
    }
    let session = opening::open(session.map(find).as_deref())?;
    let Opening { state, pictures, keymap } = opening::opening(&session);
    let options = tui::Options {
        state,
        pictures,
        keymap,
        colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        forced: std::env::var("PREDELLA_GRAPHICS").ok(),
        is_far: std::env::var_os("SSH_CONNECTION").is_some(),
        mouse: true,
    };
    let studio = start(session)?;
    let wires = Wires { commands: studio.commands, news: studio.news, progress: studio.progress };
    restore_on_panic(log());
    let threads = |e| CliError::failed(format!("no thread could be started: {e}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(threads)?;
    let ran = runtime.block_on(tui::run(options, wires));
    end_at_next_signal();
    // What is being painted is stopped or finished, as was asked, and saved.
    let kept = studio.thread.join();
    let ending = ran.map_err(|e| CliError::failed(format!("the terminal failed: {e}")))?;
    match (ending, kept) {
        (Ending::Broken, _) | (_, Err(_)) => {
            Err(CliError::failed("the studio failed in a way that it should not")
                .hint("what was painted is kept; start again and it is found"))
        }
        (Ending::Signal(signal), _) => {
            Err(CliError::new(Kind::Interrupted(signal), "stopped; everything finished is kept"))
        }
        (Ending::Left, _) => Ok(()),
    }
}

/// Starts the studio over a session.
///
/// # Errors
/// When a thread cannot be started.
pub(super) fn start(session: Session) -> Result<Studio, CliError> {
    studio::start(session, Settings::default())
        .map_err(|e| CliError::failed(format!("no thread could be started: {e}")))
}

/// Where faults of threads are told while the screen is taken.
fn log() -> Option<PathBuf> {
    let folder = state_dir()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("predella.log"))
}
