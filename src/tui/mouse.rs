//! Clicks and the wheel. Everything that they do has a key too.

use super::action::Action;
use super::board::set_columns;
use super::keymap::Keymap;
use super::settings::Line;
use super::state::{Pane, State, View};
use super::update::{Effect, act};
use super::views::board::{is_border, pane_at};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Where the tabs begin: behind the program's name.
const TABS_AT: u16 = 10;

/// Takes a mouse event.
pub fn event(state: &mut State, keymap: &Keymap, event: MouseEvent) -> Vec<Effect> {
    if state.field.is_some() || !state.popups.is_empty() {
        return Vec::new();
    }
    match event.kind {
        MouseEventKind::ScrollDown => act(state, keymap, Action::Down),
        MouseEventKind::ScrollUp => act(state, keymap, Action::Up),
        MouseEventKind::Down(MouseButton::Left) if event.row == 0 => {
            tab(state, keymap, event.column)
        }
        MouseEventKind::Down(MouseButton::Left) if state.view == View::Gallery => {
            gallery(state, event)
        }
        MouseEventKind::Down(MouseButton::Left) if state.view == View::Board => board(state, event),
        MouseEventKind::Drag(MouseButton::Left) if state.board.dragged => {
            set_columns(state, event.column + 1)
        }
        MouseEventKind::Up(_) => {
            state.board.dragged = false;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn tab(state: &mut State, keymap: &Keymap, column: u16) -> Vec<Effect> {
    let mut start = TABS_AT;
    let views = [
        Action::Board,
        Action::Gallery,
        Action::Compare,
        Action::Queue,
        Action::Models,
        Action::Replay,
    ];
    for (view, action) in View::ALL.iter().zip(views) {
        let end = start + view.title().len() as u16 + 4;
        if (start..end).contains(&column) {
            return act(state, keymap, action);
        }
        start = end;
    }
    Vec::new()
}

/// A click on a picture chooses it.
fn gallery(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let (Some(x), Some(y)) = (event.column.checked_sub(2), event.row.checked_sub(2)) else {
        return Vec::new();
    };
    let at = super::gallery::picture_at(state, x, y);
    if let Some(at) = at {
        state.gallery.cursor = at;
    }
    Vec::new()
}

/// A click on the board goes there: to a line, a setting or a picture.
fn board(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let (width, height) = state.size;
    // Tabs above, progress and mode below.
    let area = Rect::new(0, 1, width, height.saturating_sub(3));
    let at = Position::new(event.column, event.row);
    state.board.dragged = is_border(area, state, at);
    if state.board.dragged {
        return Vec::new();
    }
    if let Some((pane, number)) = pane_at(area, state, at) {
        state.board.pane = pane;
        match pane {
            Pane::Subjects => state.board.subject = number,
            Pane::Settings => {
                state.board.setting = number;
                if let Some(Line::Head(section)) = state.line() {
                    state.fold(section);
                }
            }
            Pane::Set => state.board.panel = number,
            Pane::Style | Pane::Guides | Pane::Guide => {}
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Draft, Subject};
    use crossterm::event::KeyModifiers;

    #[test]
    fn the_border_is_dragged_and_keeps_both_sides() {
        let mut state = State::new("s", Draft::default());
        state.size = (120, 36);
        let mut mouse = |kind, column| {
            let modifiers = KeyModifiers::NONE;
            let event = MouseEvent { kind, column, row: 8, modifiers };
            super::event(&mut state, &Keymap::default(), event);
            (state.board.columns, state.board.pane)
        };
        let (down, drag, up) = (
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Drag(MouseButton::Left),
            MouseEventKind::Up(MouseButton::Left),
        );
        // Without a hold on the border nothing moves.
        assert_eq!(mouse(drag, 60), (None, Pane::Subjects));
        mouse(down, 39);
        assert_eq!(mouse(drag, 59).0, Some(60));
        assert_eq!(mouse(drag, 3).0, Some(30));
        assert_eq!(mouse(drag, 119).0, Some(90));
        mouse(up, 119);
        assert_eq!(mouse(drag, 59), (Some(90), Pane::Subjects));
    }

    #[test]
    fn a_click_goes_where_it_points() {
        let subjects = ["a fox", "a bear", "an owl"].map(Subject::from).to_vec();
        let mut state = State::new("s", Draft { subjects, ..Draft::default() });
        state.size = (120, 36);
        let mut click = |column, row| {
            let (kind, modifiers) = (MouseEventKind::Down(MouseButton::Left), KeyModifiers::NONE);
            let effects =
                event(&mut state, &Keymap::default(), MouseEvent { kind, column, row, modifiers });
            assert!(effects.is_empty());
            (state.board.pane, state.board.subject, state.board.setting, state.board.panel)
        };
        // Rows: tabs, the style in its frame, then the subjects in theirs.
        assert_eq!(click(5, 2), (Pane::Style, 0, 0, 0));
        assert_eq!(click(5, 8), (Pane::Subjects, 2, 0, 0));
        assert_eq!(click(5, 6), (Pane::Subjects, 0, 0, 0));
        // Below the last subject nothing is there.
        assert_eq!(click(5, 12), (Pane::Subjects, 0, 0, 0));
        let (pane, _, setting, _) = click(5, 23);
        assert_eq!(pane, Pane::Settings);
        assert_eq!(click(5, 22), (Pane::Settings, 0, setting - 1, 0));
        let (pane, _, _, panel) = click(80, 5);
        assert_eq!((pane, panel < 3), (Pane::Set, true));
        // The head of a section opens it, and closes it again.
        let folded = state.lines().len();
        let click = |state: &mut State, row| {
            let (kind, modifiers) = (MouseEventKind::Down(MouseButton::Left), KeyModifiers::NONE);
            event(state, &Keymap::default(), MouseEvent { kind, column: 5, row, modifiers });
        };
        click(&mut state, 32);
        assert!(state.lines().len() > folded && state.board.pane == Pane::Settings);
    }
}
