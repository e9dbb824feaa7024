//! What is painted next.

use super::widgets::{fit, notice, pane};
use crate::recipe::Recipe;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// Draws the queue.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, theme: &Theme) {
    let title = match (state.queue.jobs().len(), state.queue.is_paused()) {
        (n, true) => format!("{n} waiting · paused"),
        (n, false) => format!("{n} waiting"),
    };
    let block = pane(&title, true, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    if let Some(progress) = &state.progress {
        let text = format!("▸ painting  {}", describe(&progress.recipe));
        lines.push(Line::styled(fit(&text, width), theme.strong()));
    }
    for (number, job) in state.queue.jobs().iter().enumerate() {
        let held = job.held.as_ref().map(|why| format!("held: {why}  ")).unwrap_or_default();
        let row = job.row.as_ref().map(|row| format!("{row} · ")).unwrap_or_default();
        let text = format!("{:>3}  {held}{row}{}", number + 1, describe(&job.recipe));
        let text = fit(&text, width);
        let style = match (number == state.queue_cursor, job.held.is_some()) {
            (true, _) => theme.selected(),
            (false, true) => Style::new().fg(theme.warning),
            (false, false) => Style::new().fg(theme.text),
        };
        lines.push(Line::styled(text, style));
    }
    if lines.is_empty() {
        notice(frame, inner, "Nothing waits; Enter on the board paints a set", theme);
        return;
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A recipe in one line.
pub fn describe(recipe: &Recipe) -> String {
    let subjects: Vec<&str> = recipe.panels.iter().map(|p| p.subject.as_str()).collect();
    let way = if recipe.style.is_plain() { "plain" } else { "aligned" };
    let style = match recipe.style_prompt.trim() {
        "" => String::new(),
        style => format!(" · {style}"),
    };
    format!(
        "{}{style} · {way} · {} · {} steps",
        subjects.join(", "),
        recipe.model.name,
        recipe.steps
    )
}
