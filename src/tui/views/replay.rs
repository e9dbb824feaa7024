//! The session as a timeline.

use super::Look;
use super::queue::describe;
use super::widgets::{Cell, cell, fit, grid, mark, notice, pane};
use crate::tui::pictures::Source;
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the replay.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let runs = &state.history.runs;
    let playing = if state.replaying { " · playing" } else { "" };
    let title = match runs.len() {
        0 => "Replay".to_owned(),
        n => format!("Replay · set {} of {n}{playing}", state.replay_cursor + 1),
    };
    let block = pane(&title, true, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some(run) = runs.get(state.replay_cursor).cloned() else {
        let words = "Nothing is painted yet; 1 goes to the board";
        notice(frame, inner, words, look.theme);
        return;
    };
    let [about, pictures, line] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
            .areas(inner);
    let text = fit(&describe(&run.recipe), usize::from(about.width));
    frame.render_widget(Paragraph::new(text).style(look.theme.dim()), about);
    let painting = state.progress.as_ref().filter(|progress| progress.job.to_string() == run.id);
    for (number, place) in grid(pictures, run.panels.len()).into_iter().enumerate() {
        let panel = &run.panels[number];
        let stored = panel.image.clone().filter(|_| panel.is_shown()).map(Source::Stored);
        let preview = painting.and_then(|p| p.previews.get(number).cloned().flatten());
        let shown = Cell {
            source: stored.or(preview.map(Source::Preview)),
            waiting: match painting {
                _ if panel.trashed => "in the trash",
                Some(_) => "painting",
                None => "not painted",
            },
            caption: run.recipe.panels.get(number).map(|p| p.subject.clone()).unwrap_or_default(),
            mark: mark(state, state.replay_cursor, number),
            selected: false,
            faded: panel.rejected,
        };
        cell(frame, place, &shown, look);
    }
    timeline(frame, line, state, look);
}

/// A point a run, the one in hand marked; a window of it where there are many.
fn timeline(frame: &mut Frame, area: Rect, state: &State, look: &Look) {
    let (at, all, width) = (state.replay_cursor, state.history.runs.len(), usize::from(area.width));
    let first = at.saturating_sub(width / 2).min(all.saturating_sub(width));
    let point = |i: usize| match i == at {
        true => Span::styled("◆", look.theme.strong()),
        false => Span::styled("·", look.theme.dim()),
    };
    frame.render_widget(
        Paragraph::new(Line::from_iter((first..all.min(first + width)).map(point))),
        area,
    );
}
