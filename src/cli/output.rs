//! The only place that prints.
//!
//! Results go to standard output, talk goes to standard error. Whatever is
//! printed here was made safe for a terminal first, except for documents whose
//! format escapes by itself. A reader that went away is no error: what would
//! have been printed is dropped and the work goes on.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::MultiProgress;
use serde::Serialize;

use super::error::CliError;
use crate::util::text::{sanitise, sanitise_block};

/// Where a command's words go, and in which dress.
#[derive(Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    colour: bool,
    closed: AtomicBool,
    fault: RefCell<Option<io::Error>>,
    documented: Cell<bool>,
    bars: MultiProgress,
}

/// Colours of the talk, as ANSI attributes.
#[derive(Clone, Copy)]
enum Ink {
    Red,
    Yellow,
    Blue,
    Dim,
}

impl Output {
    /// Prints documents if `json`, and no talk but warnings and errors if `quiet`.
    pub fn new(json: bool, quiet: bool) -> Self {
        Self {
            json,
            quiet,
            colour: wants_colour(),
            closed: AtomicBool::new(false),
            fault: RefCell::new(None),
            documented: Cell::new(false),
            bars: MultiProgress::new(),
        }
    }

    /// Whether results are to be documents for programs.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a progress bar would be seen and is wanted.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether pictures on standard output would be seen.
    pub fn shows_pictures(&self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Whether colours on standard output would be seen and are wanted.
    pub fn shows_colours(&self) -> bool {
        self.shows_pictures() && allows_colour()
    }

    /// The bars that talk must not tear; new bars belong in here.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// One result for people. Line feeds in it stay.
    pub fn line(&self, text: &str) {
        self.write(format!("{}\n", sanitise_block(text)).as_bytes());
    }

    /// One result for programs, and nothing else may be on standard output.
    pub fn document<T: Serialize>(&self, value: &T) {
        self.documented.set(true);
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.write(format!("{}\n", escape_controls(&text)).as_bytes()),
            Err(error) => *self.fault.borrow_mut() = Some(error.into()),
        }
    }

    /// Text of our own making that is meant for files and pipes, as it is.
    pub fn verbatim(&self, bytes: &[u8]) {
        self.write(bytes);
    }

    /// What is going on; dropped when quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.talk("", None, text);
        }
    }

    /// What might surprise; dropped when quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.talk("note: ", Some(Ink::Blue), text);
        }
    }

    /// What may be wrong.
    pub fn warn(&self, text: &str) {
        self.talk("warning: ", Some(Ink::Yellow), text);
    }

    /// What went wrong and what to do about it, also as a document if there is
    /// to be one and there was none yet.
    pub fn fail(&self, error: &CliError) {
        if self.json && !self.documented.get() {
            self.document(&serde_json::json!({ "error": error.document() }));
        }
        self.talk("error: ", Some(Ink::Red), &error.message);
        if let Some(hint) = &error.hint {
            self.talk("hint: ", Some(Ink::Dim), hint);
        }
    }

    /// Whether everything that was to be printed was, or nobody wanted it.
    ///
    /// # Errors
    /// When standard output failed otherwise than by being closed.
    pub fn finish(&self) -> Result<(), CliError> {
        match self.fault.borrow_mut().take() {
            None => Ok(()),
            Some(error) => Err(CliError::failed(format!("cannot print the results: {error}"))),
        }
    }

    fn write(&self, bytes: &[u8]) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let written = self.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        });
        if let Err(error) = written {
            self.closed.store(true, Ordering::Relaxed);
            if error.kind() != ErrorKind::BrokenPipe {
                *self.fault.borrow_mut() = Some(error);
            }
        }
    }

    /// Standard error is the last resort: if it is gone, there is nobody to tell.
    fn talk(&self, label: &str, ink: Option<Ink>, text: &str) {
        let text = sanitise(text);
        let line = match ink {
            Some(ink) if self.colour => format!("\x1b[{}m{label}\x1b[0m{text}\n", ink.code()),
            _ => format!("{label}{text}\n"),
        };
        self.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(line.as_bytes());
        });
    }
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Red => "1;31",
            Self::Yellow => "1;33",
            Self::Blue => "1;34",
            Self::Dim => "2",
        }
    }
}

/// Prints what the argument parser has to say: help, the version, or a fault.
///
/// The parser repeats arguments raw, so a fault is only dressed in its colours
/// when no argument could smuggle a control sequence along.
pub fn parser(error: &clap::Error, arguments_are_plain: bool) {
    if arguments_are_plain {
        let _ = error.print();
        return;
    }
    let text = sanitise_block(&error.render().to_string());
    if error.use_stderr() {
        let _ = io::stderr().write_all(text.as_bytes());
    } else {
        let _ = io::stdout().write_all(text.as_bytes());
    }
}

/// <https://no-color.org>: colours only on a terminal that has them, and never
/// against the user's word.
fn wants_colour() -> bool {
    io::stderr().is_terminal() && allows_colour()
}

fn allows_colour() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !set("NO_COLOR") && !dumb
}

/// JSON escapes C0 controls by itself; DEL, C1 and turning characters pass
/// through it raw, so they are written as escapes, which any reader undoes.
fn escape_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let raw = c == '\n' || !c.is_control();
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if raw && !turns {
            out.push(c);
        } else {
            out.push_str(&format!("\\u{:04x}", c as u32));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_hold_no_control_and_read_back_the_same() {
        let text = "a\x1b[31m\u{9b}b\u{7f}\u{202e}c\nnaïve 日本";
        let json = escape_controls(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(!json.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
