//! The terminal as a face to draw on.

use super::keymap::Keymap;
use super::pictures::NoPictures;
use super::state::State;
use super::theme::Theme;
use super::views::{self, Look};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use std::io::{BufWriter, Stdout, Write, stdout};

/// The terminal that the interface draws on.
pub type Face = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Bytes of a frame that are written at once.
const FRAME: usize = 64 << 10;

/// The terminal, to be drawn on.
///
/// # Errors
/// When it has no size.
pub fn face() -> std::io::Result<Face> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, stdout())))
}

/// Draws a frame and what belongs behind it, so that the terminal shows both at
/// once or neither, where it can.
///
/// # Errors
/// When the terminal has gone.
pub fn draw(
    screen: &mut Face,
    render: impl FnOnce(&mut Frame),
    behind: impl FnOnce() -> String,
) -> std::io::Result<()> {
    queue!(screen.backend_mut(), BeginSynchronizedUpdate)?;
    screen.draw(render)?;
    let backend = screen.backend_mut();
    backend.write_all(behind().as_bytes())?;
    execute!(backend, EndSynchronizedUpdate)
}

/// Clears the screen, so that the next frame is drawn whole. The library's own
/// way asks the terminal where its cursor is, and waits for the answer.
///
/// # Errors
/// When the terminal has gone.
pub fn wipe(screen: &mut Face) -> std::io::Result<()> {
    crossterm::execute!(stdout(), Clear(ClearType::All))?;
    screen.swap_buffers();
    Ok(())
}

/// The frame before anything is known of the terminal.
///
/// # Errors
/// When the terminal has gone.
pub fn first_frame(
    screen: &mut Face,
    state: &State,
    theme: &Theme,
    keymap: &Keymap,
) -> std::io::Result<()> {
    let mut look = Look { theme, keymap, pictures: &mut NoPictures };
    draw(screen, |frame| views::draw(frame, state, &mut look), String::new)
}
