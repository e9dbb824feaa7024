//! The set: the pictures being painted, or painted last, or to be painted.

use super::Look;
use super::guides::way;
use super::widgets::{Cell, best, cell, fit, grid, numbers, pane, says_most};
use crate::studio::Run;
use crate::tui::guides::file_name;
use crate::tui::pictures::Source;
use crate::tui::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the set being painted, or the one painted last, or the one to be painted.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let run = state.history.latest().cloned();
    let title = title(state, usize::from(area.width).saturating_sub(4));
    let block = pane(&title, state.board.pane == Pane::Set, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let panels = panels(state, run.as_deref());
    if panels == 0 {
        welcome(frame, inner, look);
        return;
    }
    let anchor = state.shown_recipe().map_or(&state.draft.anchor, |r| &r.anchor).clone();
    let lending = anchor.references();
    for (number, place) in grid(inner, lending.len() + panels).into_iter().enumerate() {
        let picture = match number.checked_sub(lending.len()) {
            Some(panel) => panel_cell(state, run.as_deref(), panel),
            None => reference(state, &lending[number].picture, number),
        };
        cell(frame, place, &picture, look);
    }
}

/// The panel at a place of a set drawn in `area`.
pub fn panel_at(area: Rect, state: &State, at: Position) -> Option<usize> {
    let run = state.history.latest().cloned();
    let anchor = state.shown_recipe().map_or(&state.draft.anchor, |r| &r.anchor);
    let (lending, panels) = (anchor.references().len(), panels(state, run.as_deref()));
    let cells = grid(area.inner(Margin::new(1, 1)), lending + panels);
    let cell = cells.iter().position(|cell| cell.contains(at))?;
    cell.checked_sub(lending).filter(|panel| *panel < panels)
}

fn panels(state: &State, run: Option<&Run>) -> usize {
    match (&state.progress, run) {
        (Some(progress), _) => progress.recipe.panels.len(),
        (None, Some(run)) => run.panels.len(),
        (None, None) => state.draft.subjects.iter().filter(|s| !s.text.trim().is_empty()).count(),
    }
}

/// A picture that lends its style stands before those that take it.
fn reference<'a>(state: &State, picture: &str, number: usize) -> Cell<'a> {
    // While it is brought to noise, how far it has come is shown.
    let name = file_name(picture);
    let (source, caption) = match way(state, number, picture) {
        Some((source, steps)) => (source, format!("{steps} {name}")),
        None => (Source::File(state.folder.join(picture)), name.to_owned()),
    };
    Cell {
        source: Some(source), waiting: "…", caption, mark: "◆ ", selected: false, faded: false
    }
}

fn panel_cell<'a>(state: &State, run: Option<&Run>, number: usize) -> Cell<'a> {
    let painting = state.progress.as_ref();
    let recipe = state.shown_recipe();
    let stored = run.and_then(|run| run.panels.get(number)).filter(|p| p.is_shown());
    let stored = stored.and_then(|p| p.image.clone()).map(Source::Stored);
    let preview =
        painting.and_then(|p| p.previews.get(number).cloned().flatten()).map(Source::Preview);
    let waiting = match painting {
        Some(p) if p.active.contains(&number) => "painting",
        Some(_) => "waiting",
        None if run.is_none() => "Enter paints",
        None => "not painted",
    };
    let aligned = match recipe {
        Some(recipe) => recipe.lends_first() && recipe.panels.len() > 1,
        None => state.draft.lends_first() && state.draft.subjects.len() > 1,
    };
    Cell {
        source: stored.or(preview),
        waiting,
        caption: match recipe {
            Some(recipe) => recipe.panels.get(number).map(|p| p.subject.clone()),
            None => state.draft.subjects.get(number).map(|s| s.text.clone()),
        }
        .unwrap_or_default(),
        mark: match run.and_then(|run| run.panels.get(number)) {
            Some(panel) if panel.outlier && painting.is_none() => "▲ ",
            _ if number == 0 && aligned => "◆ ",
            _ => "",
        },
        selected: state.board.pane == Pane::Set && state.board.panel == number,
        faded: false,
    }
}

/// What the set is; where there is little room, its numbers without the rest.
fn title(state: &State, cells: usize) -> String {
    let Some(recipe) = state.shown_recipe() else { return "Set".into() };
    let style =
        if recipe.style_prompt.trim().is_empty() { "no style" } else { recipe.style_prompt.trim() };
    let way = if recipe.style.is_plain() { "plain" } else { "aligned" };
    let run =
        state.history.latest().filter(|run| state.progress.is_none() && !run.scores.is_empty());
    let whole = format!("{} · {way}", fit(style, 40));
    let Some(run) = run else { return fit(&whole, cells) };
    let few = run.scores.iter().filter(|(kind, _)| says_most(kind));
    let few = few.map(|(kind, n)| (kind.clone(), *n)).collect();
    let told = run.told(&few);
    let alone = told.trim_start_matches(" · ").to_owned();
    let bare = numbers(&run.scores, says_most);
    let forms = [
        format!("{whole}{told}"),
        format!("{way}{told}"),
        alone.replace(": ", " "),
        format!("{way} · {bare}"),
        bare,
    ];
    best(&forms, cells)
}

fn welcome(frame: &mut Frame, area: Rect, look: &Look) {
    let key = |text: &'static str| Span::styled(text, look.theme.strong());
    let lines = vec![
        Line::from("A set is a row of pictures in one style."),
        Line::default(),
        Line::from(vec![key("o"), " add a subject, ".into(), key("Enter"), " the next one".into()]),
        Line::from(vec![key("Tab"), " to the style, ".into(), key("i"), " to write it".into()]),
        Line::from(vec![key("Enter"), " paints the set".into()]),
        Line::from(vec![key("?"), " shows every key".into()]),
    ];
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    let middle = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
    frame.render_widget(Paragraph::new(lines).style(look.theme.dim()).centered(), middle);
}
