//! Pictures in plain command output, at the cursor.
//!
//! The terminal is asked once, by our own question, which ends. viuer would ask
//! again and wait for ever on one that is silent, before it draws by kitty's
//! protocol or sixel; so it draws what it draws unasked, half blocks, and the rest
//! is drawn in the forms that the studio has.

#![allow(clippy::disallowed_methods)]

use std::io::{self, IsTerminal, Write};
use std::sync::{Once, OnceLock};

use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use ratatui_image::protocol::Protocol;

use super::aside;
use super::kitty;
use super::probe::{self, Answers};
use super::screen::{Drawn, Screen, Way};
use super::written;
use crate::imaging::fit;
use crate::util::text::clip;

/// The variable that chooses a protocol.
pub const VARIABLE: &str = "PREDELLA_GRAPHICS";

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
    /// The terminal could not be written to.
    #[error("the picture could not be shown: {0}")]
    Lost(String),
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    /// Write nothing.
    Nothing,
    /// Ask the terminal and choose.
    Ask,
    /// Draw in the way of this name, whatever the terminal would say.
    Force(String),
}

/// Shows a picture at the cursor and leaves the cursor on the line below it.
///
/// The terminal's answer chooses between kitty, iTerm2, sixel and half blocks, or
/// `PREDELLA_GRAPHICS` does. Where standard output is no terminal, or one that
/// shows no pictures, nothing is written to it and standard error says so,
/// once.
///
/// # Errors
/// When `PREDELLA_GRAPHICS` names no protocol or the terminal cannot be written to.
pub fn show(image: &RgbImage, options: &ShowOptions) -> Result<Shown, GraphicsError> {
    let Some(screen) = screen()? else {
        note("standard output is no terminal that shows pictures; none is shown");
        return Ok(Shown::Not);
    };
    let terminal = crossterm::terminal::size().unwrap_or((80, 24));
    let (columns, rows) = cells(image.dimensions(), options, terminal);
    let lost = |error: String| GraphicsError::Lost(clip(&error, 160));
    if screen.way == Way::Blocks {
        let picture = DynamicImage::ImageRgb8(shrink(image, columns, rows));
        let drawn = viuer::print(&picture, &blocks(columns, rows));
        let (columns, rows) = drawn.map_err(|error| lost(error.to_string()))?;
        return Ok(Shown::Drawn { columns, rows });
    }
    let most = |cells: u32| u16::try_from(cells).unwrap_or(u16::MAX);
    let drawn = screen.encode(image.clone(), (most(columns), most(rows)), false);
    let drawn = drawn.ok_or_else(|| lost("it could not be put into the terminal's form".into()))?;
    let (columns, rows) = drawn.size();
    let text = match &drawn {
        Drawn::Placed(placed) if placed.hold.placeholders => written::held(placed),
        Drawn::Placed(placed) => written::at_cursor(&placed.send, rows),
        Drawn::Widget(Protocol::Sixel(sixel)) => written::at_cursor(&sixel.data, rows),
        Drawn::Widget(Protocol::ITerm2(iterm)) => written::at_cursor(&iterm.data, rows),
        Drawn::Widget(_) => String::new(),
    };
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| lost(error.to_string()))?;
    Ok(Shown::Drawn { columns: columns.into(), rows: rows.into() })
}

/// Asks the terminal now, while nothing was typed that is meant for the next
/// command. Where standard input is a pipe, who writes into it may be reading the
/// terminal, which is then asked when there is a picture.
///
/// # Errors
/// When `PREDELLA_GRAPHICS` names no protocol.
pub fn get_ready() -> Result<(), GraphicsError> {
    match io::stdin().is_terminal() {
        true => screen().map(drop),
        false => plan(&Surroundings::here()).map(drop),
    }
}

/// How pictures are shown here; `None` where they are not.
///
/// # Errors
/// When `PREDELLA_GRAPHICS` names no protocol.
pub fn way() -> Result<Option<Way>, GraphicsError> {
    Ok(screen()?.map(|screen| screen.way))
}

/// What the terminal is, asked once.
fn screen() -> Result<Option<Screen>, GraphicsError> {
    static SCREEN: OnceLock<Screen> = OnceLock::new();
    let forced = match plan(&Surroundings::here())? {
        Plan::Nothing => return Ok(None),
        Plan::Ask => None,
        Plan::Force(name) => Some(name),
    };
    Ok(Some(*SCREEN.get_or_init(|| {
        kitty::number_anywhere();
        let tmux = probe::is_tmux();
        let said = match forced {
            Some(_) => Answers::default(),
            None => aside::ask(tmux).unwrap_or_else(|| hinted(tmux)),
        };
        choose(forced.as_deref(), &said, tmux)
    })))
}

/// The studio's choice, but a picture that scrolls away with its text needs no
/// placeholders, which not every terminal has that knows kitty's pictures.
fn choose(forced: Option<&str>, said: &Answers, tmux: bool) -> Screen {
    let screen = Screen::choose(forced, said, tmux, false);
    let way = match screen.way {
        Way::Placeholders if !tmux => Way::Places,
        Way::Blocks if forced.is_none() && said.kitty && !tmux => Way::Places,
        way => way,
    };
    Screen { way, ..screen }
}

/// What the terminal's name says, where it could not be asked.
fn hinted(tmux: bool) -> Answers {
    let term = std::env::var("TERM").unwrap_or_default();
    let kitty = !tmux && matches!(&*term, "xterm-kitty" | "xterm-ghostty");
    Answers { kitty, ..Answers::default() }
}

fn plan(around: &Surroundings) -> Result<Plan, GraphicsError> {
    let chosen = around.chosen.as_deref().filter(|name| !name.trim().is_empty());
    if let Some(name) = chosen.filter(|name| Way::named(name).is_none()) {
        return Err(GraphicsError::Protocol(clip(name, 40)));
    }
    Ok(match (around.is_terminal, around.term.as_str(), chosen) {
        (false, ..) | (_, "" | "dumb", _) => Plan::Nothing,
        (_, _, Some(name)) => Plan::Force(name.to_owned()),
        (_, _, None) => Plan::Ask,
    })
}

/// Columns and rows for a picture, a cell being twice as high as wide.
fn cells(size: (u32, u32), options: &ShowOptions, terminal: (u16, u16)) -> (u32, u32) {
    let columns = options.width.unwrap_or(u16::MAX).min(terminal.0);
    let rows = options.height.unwrap_or(u16::MAX).min(terminal.1.saturating_sub(1));
    let bound = (u32::from(columns), 2 * u32::from(rows));
    let (width, height) = fit(size, bound);
    (width, height.div_ceil(2))
}

/// No more pixels than half blocks show.
fn shrink(image: &RgbImage, columns: u32, rows: u32) -> RgbImage {
    let (width, height) = fit(image.dimensions(), (columns, 2 * rows));
    image::imageops::resize(image, width, height, FilterType::Triangle)
}

/// Half blocks and nothing that viuer would ask for.
fn blocks(columns: u32, rows: u32) -> viuer::Config {
    viuer::Config {
        absolute_offset: false,
        width: Some(columns),
        height: Some(rows),
        use_kitty: false,
        use_iterm: false,
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

    fn around(term: &str, chosen: Option<&str>) -> Surroundings {
        let (term, chosen) = (term.to_owned(), chosen.map(str::to_owned));
        Surroundings { is_terminal: true, term, chosen }
    }

    #[test]
    fn a_choice_is_not_asked_for_and_nothing_is_shown_where_nothing_can_be() {
        let plan = |around: &Surroundings| super::plan(around).ok();
        assert_eq!(plan(&around("xterm-256color", None)), Some(Plan::Ask));
        assert_eq!(plan(&around("xterm-kitty", Some(" "))), Some(Plan::Ask));
        for name in ["kitty", "iterm", "SIXEL", "blocks"] {
            assert_eq!(plan(&around("xterm", Some(name))), Some(Plan::Force(name.into())));
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
    fn a_picture_that_scrolls_away_is_placed_where_kittys_are_known() {
        let cell = Some((9, 18));
        let kitty =
            |name: &str| Answers { name: name.into(), kitty: true, cell, ..Answers::default() };
        let sixel = Answers { sixel: true, cell, ..Answers::default() };
        let way = |forced, said: &Answers, tmux| choose(forced, said, tmux).way;
        assert_eq!(way(None, &kitty("kitty(0.41.1)"), false), Way::Places);
        assert_eq!(way(None, &kitty("Konsole 23"), false), Way::Places);
        assert_eq!(way(None, &kitty("kitty(0.41.1)"), true), Way::Placeholders);
        assert_eq!(way(None, &kitty("kitty(0.26.5)"), true), Way::Blocks);
        assert_eq!(way(None, &sixel, false), Way::Sixel);
        assert_eq!(way(Some("Blocks"), &kitty("kitty(0.41.1)"), false), Way::Blocks);
        assert_eq!(way(Some("kitty"), &Answers::default(), false), Way::Places);
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
            let cells = cells(size, &options, (80, 24));
            assert_eq!(cells, cells_wide_and_high, "{size:?} {options:?}");
        }
        assert_eq!(shrink(&RgbImage::new(4096, 2048), 10, 5).dimensions(), (10, 5));
        assert_eq!(shrink(&RgbImage::new(8, 8), 10, 5).dimensions(), (8, 8));
    }

    const CHILD: &str = "PREDELLA_TEST_SHOWS";

    #[test]
    #[ignore = "run by the next test in a process of its own"]
    fn child() {
        if std::env::var_os(CHILD).is_some() {
            show(&RgbImage::new(8, 8), &ShowOptions::default()).unwrap();
            show(&RgbImage::new(8, 8), &ShowOptions::default()).unwrap();
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
