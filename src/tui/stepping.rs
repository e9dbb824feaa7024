//! What keys do to the setting under the cursor.

use super::board::keep_cursor;
use super::field::{Field, Target};
use super::guides;
use super::settings::{self, Line, Section, Setting};
use super::state::{Pane, State};

/// Steps it; the head of a section opens and closes.
pub fn step(state: &mut State, by: i32) {
    if matches!(state.board.pane, Pane::Guides | Pane::Guide) {
        guides::step(state, by);
        return keep_cursor(state);
    }
    match state.line() {
        Some(Line::Head(section)) if state.board.open.contains(&section) == (by < 0) => {
            state.fold(section);
        }
        Some(Line::Setting(number)) => {
            if let Some(setting) = settings::numbered(number) {
                state.change(|draft| setting.step(draft, 0, by));
            }
        }
        _ => {}
    }
    keep_cursor(state);
}

/// Sets it back to its default.
pub fn reset(state: &mut State) {
    if matches!(state.board.pane, Pane::Guides | Pane::Guide) {
        guides::reset(state);
        return keep_cursor(state);
    }
    let Some(Line::Setting(number)) = state.line() else { return };
    if let Some(setting) = settings::numbered(number) {
        let default = setting.default(&state.draft);
        state.change(|draft| {
            // A default is always taken back.
            let _ = setting.set(draft, 0, &default);
        });
    }
    keep_cursor(state);
}

/// Begins typing a setting of the board.
pub fn type_setting(state: &mut State, number: usize) {
    let Some(setting) = settings::numbered(number) else { return };
    type_value(state, Target::Setting(number), setting, 0);
}

/// Begins typing a setting, of the picture of a number where it belongs to one: its
/// value is selected.
pub fn type_value(state: &mut State, target: Target, setting: &Setting, at: usize) {
    let field = Field::new(target, &setting.typed(&state.draft, at), false);
    state.field = Some(if setting.kind.is_text() { field } else { field.selected_whole() });
}

/// Opens or closes the section that the cursor is in.
pub fn fold(state: &mut State) {
    let section = match state.line() {
        Some(Line::Head(section)) => section,
        Some(Line::Setting(number)) => Section::of(number),
        None => return,
    };
    if section != Section::Set {
        state.board.pane = Pane::Settings;
        state.fold(section);
    }
}
