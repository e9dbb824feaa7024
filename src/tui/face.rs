//! The terminal as a face to draw on.

use super::keymap::Keymap;
use super::pictures::NoPictures;
use super::state::State;
use super::theme::Theme;
use super::views::{self, Look};
use crossterm::terminal::{Clear, ClearType};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{Stdout, stdout};

/// The terminal that the interface draws on.
pub type Face = Terminal<CrosstermBackend<Stdout>>;

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
    screen.draw(|frame| views::draw(frame, state, &mut look))?;
    Ok(())
}
