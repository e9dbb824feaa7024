//! The question to the terminal, by a command that otherwise leaves it alone.

use std::fs::File;
use std::io::{stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::process::{Signal, getpgrp, getpid, kill_process};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::probe::{self, Answers};

/// Longest wait; only a terminal that does not answer costs it. An answer behind
/// it would be taken for keys by whatever reads the terminal next.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Ctrl-C, as a raw terminal gives it.
const INTERRUPT: u8 = 3;

/// Asks the terminal that standard output is. `None` where that is not to be done:
/// standard output is not the terminal that this command was started from, another
/// command has it, or something was typed that is meant for the next one.
pub fn ask(tmux: bool) -> Option<Answers> {
    let (keys, screen) = (stdin(), stdout());
    if !is_ours(screen.as_fd()) {
        return None;
    }
    // Standard input may be a pipe.
    let opened = match is_ours(keys.as_fd()) {
        true => None,
        false => Some(File::open("/dev/tty").ok()?),
    };
    let input = opened.as_ref().map_or_else(|| keys.as_fd(), File::as_fd);
    let raw = Raw::take(input)?;
    if probe::is_ready(input, Duration::ZERO) != Ok(false) {
        return None;
    }
    let answers = probe::ask_on(input, tmux, PATIENCE);
    drop(raw);
    if answers.typed.contains(&INTERRUPT) {
        // It came as a key; now it is what it was meant as. Nobody else can fail.
        let _ = kill_process(getpid(), Signal::INT);
    }
    Some(answers)
}

/// Whether the terminal obeys this command: a job in the background that changed it
/// would be stopped.
fn is_ours(terminal: BorrowedFd<'_>) -> bool {
    tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
}

/// A terminal whose keys come at once and unseen. Dropping it restores it.
struct Raw<'a> {
    terminal: BorrowedFd<'a>,
    before: Termios,
}

impl<'a> Raw<'a> {
    fn take(terminal: BorrowedFd<'a>) -> Option<Self> {
        let before = tcgetattr(terminal).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(terminal, OptionalActions::Now, &raw).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}
