//! Pictures in plain command output, through viuer.
//!
//! viuer asks the terminal what it understands and waits for the answer, even
//! when its output is a pipe. So it is called only when standard output is a
//! terminal, and one that is known to answer.

#![allow(clippy::disallowed_methods)]

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Once;

use image::DynamicImage;
use image::imageops::FilterType;
use viuer::KittySupport;

use crate::imaging::fit;
use crate::util::text::clip;

/// The variable that chooses a protocol.
pub const VARIABLE: &str = "PREDELLA_GRAPHICS";
/// Pixels of a large cell; more would be sent for nothing.
const CELL: (u32, u32) = (16, 32);

/// How a picture reaches the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The kitty graphics protocol.
    Kitty,
    /// The inline images of iTerm2.
    Iterm,
    /// Sixel.
    Sixel,
    /// Two pixels a cell, by the half block character.
    Blocks,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kitty => "kitty",
            Self::Iterm => "iterm",
            Self::Sixel => "sixel",
            Self::Blocks => "blocks",
        })
    }
}

impl Protocol {
    /// Reads a value of [`VARIABLE`].
    fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "kitty" => Some(Self::Kitty),
            "iterm" | "iterm2" => Some(Self::Iterm),
            "sixel" => Some(Self::Sixel),
            "blocks" | "halfblocks" => Some(Self::Blocks),
            _ => None,
        }
    }

    /// Asks the terminal. The answer is remembered by viuer.
    fn is_supported(self) -> bool {
        match self {
            Self::Kitty => viuer::get_kitty_support() != KittySupport::None,
            Self::Iterm => viuer::is_iterm_supported(),
            Self::Sixel => viuer::is_sixel_supported(),
            Self::Blocks => true,
        }
    }
}

/// Room for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShowOptions {
    /// Most columns; `None` is the terminal's width.
    pub width: Option<u16>,
    /// Most rows; `None` is the terminal's height less one for the prompt.
    pub height: Option<u16>,
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It is on the screen.
    Drawn {
        /// Columns that it takes.
        columns: u32,
        /// Rows that it takes.
        rows: u32,
    },
    /// Standard output cannot show pictures; nothing was written to it.
    Not,
}

/// A picture that could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum GraphicsError {
    /// A value of [`VARIABLE`] that names no protocol.
    #[error("{VARIABLE} is {0:?}; it takes kitty, iterm, sixel or blocks")]
    Protocol(String),
    /// The terminal could not be written to, or answered nonsense.
    #[error("the picture could not be shown: {0}")]
    Viuer(String),
}

/// What is known about the terminal before it is asked.
#[derive(Debug, Clone, Default)]
struct Surroundings {
    is_terminal: bool,
    term: String,
    chosen: Option<String>,
}

impl Surroundings {
    fn here() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            term: std::env::var("TERM").unwrap_or_default(),
            chosen: std::env::var(VARIABLE).ok(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Write nothing.
    Nothing,
    /// Let viuer ask and choose.
    Ask,
    /// Use this one if the terminal has it.
    Prefer(Protocol),
}

/// Shows a picture at the cursor and leaves the cursor on the line below it.
///
/// viuer chooses between kitty, iTerm2, sixel and half blocks, or
/// `PREDELLA_GRAPHICS` does. Where standard output is no terminal, or one that
/// shows no pictures, nothing is written to it and standard error says so,
/// once.
///
/// # Errors
/// When `PREDELLA_GRAPHICS` names no protocol or the terminal cannot be written to.
pub fn show(image: &DynamicImage, options: &ShowOptions) -> Result<Shown, GraphicsError> {
    let protocol = match plan(&Surroundings::here())? {
        Plan::Nothing => {
            note("standard output is no terminal that shows pictures; none is shown");
            return Ok(Shown::Not);
        }
        Plan::Ask => None,
        Plan::Prefer(protocol) if protocol.is_supported() => Some(protocol),
        Plan::Prefer(protocol) => {
            note(&format!("the terminal does not report {protocol:?}; half blocks are used"));
            Some(Protocol::Blocks)
        }
    };
    let (columns, rows) = cells(image, options, viuer::terminal_size());
    let small = shrink(image, columns, rows);
    let drawn = viuer::print(&small, &config(protocol, columns, rows));
    let (columns, rows) = drawn.map_err(|e| GraphicsError::Viuer(clip(&e.to_string(), 160)))?;
    Ok(Shown::Drawn { columns, rows })
}

/// How pictures would be shown here; `None` where they would not be.
///
/// # Errors
/// When `PREDELLA_GRAPHICS` names no protocol.
pub fn protocol() -> Result<Option<Protocol>, GraphicsError> {
    let best = || {
        let known = [Protocol::Kitty, Protocol::Iterm, Protocol::Sixel];
        known.into_iter().find(|protocol| protocol.is_supported()).unwrap_or(Protocol::Blocks)
    };
    Ok(match plan(&Surroundings::here())? {
        Plan::Nothing => None,
        Plan::Ask => Some(best()),
        Plan::Prefer(protocol) if protocol.is_supported() => Some(protocol),
        Plan::Prefer(_) => Some(Protocol::Blocks),
    })
}

fn plan(around: &Surroundings) -> Result<Plan, GraphicsError> {
    let chosen = match around.chosen.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => match Protocol::parse(name) {
            Some(protocol) => Some(protocol),
            None => return Err(GraphicsError::Protocol(clip(name, 40))),
        },
        None => None,
    };
    Ok(match (around.is_terminal, around.term.as_str(), chosen) {
        (false, ..) | (_, "" | "dumb", _) => Plan::Nothing,
        // The console of Linux answers no question that it does not know.
        (_, "linux", None) => Plan::Prefer(Protocol::Blocks),
        (_, _, Some(protocol)) => Plan::Prefer(protocol),
        (_, _, None) => Plan::Ask,
    })
}

/// Columns and rows for a picture, a cell being twice as high as wide.
fn cells(image: &DynamicImage, options: &ShowOptions, terminal: (u16, u16)) -> (u32, u32) {
    let columns = options.width.unwrap_or(u16::MAX).min(terminal.0);
    let rows = options.height.unwrap_or(u16::MAX).min(terminal.1.saturating_sub(1));
    let bound = (u32::from(columns), 2 * u32::from(rows));
    let (width, height) = fit((image.width(), image.height()), bound);
    (width, height.div_ceil(2))
}

/// No more pixels than the cells can show.
fn shrink(image: &DynamicImage, columns: u32, rows: u32) -> DynamicImage {
    let bound = (columns * CELL.0, rows * CELL.1);
    let (width, height) = fit((image.width(), image.height()), bound);
    match (width, height) == (image.width(), image.height()) {
        true => image.clone(),
        false => image.resize_exact(width, height, FilterType::Triangle),
    }
}

fn config(protocol: Option<Protocol>, columns: u32, rows: u32) -> viuer::Config {
    let uses = |this| protocol.is_none_or(|protocol| protocol == this);
    viuer::Config {
        absolute_offset: false,
        width: Some(columns),
        height: Some(rows),
        use_kitty: uses(Protocol::Kitty),
        use_iterm: uses(Protocol::Iterm),
        use_sixel: uses(Protocol::Sixel),
        ..viuer::Config::default()
    }
}

/// One line on standard error, once a run.
fn note(line: &str) {
    static SAID: Once = Once::new();
    // Nobody is left to be told when standard error is closed.
    SAID.call_once(|| drop(writeln!(io::stderr(), "{line}")));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn picture(width: u32, height: u32) -> DynamicImage {
        DynamicImage::new_rgb8(width, height)
    }

    fn around(term: &str, chosen: Option<&str>) -> Surroundings {
        let (term, chosen) = (term.to_owned(), chosen.map(str::to_owned));
        Surroundings { is_terminal: true, term, chosen }
    }

    #[test]
    fn only_a_terminal_that_answers_is_asked() {
        let plan = |around: &Surroundings| super::plan(around).ok();
        assert_eq!(plan(&around("xterm-256color", None)), Some(Plan::Ask));
        assert_eq!(plan(&around("xterm-kitty", Some(" "))), Some(Plan::Ask));
        assert_eq!(plan(&around("linux", None)), Some(Plan::Prefer(Protocol::Blocks)));
        for (name, protocol) in [
            ("kitty", Protocol::Kitty),
            ("iterm", Protocol::Iterm),
            ("SIXEL", Protocol::Sixel),
            ("blocks", Protocol::Blocks),
        ] {
            assert_eq!(plan(&around("xterm", Some(name))), Some(Plan::Prefer(protocol)));
        }
        for nothing in [
            around("dumb", Some("kitty")),
            around("", None),
            Surroundings { is_terminal: false, ..around("xterm", Some("kitty")) },
        ] {
            assert_eq!(plan(&nothing), Some(Plan::Nothing), "{nothing:?}");
        }
        let error = super::plan(&around("xterm", Some("ascii\x1b"))).unwrap_err().to_string();
        assert_eq!(
            error,
            "PREDELLA_GRAPHICS is \"ascii␛\"; it takes kitty, iterm, sixel or blocks"
        );
    }

    #[test]
    fn a_picture_fits_its_room_and_keeps_its_proportions() {
        let room = |width, height| ShowOptions { width, height };
        for (size, options, cells_wide_and_high) in [
            ((256, 256), room(None, None), (46, 23)),
            ((256, 256), room(Some(20), None), (20, 10)),
            ((256, 256), room(Some(200), Some(5)), (10, 5)),
            ((1000, 10), room(None, None), (80, 1)),
            ((10, 1000), room(None, None), (1, 23)),
            ((8, 8), room(None, None), (8, 4)),
            ((8, 8), room(Some(0), Some(0)), (1, 1)),
        ] {
            let cells = cells(&picture(size.0, size.1), &options, (80, 24));
            assert_eq!(cells, cells_wide_and_high, "{size:?} {options:?}");
        }
        assert_eq!(shrink(&picture(4096, 2048), 10, 5).width(), 160);
        assert_eq!(shrink(&picture(8, 8), 10, 5).width(), 8);
    }

    #[test]
    fn a_choice_leaves_only_itself_and_blocks() {
        let uses = |protocol| {
            let config = config(protocol, 1, 1);
            (config.use_kitty, config.use_iterm, config.use_sixel)
        };
        assert_eq!(uses(None), (true, true, true));
        assert_eq!(uses(Some(Protocol::Sixel)), (false, false, true));
        assert_eq!(uses(Some(Protocol::Blocks)), (false, false, false));
    }

    const CHILD: &str = "PREDELLA_TEST_SHOWS";

    #[test]
    #[ignore = "run by the next test in a process of its own"]
    fn child() {
        if std::env::var_os(CHILD).is_some() {
            show(&picture(8, 8), &ShowOptions::default()).unwrap();
            show(&picture(8, 8), &ShowOptions::default()).unwrap();
        }
    }

    #[test]
    fn nothing_is_written_into_a_pipe_and_standard_error_says_so_once() {
        let done = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "term::graphics::tests::child", "--nocapture", "--ignored"])
            .env(CHILD, "1")
            .env("TERM", "xterm-kitty")
            .env(VARIABLE, "kitty")
            .output()
            .unwrap();
        assert!(done.status.success());
        let out = String::from_utf8(done.stdout).unwrap();
        assert!(out.contains("1 passed") && !out.contains('\x1b') && !out.contains('▄'), "{out}");
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(said.matches("none is shown").count(), 1, "{said}");
    }
}
