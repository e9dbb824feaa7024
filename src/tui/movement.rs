//! Moving the cursor of the view in hand.

use super::action::Action;
use super::gallery::Tiles;
use super::state::{Pane, State, View};

/// Rows that half a page moves.
const PAGE: isize = 8;

/// Moves.
pub fn act(state: &mut State, action: Action) {
    match action {
        Action::Down => step(state, 1, 0),
        Action::Up => step(state, -1, 0),
        Action::Right => step(state, 0, 1),
        Action::Left => step(state, 0, -1),
        Action::PageDown => step(state, PAGE, 0),
        Action::PageUp => step(state, -PAGE, 0),
        Action::Top => step(state, -100_000, 0),
        Action::Bottom => step(state, 100_000, 0),
        Action::NextPane => pane(state, 1),
        Action::PreviousPane => pane(state, -1),
        _ => {}
    }
}

fn pane(state: &mut State, by: isize) {
    if state.view == View::Board {
        let hidden = state.guides().is_empty();
        let is_there = |pane: &Pane| !(hidden && matches!(pane, Pane::Guides | Pane::Guide));
        let panes: Vec<Pane> = Pane::ALL.into_iter().filter(is_there).collect();
        let at = panes.iter().position(|p| *p == state.board.pane).unwrap_or(0);
        let to = (at as isize + by).rem_euclid(panes.len() as isize);
        state.board.pane = panes[to as usize];
    }
}

fn step(state: &mut State, rows: isize, columns: isize) {
    match state.view {
        View::Board => board(state, rows, columns),
        View::Gallery => {
            let (shown, width) =
                (state.shown_pictures().len(), Tiles::of(state.size).columns as isize);
            moved(&mut state.gallery.cursor, rows.saturating_mul(width) + columns, shown);
        }
        View::Queue => moved(&mut state.queue_cursor, rows, state.queue.jobs().len()),
        View::Models => moved(&mut state.model_cursor, rows, state.models.len()),
        View::Replay => moved(&mut state.replay_cursor, rows + columns, state.history.runs.len()),
        View::Compare => super::compare::step(state, rows + columns),
    }
}

fn board(state: &mut State, rows: isize, columns: isize) {
    if columns != 0 {
        let sideways = match (state.board.pane, columns > 0) {
            (Pane::Set, _) => None,
            (_, true) => Some(Pane::Set),
            (pane, false) => Some(pane),
        };
        match sideways {
            Some(pane) => state.board.pane = pane,
            None if columns < 0 && state.board.panel == 0 => state.board.pane = Pane::Subjects,
            None => moved(&mut state.board.panel, columns, state.draft.subjects.len()),
        }
        return;
    }
    let (subjects, guides) = (state.draft.subjects.len(), state.guides().len());
    let last = guides.saturating_sub(1);
    match (state.board.pane, rows) {
        (Pane::Style, 1) if guides > 0 => (state.board.pane, state.board.guide) = (Pane::Guides, 0),
        (Pane::Style, 1) => state.board.pane = Pane::Subjects,
        (Pane::Style, _) => {}
        (Pane::Guides, -1) if state.board.guide == 0 => state.board.pane = Pane::Style,
        (Pane::Guides, 1) if state.board.guide >= last => state.board.pane = Pane::Subjects,
        (Pane::Guides, _) => {
            moved(&mut state.board.guide, rows, guides);
            state.board.detail = 0;
        }
        (Pane::Guide, -1) if state.board.detail == 0 => state.board.pane = Pane::Guides,
        (Pane::Guide, _) => {
            let details = state.details().len();
            moved(&mut state.board.detail, rows, details);
        }
        (Pane::Subjects, -1) if state.board.subject == 0 && guides > 0 => {
            (state.board.pane, state.board.guide) = (Pane::Guides, last);
        }
        (Pane::Subjects, -1) if state.board.subject == 0 => state.board.pane = Pane::Style,
        (Pane::Subjects, 1) if state.board.subject + 1 >= subjects => {
            state.board.pane = Pane::Settings
        }
        (Pane::Subjects, _) => moved(&mut state.board.subject, rows, subjects),
        (Pane::Settings, -1) if state.board.setting == 0 => state.board.pane = Pane::Subjects,
        (Pane::Settings, _) => {
            let lines = state.lines().len();
            moved(&mut state.board.setting, rows, lines);
        }
        (Pane::Set, _) => moved(&mut state.board.panel, rows, subjects),
    }
}

/// Moves within `0 .. len`.
pub fn moved(cursor: &mut usize, by: isize, len: usize) {
    let last = len.saturating_sub(1) as isize;
    *cursor = (*cursor as isize).saturating_add(by).clamp(0, last) as usize;
}
