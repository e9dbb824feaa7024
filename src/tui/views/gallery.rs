//! Every picture of the session, newest first.

use super::Look;
use super::widgets::{Cell, cell, fit, mark, notice, pane};
use crate::studio::Run;
use crate::tui::field::Target;
use crate::tui::gallery::Tiles;
use crate::tui::pictures::Source;
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// The number that is shown while pictures are not sorted: how alike a picture is to
/// the others of its set.
const ALIKE: &str = "set";

/// Draws the gallery.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let shown = state.shown_pictures();
    let filter = match &state.field {
        Some(field) if field.target == Target::Filter => format!(" · /{}▏", field.text()),
        Some(field) if field.target == Target::Tags => format!(" · tags: {}▏", field.text()),
        Some(field) if field.target == Target::Folder => format!(" · copy to: {}▏", field.text()),
        _ if !state.gallery.filter.is_empty() => format!(" · /{}", state.gallery.filter),
        _ => String::new(),
    };
    let sort = numbers(state, &shown).map(|words| format!(" · {words}")).unwrap_or_default();
    let title = fit(
        &format!("{} pictures{sort}{filter}", shown.len()),
        usize::from(area.width).saturating_sub(6),
    );
    let mut block = pane(&title, true, look.theme);
    if let Some(about) = about(state, &shown) {
        let text = fit(&about, usize::from(area.width).saturating_sub(6));
        block = block.title_bottom(Span::styled(format!(" {text} "), look.theme.dim()));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if shown.is_empty() {
        let words = if state.gallery.filter.is_empty() {
            "Nothing is painted yet; 1 goes to the board"
        } else {
            "No prompt holds these words"
        };
        notice(frame, inner, words, look.theme);
    } else if state.gallery.zoomed {
        one(frame, inner, state, shown[state.gallery.cursor], look);
    } else {
        rows(frame, inner, state, &shown, look);
    }
}

/// Which numbers stand below the pictures, and who gave them.
fn numbers(state: &State, shown: &[(usize, usize)]) -> Option<String> {
    let kind = state.gallery.sort.as_deref().unwrap_or(ALIKE);
    let runs = shown.iter().map(|(run, _)| &state.history.runs[*run]);
    let judge = runs.filter_map(|run| run.judge(kind)).next();
    let by = judge.map(|judge| format!(" ({judge})")).unwrap_or_default();
    match &state.gallery.sort {
        Some(kind) => Some(format!("by {kind}{by}")),
        None => judge.map(|_| format!("{kind}{by}")),
    }
}

/// Prompt, seed and number of the picture under the cursor.
fn about(state: &State, shown: &[(usize, usize)]) -> Option<String> {
    let (run, panel) = *shown.get(state.gallery.cursor)?;
    let recipe = &state.history.runs[run].recipe;
    let told = recipe.panels.get(panel)?;
    let (at, all) = (state.gallery.cursor + 1, shown.len());
    let kept = state.history.runs[run].panels.get(panel)?;
    let tags: String = kept.tags.iter().map(|tag| format!("#{tag} ")).collect();
    let scores = state.history.runs[run].told(&kept.scores);
    let row = state.history.runs[run].row.as_ref();
    let row = row.map(|row| format!(" · {} {}", row.name, row.value)).unwrap_or_default();
    let outlier = if kept.outlier { " · the odd one out" } else { "" };
    Some(format!(
        "{at}/{all} · {tags}{} · seed {} · {} steps{row}{scores}{outlier}",
        recipe.prompt(told),
        told.seed,
        recipe.steps
    ))
}

fn one(frame: &mut Frame, area: Rect, state: &State, at: (usize, usize), look: &mut Look) {
    let side = (area.width / 2).min(area.height.saturating_sub(1));
    let place =
        Rect { x: area.x + (area.width - side * 2) / 2, width: side * 2, height: side + 1, ..area };
    cell(frame, place, &picture(state, at, false), look);
}

fn rows(frame: &mut Frame, area: Rect, state: &State, shown: &[(usize, usize)], look: &mut Look) {
    let tiles = Tiles::of(state.size);
    let first = tiles.first(state.gallery.cursor);
    for (place, at) in shown.iter().enumerate().skip(first).take(tiles.rows * tiles.columns) {
        let (row, column) = ((place - first) / tiles.columns, (place - first) % tiles.columns);
        let spot = Rect {
            x: area.x + tiles.left + column as u16 * (2 * tiles.side + 1),
            y: area.y + row as u16 * tiles.height,
            width: 2 * tiles.side,
            height: tiles.side + 1,
        };
        cell(
            frame,
            spot.intersection(area),
            &picture(state, *at, state.chosen_places().contains(&place)),
            look,
        );
    }
}

fn picture<'a>(state: &State, (run, panel): (usize, usize), selected: bool) -> Cell<'a> {
    let of = &state.history.runs[run];
    let told = of.panels.get(panel);
    Cell {
        source: told.and_then(|p| p.image.clone()).map(Source::Stored),
        waiting: "…",
        caption: caption(state, of, panel),
        mark: mark(state, run, panel),
        selected,
        faded: told.is_some_and(|p| p.rejected),
    }
}

/// What it shows behind its number, where there is one, and a sign at the
/// one that is farthest from its set.
fn caption(state: &State, run: &Run, panel: usize) -> String {
    let subject = run.recipe.panels.get(panel).map(|p| p.subject.clone()).unwrap_or_default();
    let Some(kept) = run.panels.get(panel) else { return subject };
    let sign = if kept.outlier { "▲ " } else { "" };
    let score = kept.scores.get(state.gallery.sort.as_deref().unwrap_or(ALIKE));
    // Pictures of a row are told apart by their values.
    if let Some(row) = &run.row {
        let rest = score.map_or(subject, |score| format!("{score:.2}"));
        return format!("{sign}{} {} · {rest}", row.name, row.value);
    }
    match score {
        Some(score) => format!("{sign}{score:.2} {subject}"),
        None => format!("{sign}{subject}"),
    }
}
