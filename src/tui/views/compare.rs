//! Two pictures against each other.

use super::Look;
use super::widgets::{Cell, cell, notice, pane};
use crate::tui::pictures::Source;
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// Draws compare.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let block = pane("Compare", true, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let compare = &state.compare;
    let (Some(left), Some(right)) = (&compare.left, &compare.right) else {
        let words = match &compare.left {
            Some(_) => "One picture is chosen; c in the gallery chooses the other",
            None => {
                "A on the board paints a set plain and aligned and shows both here; \
                     c in the gallery chooses any two pictures"
            }
        };
        notice(frame, inner, words, look.theme);
        return;
    };
    if let Some(second) = compare.flipped {
        let image = if second { right } else { left };
        cell(frame, square(inner), &picture(state, image), look);
        return;
    }
    let parts = if compare.difference { 3 } else { 2 };
    let places = Layout::horizontal(vec![Constraint::Ratio(1, parts); parts as usize])
        .spacing(1)
        .split(inner);
    // A column that does not divide evenly must not make one larger.
    let width = places.iter().map(|place| place.width).min().unwrap_or(0);
    let places: Vec<Rect> = places.iter().map(|place| Rect { width, ..*place }).collect();
    cell(frame, square(places[0]), &picture(state, left), look);
    cell(frame, square(places[1]), &picture(state, right), look);
    if compare.difference {
        let difference = Cell {
            source: Some(Source::Difference(left.clone(), right.clone())),
            waiting: "…",
            caption: "difference".into(),
            mark: "",
            selected: false,
            faded: false,
        };
        cell(frame, square(places[2]), &difference, look);
    }
}

/// The largest square picture with its caption, in the middle.
fn square(area: Rect) -> Rect {
    let side = (area.width / 2).min(area.height.saturating_sub(1));
    Rect {
        x: area.x + (area.width - side * 2) / 2,
        y: area.y + (area.height - side - 1) / 2,
        width: side * 2,
        height: side + 1,
    }
}

fn picture<'a>(state: &State, image: &str) -> Cell<'a> {
    let found = state.history.find(image).and_then(|(run, panel)| {
        let recipe = &state.history.runs[run].recipe;
        let way = if recipe.style.is_plain() { "plain" } else { "aligned" };
        recipe.panels.get(panel).map(|p| format!("{} · {way} · seed {}", p.subject, p.seed))
    });
    Cell {
        source: Some(Source::Stored(image.to_owned())),
        waiting: "…",
        caption: found.unwrap_or_default(),
        mark: "",
        selected: false,
        faded: false,
    }
}
