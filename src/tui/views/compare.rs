//! Two pictures against each other.

use super::Look;
use super::widgets::{Cell, cell, fit, grid, notice, pane};
use crate::tui::compare::{Row, row_of};
use crate::tui::pictures::Source;
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use std::collections::BTreeMap;

/// Draws compare.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let block = pane(&title(state), true, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if let Some(shown) = &state.compare.row {
        return row(frame, inner, state, shown, look);
    }
    let compare = &state.compare;
    let (Some(left), Some(right)) = (&compare.left, &compare.right) else {
        let words = match &compare.left {
            Some(_) => "One picture is chosen; c in the gallery chooses the other",
            None if state.progress.is_some() => {
                "A set painted plain and aligned stands here once both are done; \
                     c in the gallery chooses any two pictures"
            }
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

/// What is shown: of a row, what it varies and in what.
fn title(state: &State) -> String {
    let Some(shown) = &state.compare.row else { return "Compare".into() };
    let runs = row_of(state);
    let first = runs.first().and_then(|run| Some((run.row.as_ref()?, run)));
    let Some((row, run)) = first else { return "Compare".into() };
    let panel = run.recipe.panels.get(shown.panel);
    let subject = panel.map(|panel| panel.subject.clone()).unwrap_or_default();
    let named = |kind: &str| run.judge(kind).map(|judge| format!(" · {kind} ({judge})"));
    let by: String = ["reference", "object"].into_iter().filter_map(named).collect();
    format!("Compare · {} · {}{by}", row.name, fit(&subject, 40))
}

/// Of a picture's numbers those that say what a row is about: how near it is to what
/// lends the style, and how well it shows its subject.
fn few(scores: &BTreeMap<String, f64>) -> String {
    // There is no room for whole names; the title has them.
    let number = |(kind, short): (&str, &str)| scores.get(kind).map(|n| format!("{short} {n:.2}"));
    [("reference", "ref"), ("object", "obj")]
        .into_iter()
        .filter_map(number)
        .collect::<Vec<_>>()
        .join("  ")
}

/// The same panel at every value.
fn row(frame: &mut Frame, area: Rect, state: &State, shown: &Row, look: &mut Look) {
    let runs = row_of(state);
    if runs.is_empty() {
        return notice(frame, area, "The row is about to be painted", look.theme);
    }
    let places = grid(area, runs.len());
    for ((at, run), place) in runs.iter().enumerate().zip(places) {
        let panel = run.panels.get(shown.panel).filter(|panel| panel.is_shown());
        let value = run.row.as_ref().map(|row| row.value.clone()).unwrap_or_default();
        let shown = Cell {
            source: panel.and_then(|panel| panel.image.clone()).map(Source::Stored),
            waiting: if run.ended.is_some() { "not painted" } else { "painting" },
            caption: match panel.map(|panel| few(&panel.scores)) {
                Some(numbers) if !numbers.is_empty() => format!("{value}  {numbers}"),
                _ => value,
            },
            mark: if panel.is_some_and(|panel| panel.starred) { "★ " } else { "" },
            selected: at == shown.at,
            faded: panel.is_some_and(|panel| panel.rejected),
        };
        cell(frame, place, &shown, look);
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
