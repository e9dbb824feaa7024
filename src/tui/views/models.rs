//! Models found on this machine.

use super::widgets::{fit, pane};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// Draws the models.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, theme: &Theme) {
    let block = pane("Models", true, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let line = |(number, model): (usize, &crate::tui::state::ModelLine)| {
        let used = if model.name == state.draft.model { "●" } else { " " };
        let text = format!("{used} {:<24} {:>8}  {}", model.name, size(model.bytes), model.about);
        let style = if number == state.model_cursor {
            theme.selected()
        } else {
            Style::new().fg(theme.text)
        };
        Line::styled(fit(&text, width), style)
    };
    let lines: Vec<Line> = state.models.iter().enumerate().map(line).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        n if n < 1 << 30 => format!("{} MB", n >> 20),
        n => format!("{:.1} GB", n as f64 / f64::from(1 << 30)),
    }
}
