//! Actions of the gallery.

use super::action::Action;
use super::board::save;
use super::errands::{Errand, Role};
use super::field::Target;
use super::state::{Pane, State, View};
use super::update::{Effect, open_field};
use crate::recipe::Draft;
use crate::studio::{Level, Note, PanelState};

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Filter => {
            let now = state.gallery.filter.clone();
            open_field(state, Target::Filter, &now, false);
        }
        Action::ShowRow => show_row(state),
        Action::Zoom => state.gallery.zoomed = !state.gallery.zoomed,
        Action::Reuse => return reuse(state),
        Action::PickLeft => pick(state),
        Action::Lend => return guide(state, Role::Reference),
        Action::Follow => return guide(state, Role::Map),
        other => return super::choosing::act(state, other),
    }
    Vec::new()
}

/// The picture under the cursor: its run, its panel.
pub fn selected(state: &State) -> Option<(usize, usize)> {
    state.shown_pictures().get(state.gallery.cursor).copied()
}

/// The pictures that the gallery's cursor and the beginning of a choice are on.
pub struct Held {
    cursor: Option<String>,
    visual: Option<String>,
}

/// What the gallery's cursor is on, before the order may change. One that nobody
/// has moved stays with the newest picture.
pub fn hold(state: &State) -> Held {
    let gallery = &state.gallery;
    if state.view != View::Gallery && gallery.cursor == 0 && gallery.visual.is_none() {
        return Held { cursor: None, visual: None };
    }
    let shown = state.shown_pictures();
    let image = |at: usize| kept(state, *shown.get(at)?)?.image.clone();
    Held { cursor: image(gallery.cursor), visual: gallery.visual.and_then(image) }
}

/// Goes to the same pictures where they are now; what is no longer shown leaves the
/// cursor at its place.
pub fn find_again(state: &mut State, held: Held) {
    if held.cursor.is_none() && held.visual.is_none() {
        return;
    }
    let shown = state.shown_pictures();
    let place = |image: Option<String>| {
        let image = image?;
        let shows = |place| kept(state, place).and_then(|panel| panel.image.as_ref());
        shown.iter().position(|place| shows(*place) == Some(&image))
    };
    let (cursor, visual) = (place(held.cursor), place(held.visual));
    state.gallery.cursor = cursor.unwrap_or(state.gallery.cursor);
    state.gallery.visual = visual.or(state.gallery.visual);
}

/// What is kept of a picture, by its run and its panel.
fn kept(state: &State, (run, panel): (usize, usize)) -> Option<&PanelState> {
    state.history.runs.get(run)?.panels.get(panel)
}

fn panel(state: &State) -> Option<(String, PanelState)> {
    let panel = kept(state, selected(state)?)?.clone();
    Some((panel.image.clone()?, panel))
}

/// The row that the picture is in goes to compare.
fn show_row(state: &mut State) {
    let Some((run, panel)) = selected(state) else { return };
    if super::compare::show_row(state, run, panel) {
        state.view = View::Compare;
    } else {
        let text = "this picture is in no row; w on a setting of the board paints one";
        state.say(Note::new(Level::Info, text));
    }
}

/// The picture goes to the board, to lend its style or to steer.
fn guide(state: &State, role: Role) -> Vec<Effect> {
    match panel(state) {
        Some((image, _)) => {
            vec![Effect::Errand(Errand::Read(role, format!("images/{image}.png")))]
        }
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
    vec![save(state)]
}

/// How the gallery divides the screen: square pictures, a caption below each,
/// a gap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    /// Pictures in a row.
    pub columns: usize,
    /// Rows of pictures.
    pub rows: usize,
    /// Rows of cells that a picture takes; it takes twice as many columns.
    pub side: u16,
    /// Rows of cells from one picture to the one below.
    pub height: u16,
    /// Columns left free at the left, so that the pictures stand in the middle.
    pub left: u16,
}

/// Rows of cells that a picture and its caption take, about.
const HEIGHT: u16 = 11;
/// Cells beside and above the pictures: the frame with its padding; tabs, the
/// frame's two lines, progress and mode.
const AROUND: (u16, u16) = (4, 5);

impl Tiles {
    /// The tiles of a screen of this size.
    pub fn of(size: (u16, u16)) -> Self {
        let width = size.0.saturating_sub(AROUND.0);
        let inner = size.1.saturating_sub(AROUND.1).max(4);
        let rows = ((inner + HEIGHT / 2) / HEIGHT).max(1);
        // The last row needs no gap below it.
        let height = (inner + 1) / rows;
        // What is lost to rounding over many rows may hold one more.
        let rows = ((inner + 1) / height).max(1);
        let side = height.saturating_sub(2).clamp(1, (width / 2).max(1));
        let columns = ((width + 1) / (2 * side + 1)).max(1);
        let left = width.saturating_sub(columns * (2 * side + 1) - 1) / 2;
        Self { columns: usize::from(columns), rows: usize::from(rows), side, height, left }
    }

    /// The first picture that is shown, so that the cursor's row is.
    pub fn first(&self, cursor: usize) -> usize {
        (cursor / self.columns + 1).saturating_sub(self.rows) * self.columns
    }
}

/// The picture at a cell, counted from the corner of the gallery's inside.
pub fn picture_at(state: &State, x: u16, y: u16) -> Option<usize> {
    let tiles = Tiles::of(state.size);
    let column = usize::from(x.checked_sub(tiles.left)? / (2 * tiles.side + 1));
    let row = usize::from(y / tiles.height);
    let at = tiles.first(state.gallery.cursor) + row * tiles.columns + column;
    let inside = column < tiles.columns && row < tiles.rows;
    (inside && at < state.shown_pictures().len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiles_fill_the_screen_and_stay_in_it() {
        for size in [(60, 18), (80, 24), (120, 36), (200, 60), (500, 200), (61, 300)] {
            let tiles = Tiles::of(size);
            let (columns, rows) = (tiles.columns as u16, tiles.rows as u16);
            let width = tiles.left + columns * (2 * tiles.side + 1) - 1;
            let height = (rows - 1) * tiles.height + tiles.side + 1;
            assert!(width <= size.0 - 4 && height <= size.1 - 5, "{size:?} {tiles:?}");
            assert!(tiles.height > tiles.side + 1 || rows == 1, "{size:?} {tiles:?}");
            assert!(size.1 - 5 - height < HEIGHT, "{size:?} {tiles:?}");
        }
        let tiles = Tiles::of((80, 24));
        assert_eq!((tiles.columns, tiles.rows), (4, 2));
        assert_eq!((tiles.first(7), tiles.first(8)), (0, 4));
    }
}
