//! Prompts as they will be painted, with the tokens that the model reads of them.

use super::Look;
use super::popups::scrolled;
use super::weights;
use super::widgets::fit;
use crate::engine::TokenView;
use crate::tui::popup::Expanded;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Columns of a prompt's number.
const NUMBER: usize = 6;

/// Draws it.
pub fn draw(frame: &mut Frame, area: Rect, shown: &Expanded, look: &Look) {
    let width = usize::from(area.width.min(super::popups::HELP)).saturating_sub(6 + NUMBER);
    let mut lines = Vec::new();
    for (number, prompt) in shown.prompts.iter().enumerate() {
        let mut line = weights::line(prompt, width, look.theme);
        line.spans.insert(0, Span::styled(format!("{:>4}  ", number + 1), look.theme.dim()));
        lines.push(line);
        match &shown.tokens {
            Some(Ok(tokens)) => {
                let views = tokens.get(number).map(Vec::as_slice).unwrap_or_default();
                lines.extend(read(views, width, look));
            }
            Some(Err(why)) if number == 0 => {
                lines.push(Line::styled(indented(why, width), look.theme.dim()));
            }
            _ => {}
        }
    }
    let long = match shown.cut().count() {
        0 => String::new(),
        n => format!(" · {n} too long"),
    };
    let title =
        format!("{} pictures{long} · j k scroll, any other key closes", shown.prompts.len());
    scrolled(frame, area, &title, lines, shown.scroll, look);
}

fn indented(text: &str, width: usize) -> String {
    format!("{}{}", " ".repeat(NUMBER), fit(text, width))
}

/// A text in as many lines as it takes.
fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.width());
        if last > 0 && last + 1 + word.width() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.iter().map(|line| Line::styled(indented(line, width), style)).collect()
}

/// What each encoder reads, once if all read the same, and what falls off the end.
fn read(views: &[TokenView], width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (i, view) in views.iter().enumerate() {
        let is_same = |other: &TokenView| (&other.tokens, &other.cut) == (&view.tokens, &view.cut);
        if views[..i].iter().any(is_same) {
            continue;
        }
        let who = match views.iter().all(is_same) {
            true => String::new(),
            false => format!("encoder {}: ", i + 1),
        };
        let tokens: Vec<String> = view.tokens.iter().map(ToString::to_string).collect();
        let count = format!("{who}{} of {} tokens: ", view.tokens.len(), view.limit);
        let text = format!("{count}{}", tokens.join(" "));
        lines.extend(wrapped(&text, width, look.theme.dim()));
        if let Some(cut) = &view.cut {
            let text = format!("{who}falls off the end: {}", cut.trim());
            lines.extend(wrapped(&text, width, Style::new().fg(look.theme.warning)));
        }
    }
    lines
}
