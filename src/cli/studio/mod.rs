//! The studio: `predella`, or `predella SESSION`.

pub(super) mod opening;

use super::error::{CliError, Kind};
use super::interrupt::end_at_next_signal;
use super::session::find;
use crate::config::paths::state_dir;
use crate::session::Session;
use crate::studio::{self, Level, Note, Settings, Studio};
use crate::term::guard::restore_on_panic;
use crate::tui::state::State;
use crate::tui::{self, Ending, Wires};
use opening::Opening;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Bytes of pictures a second over SSH.
const FAR: u32 = 150_000;

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
    let Opening { mut state, pictures, keymap } = opening::opening(&session);
    let rate = rate(&mut state);
    state.judging = judging(&state);
    let judging = state.judging;
    let options = tui::Options {
        state,
        pictures,
        themes: opening::themes_folder(),
        keymap,
        colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        forced: std::env::var("PREDELLA_GRAPHICS").ok(),
        is_far: rate.is_some(),
        rate,
        mouse: true,
    };
    let studio = start(session, judging)?;
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

/// Whether finished sets are scored: unless that was turned off in the session, or for
/// all.
pub(super) fn judging(state: &State) -> bool {
    state.judging && std::env::var("PREDELLA_SCORES").as_deref() != Ok("off")
}

/// Most bytes of pictures a second: what was asked for, else a usual one over
/// SSH.
fn rate(state: &mut State) -> Option<u32> {
    let is_far = std::env::var_os("SSH_CONNECTION").is_some();
    let usual = is_far.then_some(FAR);
    let Some(asked) = std::env::var("PREDELLA_RATE").ok().filter(|text| !text.is_empty()) else {
        return usual;
    };
    match asked.trim().parse::<u32>() {
        Ok(0) => None,
        Ok(kilobytes) => Some(kilobytes.saturating_mul(1000)),
        Err(_) => {
            let text = "PREDELLA_RATE takes kilobytes of pictures a second; 0 is no limit";
            state.say(Note::new(Level::Warning, text));
            usual
        }
    }
}

/// Starts the studio over a session.
///
/// # Errors
/// When a thread cannot be started.
pub(super) fn start(session: Session, judging: bool) -> Result<Studio, CliError> {
    studio::start(session, Settings { judging, ..Settings::default() })
        .map_err(|e| CliError::failed(format!("no thread could be started: {e}")))
}

/// Where faults of threads are told while the screen is taken.
fn log() -> Option<PathBuf> {
    let folder = state_dir()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("predella.log"))
}
