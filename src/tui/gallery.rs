//! Actions of the gallery.

use super::action::Action;
use super::field::Target;
use super::state::{Pane, State, View};
use super::update::{Effect, open_field};
use crate::recipe::Draft;
use crate::studio::{Command, Level, Note, PanelState};

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Filter => {
            let now = state.gallery.filter.clone();
            open_field(state, Target::Filter, &now, false);
        }
        Action::Zoom => state.gallery.zoomed = !state.gallery.zoomed,
        Action::Reuse => return reuse(state),
        Action::PickLeft => pick(state),
        Action::Star => return mark(state, |image, panel| Command::Star(image, !panel.starred)),
        Action::Reject => {
            return mark(state, |image, panel| Command::Reject(image, !panel.rejected));
        }
        Action::Trash => {
            state.say(Note::new(Level::Info, "moved to the trash; u brings it back"));
            return mark(state, |image, _| Command::Trash(image));
        }
        _ => {}
    }
    Vec::new()
}

/// The picture under the cursor: its run, its panel.
pub fn selected(state: &State) -> Option<(usize, usize)> {
    state.shown_pictures().get(state.gallery.cursor).copied()
}

fn panel(state: &State) -> Option<(String, PanelState)> {
    let (run, panel) = selected(state)?;
    let panel = state.history.runs.get(run)?.panels.get(panel)?.clone();
    Some((panel.image.clone()?, panel))
}

fn mark(state: &State, command: impl FnOnce(String, &PanelState) -> Command) -> Vec<Effect> {
    match panel(state) {
        Some((image, panel)) => vec![Effect::Studio(command(image, &panel))],
        None => Vec::new(),
    }
}

/// The first `c` chooses the left picture, the second the right one.
fn pick(state: &mut State) {
    let Some((image, _)) = panel(state) else { return };
    if state.compare.left.is_none() || state.compare.right.is_some() {
        state.compare.left = Some(image);
        state.compare.right = None;
        state.say(Note::new(Level::Info, "now c on the picture to compare it with"));
    } else {
        state.compare.right = Some(image);
        state.view = View::Compare;
    }
}

/// The picture's recipe goes to the board, with its seed kept.
fn reuse(state: &mut State) -> Vec<Effect> {
    let Some((run, _)) = selected(state) else { return Vec::new() };
    let recipe = state.history.runs[run].recipe.clone();
    state.change(|draft| *draft = Draft::from_recipe(&recipe));
    state.view = View::Board;
    state.board.pane = Pane::Subjects;
    super::board::keep_cursor(state);
    vec![Effect::Studio(Command::Save(Box::new(state.draft.clone())))]
}

/// Columns of the screen that a picture takes, its gap included.
pub const CELL_WIDTH: u16 = 21;
/// Rows of the screen that a picture and its caption take.
pub const CELL_HEIGHT: u16 = 12;

/// Columns of the screen beside the pictures: the frame and its padding.
const FRAME: u16 = 4;

/// Pictures to each row of a screen of this width.
pub fn columns(width: u16) -> usize {
    usize::from((width.saturating_sub(FRAME) / CELL_WIDTH).max(1))
}

/// How many rows of pictures a screen of this height shows, and the first
/// picture that is shown, so that the cursor's row is.
pub fn window(state: &State) -> (usize, usize) {
    // Tabs, the frame's two lines, progress and mode.
    let rows = usize::from((state.size.1.saturating_sub(5) / CELL_HEIGHT).max(1));
    let columns = columns(state.size.0);
    let row = state.gallery.cursor / columns;
    (rows, (row + 1).saturating_sub(rows) * columns)
}

/// The picture at a cell, counted from the first picture's corner.
pub fn picture_at(state: &State, x: u16, y: u16) -> Option<usize> {
    let (rows, first) = window(state);
    let (column, row) = (usize::from(x / CELL_WIDTH), usize::from(y / CELL_HEIGHT));
    let columns = columns(state.size.0);
    let at = first + row * columns + column;
    (column < columns && row < rows && at < state.shown_pictures().len()).then_some(at)
}
