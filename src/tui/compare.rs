//! Actions of compare.

use super::action::Action;
use super::board::save;
use super::state::{Pane, State, View};
use super::update::Effect;
use crate::recipe::Draft;
use crate::studio::{Level, Note, Run};
use std::sync::Arc;

/// What compare shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompareState {
    /// The first picture.
    pub left: Option<String>,
    /// The second picture.
    pub right: Option<String>,
    /// The row of sets that is shown in place of two pictures.
    pub row: Option<Row>,
    /// Whether one place shows both in turn, and which.
    pub flipped: Option<bool>,
    /// Whether the difference is shown.
    pub difference: bool,
}

/// A row of sets that differ in one value, at one of their panels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The first of its runs.
    pub first: String,
    /// The panel that is shown of each.
    pub panel: usize,
    /// The set under the cursor.
    pub at: usize,
}

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::RowOrPair => row_or_pair(state),
        Action::TakeSet => return take(state),
        Action::Flip | Action::Difference if state.compare.row.is_some() => pair_of_row(state),
        _ => {}
    }
    match action {
        Action::Flip => {
            state.compare.flipped = match state.compare.flipped {
                None => Some(true),
                Some(true) => Some(false),
                Some(false) => None,
            };
        }
        Action::Difference => state.compare.difference = !state.compare.difference,
        Action::NextPair => next(state, 1),
        Action::PreviousPair => next(state, -1),
        _ => {}
    }
    Vec::new()
}

/// Moves along a row; else both sides to their sets' next panels.
pub fn step(state: &mut State, by: isize) {
    let count = row_of(state).len();
    match &mut state.compare.row {
        Some(row) => super::movement::moved(&mut row.at, by, count),
        None => next(state, by),
    }
}

/// Moves both sides, or all of a row, to the next panels.
fn next(state: &mut State, by: isize) {
    let panels = row_of(state).first().map_or(0, |run| run.panels.len());
    if let Some(row) = &mut state.compare.row {
        return super::movement::moved(&mut row.panel, by, panels);
    }
    let moved = |image: &Option<String>| {
        let (run, panel) = state.history.find(image.as_deref()?)?;
        let run = &state.history.runs[run];
        let to = panel.checked_add_signed(by)?;
        run.panels.get(to).filter(|p| p.is_shown())?.image.clone()
    };
    if let (Some(left), Some(right)) = (moved(&state.compare.left), moved(&state.compare.right)) {
        (state.compare.left, state.compare.right) = (Some(left), Some(right));
    }
}

/// The sets of the row that is shown.
pub fn row_of(state: &State) -> Vec<&Arc<Run>> {
    let Some(row) = &state.compare.row else { return Vec::new() };
    let in_it = |run: &&Arc<Run>| run.row.as_ref().is_some_and(|own| own.first == row.first);
    state.history.runs.iter().filter(in_it).collect()
}

/// Shows the row that a run is in, at a panel; whether it is in one.
pub fn show_row(state: &mut State, run: usize, panel: usize) -> bool {
    let first = state.history.runs.get(run).and_then(|run| run.row.as_ref());
    let Some(first) = first.map(|row| row.first.clone()) else { return false };
    state.compare.row = Some(Row { first, panel, at: 0 });
    let id = state.history.runs[run].id.clone();
    let at = row_of(state).iter().position(|run| run.id == id).unwrap_or(0);
    if let Some(row) = &mut state.compare.row {
        row.at = at;
    }
    (state.compare.flipped, state.compare.difference) = (None, false);
    true
}

/// From a row to two of its pictures, and from two pictures to their row.
fn row_or_pair(state: &mut State) {
    if state.compare.row.is_some() {
        return pair_of_row(state);
    }
    let found = state.compare.left.as_deref().and_then(|image| state.history.find(image));
    let latest =
        || state.history.runs.iter().rposition(|run| run.row.is_some()).map(|run| (run, 1));
    let shown = found
        .filter(|(run, _)| state.history.runs[*run].row.is_some())
        .or_else(latest)
        .is_some_and(|(run, panel)| {
            let last = state.history.runs[run].recipe.panels.len().saturating_sub(1);
            show_row(state, run, panel.min(last))
        });
    if !shown {
        let text = "no row is painted yet; w on a setting of the board paints one";
        state.say(Note::new(Level::Info, text));
    }
}

/// The picture under the cursor against the one beside it.
fn pair_of_row(state: &mut State) {
    let Some(row) = state.compare.row.take() else { return };
    state.compare.row = Some(row.clone());
    let image = |at: usize| {
        let panel = row_of(state).get(at)?.panels.get(row.panel)?;
        panel.image.clone().filter(|_| panel.is_shown())
    };
    let other = if image(row.at + 1).is_some() { Some(row.at + 1) } else { row.at.checked_sub(1) };
    let pair = (image(row.at), other.and_then(image));
    state.compare.row = None;
    if let (Some(left), Some(right)) = pair {
        (state.compare.left, state.compare.right) = (Some(left), Some(right));
    }
}

/// Puts the recipe of the picture under the cursor on the board: of a row the one
/// with the cursor, of a pair the right one, or the left one while that is flipped to.
fn take(state: &mut State) -> Vec<Effect> {
    let of_row = state.compare.row.as_ref().and_then(|row| row_of(state).get(row.at).copied());
    let image = match state.compare.flipped {
        Some(false) => state.compare.left.as_deref(),
        _ => state.compare.right.as_deref(),
    };
    let of_pair = || state.history.find(image?).map(|(run, _)| &state.history.runs[run]);
    let Some(recipe) = of_row.or_else(of_pair).map(|run| run.recipe.clone()) else {
        return Vec::new();
    };
    state.change(|draft| *draft = Draft::from_recipe(&recipe));
    state.view = View::Board;
    state.board.pane = Pane::Subjects;
    super::board::keep_cursor(state);
    vec![save(state)]
}

/// Chooses the row that was begun last, or the first panels, behind the anchor, of
/// the last two runs that painted the same set.
pub fn latest_pair(state: &mut State) {
    if !row_of(state).is_empty() {
        return;
    }
    let runs = &state.history.runs;
    if let Some(run) = runs.len().checked_sub(1) {
        let last = runs[run].recipe.panels.len().saturating_sub(1);
        if show_row(state, run, 1.min(last)) {
            return;
        }
    }
    let runs = &state.history.runs;
    let same = |a: &Run, b: &Run| a.recipe.panels == b.recipe.panels && a.id != b.id;
    let pair = runs.iter().rev().find_map(|b| {
        let a = runs.iter().rev().find(|a| a.id != b.id && same(a, b))?;
        let shown = |run: &Run| {
            let last = run.panels.len().saturating_sub(1);
            run.panels.get(1.min(last)).filter(|p| p.is_shown()).and_then(|p| p.image.clone())
        };
        Some((shown(a)?, shown(b)?))
    });
    if let Some((left, right)) = pair {
        (state.compare.left, state.compare.right) = (Some(left), Some(right));
    }
}
