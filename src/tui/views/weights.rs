//! Prompts with the weights of their words as colours.

use super::widgets::fit;
use crate::prompt::{Weighted, weighted};
use crate::tui::field::Field;
use crate::tui::theme::Theme;
use crate::util::text::sanitise;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// From this weight on words are bold.
const HEAVY: f32 = 1.3;

/// A prompt in so many cells.
pub fn line(text: &str, cells: usize, theme: &Theme) -> Line<'static> {
    let shown = fit(text, cells);
    let weights = weighted(&sanitise(text)).unwrap_or_default();
    let part = |(at, c): (usize, char)| {
        Span::styled(c.to_string(), style(weights.weight_at_source(at), theme))
    };
    joined(shown.char_indices().map(part))
}

/// A prompt while it is typed: what is around the cursor, in so many cells.
pub fn typed(field: &Field, cells: usize, theme: &Theme) -> Line<'static> {
    let (text, cursor) = (field.text(), field.cursor());
    let weights = weighted(&text).unwrap_or_default();
    let mut parts: Vec<Span> = text
        .char_indices()
        .map(|(at, c)| Span::styled(sanitise(&c.to_string()), typed_style(&weights, at, theme)))
        .collect();
    parts.push(Span::raw(" "));
    let marked = field.selected().unwrap_or(cursor..cursor + 1);
    for part in parts.iter_mut().take(marked.end).skip(marked.start) {
        part.style = theme.selected();
    }
    let width = |part: &Span| part.content.width();
    // The cursor stays in sight.
    let mut first = 0;
    let mut used: usize = parts.iter().take(cursor + 1).map(width).sum();
    while used > cells && first < cursor {
        used -= width(&parts[first]);
        first += 1;
    }
    let mut left = cells;
    let fits = parts.into_iter().skip(first).take_while(|part| {
        let fits = width(part) <= left;
        left = left.saturating_sub(width(part));
        fits
    });
    joined(fits)
}

fn typed_style(weights: &Weighted, at: usize, theme: &Theme) -> Style {
    style(weights.weight_at_source(at), theme)
}

/// Warm and bold what counts more, dim what counts less.
fn style(weight: f32, theme: &Theme) -> Style {
    let plain = Style::new().fg(theme.text);
    match weight {
        w if w >= HEAVY => Style::new().fg(theme.warning).add_modifier(Modifier::BOLD),
        w if w > 1.0 => Style::new().fg(theme.warning),
        w if w < 1.0 => Style::new().fg(theme.progress).add_modifier(Modifier::ITALIC),
        _ => plain,
    }
}

/// Neighbours of one style as one part.
fn joined(parts: impl Iterator<Item = Span<'static>>) -> Line<'static> {
    let mut all: Vec<Span> = Vec::new();
    for part in parts {
        match all.last_mut().filter(|last| last.style == part.style) {
            Some(last) => last.content.to_mut().push_str(&part.content),
            None => all.push(part),
        }
    }
    Line::from(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::field::Target;

    fn shown(line: &Line) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn what_counts_more_is_warm_and_what_counts_less_is_dim() {
        let theme = Theme::shipped("dusk").unwrap();
        let line = line("a (red:1.4) [old] fox", 40, &theme);
        assert_eq!(shown(&line), "a (red:1.4) [old] fox");
        let of = |text: &str| line.spans.iter().find(|s| s.content == text).unwrap().style;
        assert_eq!(of("(red:1.4)").fg, Some(theme.warning));
        assert!(of("(red:1.4)").add_modifier.contains(Modifier::BOLD));
        assert_eq!(of("[old]").fg, Some(theme.progress));
        assert_eq!(of(" fox").fg, Some(theme.text));
        assert_eq!(shown(&self::line("a (red", 40, &theme)), "a (red", "not closed yet");
        assert_eq!(shown(&self::line("a (red) fox", 5, &theme)), "a (r\u{2026}");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let theme = Theme::shipped("dusk").unwrap();
        let field = Field::new(Target::Style, "a very long prompt indeed", false);
        let line = typed(&field, 8, &theme);
        assert_eq!(shown(&line), " indeed ");
        assert_eq!(line.spans.last().unwrap().style, theme.selected());
        let value = Field::new(Target::Setting(0), "0.5", false).selected_whole();
        let value = typed(&value, 8, &theme);
        assert_eq!((shown(&value).as_str(), value.spans[0].style), ("0.5 ", theme.selected()));
        assert_eq!(value.spans[0].content, "0.5", "what is selected is seen");
        let poison = Field::new(Target::Style, "a\u{1b}[2J\u{202e}", false);
        assert!(!shown(&typed(&poison, 40, &theme)).contains(['\u{1b}', '\u{202e}']));
    }
}
