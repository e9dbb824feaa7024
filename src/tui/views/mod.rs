//! The state as a screen. Nothing here changes anything.

pub(super) mod board;
mod chrome;
mod compare;
mod expanded;
mod explain;
mod gallery;
mod guides;
mod models;
mod picker;
mod popups;
mod queue;
mod replay;
mod set;
mod table;
mod weights;
mod widgets;

use super::keymap::Keymap;
use super::pictures::Pictures;
use super::state::{State, View};
use super::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Paragraph};

/// The smallest screen that holds a view.
pub const SMALLEST: (u16, u16) = (60, 18);

/// What drawing needs besides the state.
pub struct Look<'a> {
    /// Colours.
    pub theme: &'a Theme,
    /// Keys, for the hints.
    pub keymap: &'a Keymap,
    /// Pictures.
    pub pictures: &'a mut dyn Pictures,
}

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, look: &mut Look) {
    let area = frame.area();
    frame.render_widget(Block::new().style(look.theme.base()), area);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(frame, area, look.theme);
        return;
    }
    let rows =
        [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1), Constraint::Length(1)];
    let [tabs, body, progress, mode] = Layout::vertical(rows).areas(area);
    chrome::tabs(frame, tabs, state, look.theme);
    match state.view {
        View::Board => board::draw(frame, body, state, look),
        View::Gallery => gallery::draw(frame, body, state, look),
        View::Compare => compare::draw(frame, body, state, look),
        View::Queue => queue::draw(frame, body, state, look.theme),
        View::Models => models::draw(frame, body, state, look.theme),
        View::Replay => replay::draw(frame, body, state, look),
    }
    chrome::progress(frame, progress, state, look.theme);
    chrome::mode(frame, mode, state, look);
    popups::draw(frame, area, state, look);
}

fn too_small(frame: &mut Frame, area: Rect, theme: &Theme) {
    let (width, height) = SMALLEST;
    let text = Text::from(vec![
        Line::from("predella"),
        Line::from(format!("needs {width} x {height} cells;")),
        Line::from(format!("here are {} x {}", area.width, area.height)),
    ]);
    frame.render_widget(Paragraph::new(text).style(theme.base()).centered(), area);
}
