//! Every picture of the session, newest first.

use super::Look;
use super::widgets::{Cell, best, between, cell, fit, mark, notice, numbers, pane, says_most};
use crate::studio::Run;
use crate::tui::field::Target;
use crate::tui::gallery::Tiles;
use crate::tui::pictures::Source;
use crate::tui::state::State;
use crate::util::text::sanitise;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

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
    let sort = named(state, &shown).map(|words| format!(" · {words}")).unwrap_or_default();
    let title = fit(
        &format!("{} pictures{sort}{filter}", shown.len()),
        usize::from(area.width).saturating_sub(6),
    );
    let mut block = pane(&title, true, look.theme);
    if let Some(text) = about(state, &shown, usize::from(area.width).saturating_sub(6)) {
        block = block.title_bottom(Span::styled(format!(" {text} "), look.theme.dim()));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if shown.is_empty() {
        let words = match (state.gallery.filter.is_empty(), &state.progress) {
            (false, _) => "No prompt holds these words",
            (true, Some(_)) => "The first pictures are being painted; 1 shows how they come up",
            (true, None) => "Nothing is painted yet; 1 goes to the board",
        };
        notice(frame, inner, words, look.theme);
    } else if state.gallery.zoomed {
        one(frame, inner, state, shown[state.gallery.cursor], look);
    } else {
        rows(frame, inner, state, &shown, look);
    }
}

/// Which numbers stand below the pictures, and who gave them.
fn named(state: &State, shown: &[(usize, usize)]) -> Option<String> {
    let kind = state.gallery.sort.as_deref().unwrap_or(ALIKE);
    let runs = shown.iter().map(|(run, _)| &state.history.runs[*run]);
    let judge = runs.filter_map(|run| run.judge(kind)).next();
    let by = judge.map(|judge| format!(" ({judge})")).unwrap_or_default();
    match &state.gallery.sort {
        Some(kind) => Some(format!("by {kind}{by}")),
        None => judge.map(|_| format!("{kind}{by}")),
    }
}

/// Number, prompt, seed and scores of the picture under the cursor; where there is
/// little room, the scores that say most.
fn about(state: &State, shown: &[(usize, usize)], cells: usize) -> Option<String> {
    let (run, panel) = *shown.get(state.gallery.cursor)?;
    let run = &state.history.runs[run];
    let (told, kept) = (run.recipe.panels.get(panel)?, run.panels.get(panel)?);
    let (at, all) = (state.gallery.cursor + 1, shown.len());
    let tags: String = kept.tags.iter().map(|tag| format!("#{tag} ")).collect();
    let scores = run.told(&kept.scores);
    let row = run.row.as_ref();
    let row = row.map(|row| format!(" · {} {}", row.name, row.value)).unwrap_or_default();
    let outlier = if kept.outlier { " · the odd one out" } else { "" };
    let sort = state.gallery.sort.as_deref();
    let few = numbers(&kept.scores, |kind| says_most(kind) || sort == Some(kind));
    let few = if few.is_empty() { few } else { format!(" · {few}") };
    let endings = [
        format!(" · seed {} · {} steps{row}{scores}{outlier}", told.seed, run.recipe.steps),
        format!("{row}{scores}{outlier}"),
        format!(" · seed {}{row}{few}{outlier}", told.seed),
        format!("{row}{few}{outlier}"),
    ];
    let before = format!("{at}/{all} · {}", sanitise(&tags));
    Some(between(&before, &run.recipe.prompt(told), &endings, cells))
}

fn one(frame: &mut Frame, area: Rect, state: &State, at: (usize, usize), look: &mut Look) {
    let side = (area.width / 2).min(area.height.saturating_sub(1));
    let place =
        Rect { x: area.x + (area.width - side * 2) / 2, width: side * 2, height: side + 1, ..area };
    cell(frame, place, &picture(state, at, (false, place.width)), look);
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
            &picture(state, *at, (state.chosen_places().contains(&place), spot.width)),
            look,
        );
    }
}

fn picture<'a>(
    state: &State,
    (run, panel): (usize, usize),
    (selected, width): (bool, u16),
) -> Cell<'a> {
    let mark = mark(state, run, panel);
    let of = &state.history.runs[run];
    let told = of.panels.get(panel);
    Cell {
        source: told.and_then(|p| p.image.clone()).map(Source::Stored),
        waiting: "…",
        caption: caption(state, of, panel, usize::from(width).saturating_sub(mark.width())),
        mark,
        selected,
        faded: told.is_some_and(|p| p.rejected),
    }
}

/// What it shows behind its number, where there is one, and a sign at the
/// one that is farthest from its set.
fn caption(state: &State, run: &Run, panel: usize, cells: usize) -> String {
    let subject = run.recipe.panels.get(panel).map(|p| p.subject.clone()).unwrap_or_default();
    let Some(kept) = run.panels.get(panel) else { return subject };
    let sign = if kept.outlier { "▲ " } else { "" };
    let score = kept.scores.get(state.gallery.sort.as_deref().unwrap_or(ALIKE));
    let score = score.map(|score| format!("{score:.2}"));
    // Pictures of a row are told apart by their values.
    if let Some(row) = &run.row {
        let (name, value) = (&row.name, &row.value);
        let Some(score) = score else { return format!("{sign}{name} {value} · {subject}") };
        let forms = [" · ", " "].map(|between| format!("{sign}{name} {value}{between}{score}"));
        let [whole, close] = forms;
        return best(&[whole, close, format!("{sign}{value} · {score}")], cells);
    }
    let Some(score) = score else { return format!("{sign}{subject}") };
    let article = ["a ", "an ", "the "].iter().find_map(|article| subject.strip_prefix(article));
    let short = format!("{sign}{score} {}", article.unwrap_or(&subject));
    best(&[format!("{sign}{score} {subject}"), short], cells)
}
