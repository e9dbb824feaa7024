//! Clicks and the wheel. Everything that they do has a key too.

use super::action::Action;
use super::keymap::Keymap;
use super::state::{State, View};
use super::update::{Effect, act};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

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
