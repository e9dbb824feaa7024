//! Small parts that several views draw.

use super::Look;
use crate::tui::pictures::Source;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::util::text::sanitise;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding, Paragraph, Wrap};
use std::collections::BTreeMap;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells of a prompt that tell it from others.
const WORDS: usize = 24;

/// A pane with a title.
pub fn pane(title: &str, focused: bool, theme: &Theme) -> Block<'static> {
    let style = if focused { theme.strong() } else { theme.dim() };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.frame(focused))
        .title(Span::styled(format!(" {title} "), style))
        .padding(Padding::horizontal(1))
}

/// Foreign text in so many cells: made harmless, and cut with an ellipsis.
pub fn fit(text: &str, cells: usize) -> String {
    let text = sanitise(text);
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used + width > cells {
            while used + 1 > cells {
                match out.pop() {
                    Some(last) => used -= last.width().unwrap_or(0),
                    None => return String::new(),
                }
            }
            out.push('…');
            return out;
        }
        used += width;
        out.push(c);
    }
    out
}

/// The first of several forms that fits whole; the last one is cut.
pub fn best(forms: &[String], cells: usize) -> String {
    let fits = |form: &&String| sanitise(form).width() <= cells;
    fit(forms.iter().find(fits).or(forms.last()).map_or("", String::as_str), cells)
}

/// Words between what stands before and the first of several endings that leaves them
/// enough room: the words are cut, the numbers behind them are not.
pub fn between(before: &str, words: &str, endings: &[String], cells: usize) -> String {
    let words = sanitise(words);
    let room = |ending: &String| cells.saturating_sub(before.width() + sanitise(ending).width());
    let enough = words.width().min(WORDS);
    let ending = endings.iter().find(|ending| room(ending) >= enough).or(endings.last());
    let Some(ending) = ending else { return fit(&format!("{before}{words}"), cells) };
    fit(&format!("{before}{}{ending}", fit(&words, room(ending))), cells)
}

/// Numbers by their names alone, of the kinds that are wanted.
pub fn numbers(scores: &BTreeMap<String, f64>, wanted: impl Fn(&str) -> bool) -> String {
    let wanted = scores.iter().filter(|(kind, _)| wanted(kind));
    wanted.map(|(kind, n)| format!("{kind} {n:.2}")).collect::<Vec<_>>().join(" ")
}

/// Whether a number is one of those that say most: how well a picture fits its prompt,
/// how alike it is to the others.
pub fn says_most(kind: &str) -> bool {
    matches!(kind, "object" | "set")
}

/// What a panel's cell shows.
pub struct Cell<'a> {
    /// The picture, once there is one.
    pub source: Option<Source>,
    /// What is shown while there is none.
    pub waiting: &'a str,
    /// The line below.
    pub caption: String,
    /// What stands before the caption: anchor, star.
    pub mark: &'a str,
    /// Whether the cursor is here.
    pub selected: bool,
    /// Whether the panel is put aside.
    pub faded: bool,
}

/// Draws a picture with its caption.
pub fn cell(frame: &mut Frame, area: Rect, cell: &Cell, look: &mut Look) {
    if area.height < 3 || area.width < 4 {
        return;
    }
    let theme = look.theme;
    let picture = Rect { height: area.height - 1, ..area };
    let caption = Rect { y: area.y + area.height - 1, height: 1, ..area };
    let drawn =
        cell.source.as_ref().is_some_and(|source| look.pictures.draw(frame, picture, source));
    if !drawn {
        empty(frame, picture, cell.waiting, theme);
    }
    let style = match (cell.selected, cell.faded) {
        (true, _) => theme.selected(),
        (false, true) => theme.dim().add_modifier(Modifier::CROSSED_OUT),
        (false, false) => Style::new().fg(theme.text),
    };
    let mark =
        Span::styled(cell.mark.to_owned(), if cell.selected { style } else { theme.strong() });
    let left = usize::from(area.width).saturating_sub(cell.mark.chars().count());
    let text = Span::styled(fit(&cell.caption, left), style);
    frame.render_widget(Paragraph::new(Line::from(vec![mark, text])).style(style), caption);
}

fn empty(frame: &mut Frame, area: Rect, words: &str, theme: &Theme) {
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.frame(false));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let middle = Rect { y: inner.y + inner.height / 2, height: inner.height.min(1), ..inner };
    let words = fit(words, usize::from(inner.width));
    frame.render_widget(Paragraph::new(words).style(theme.dim()).centered(), middle);
}

/// Areas for `count` pictures that are as large as fits, row by row. A cell is
/// about twice as high as wide, so a square picture takes two columns a row.
pub fn grid(area: Rect, count: usize) -> Vec<Rect> {
    let count = count.max(1);
    let size = |columns: usize| {
        let rows = count.div_ceil(columns);
        let width = (usize::from(area.width) + 1) / columns;
        let height = usize::from(area.height) / rows;
        let side = (width.saturating_sub(1) / 2).min(height.saturating_sub(1));
        (side, width, height)
    };
    let columns = (1..=count).max_by_key(|n| (size(*n).0, std::cmp::Reverse(*n))).unwrap_or(1);
    let (side, _, _) = size(columns);
    let (width, height) = (2 * side as u16, side as u16 + 1);
    let rows = count.div_ceil(columns) as u16;
    // What is left over goes around them, so that the set stands in the middle.
    let left = area.width.saturating_sub(columns as u16 * (width + 1) - 1) / 2;
    let top = area.height.saturating_sub(rows * height) / 2;
    let place = |i: usize| {
        let (row, column) = ((i / columns) as u16, (i % columns) as u16);
        let (x, y) = (area.x + left + column * (width + 1), area.y + top + row * height);
        Rect { x, y, width, height }
    };
    (0..count).map(place).filter(|cell| cell.bottom() <= area.bottom()).collect()
}

/// A few words in the middle of an empty view.
pub fn notice(frame: &mut Frame, area: Rect, words: &str, theme: &Theme) {
    let width = area.width.min(64);
    let lines = (words.chars().count() as u16).div_ceil(width.max(1)).max(1);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + area.height.saturating_sub(lines) / 2,
        width,
        height: area.height.min(lines + 1),
    };
    let place = place.intersection(area);
    let text = Paragraph::new(words.to_owned()).style(theme.dim());
    frame.render_widget(text.centered().wrap(Wrap { trim: true }), place);
}

/// What stands before a panel's caption.
pub fn mark(state: &State, run: usize, panel: usize) -> &'static str {
    let run = &state.history.runs[run];
    let lends = run.recipe.lends_first();
    match run.panels.get(panel) {
        Some(p) if p.starred => "★ ",
        _ if panel == 0 && lends && run.panels.len() > 1 => "◆ ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_cells() {
        assert_eq!(fit("a fox", 10), "a fox");
        assert_eq!(fit("a fox in snow", 6), "a fox…");
        assert_eq!(fit("山水画", 5), "山水…");
        assert_eq!(fit("abc", 0), "");
        assert!(!fit("a\u{1b}[31mred", 20).contains('\u{1b}'));
    }

    #[test]
    fn words_are_cut_before_numbers_and_the_longest_form_that_fits_is_taken() {
        let endings = [" · seed 123456789 · clip: set 0.91", " · set 0.91"].map(String::from);
        let short = |words: &str, cells| between("1/8 · ", words, &endings, cells);
        assert_eq!(short("a fox", 50), "1/8 · a fox · seed 123456789 · clip: set 0.91");
        assert_eq!(short("a fox", 30), "1/8 · a fox · set 0.91");
        let long = "a very old and very small fox with a red coat";
        assert_eq!(short(long, 50), "1/8 · a very old and very small fox wi… · set 0.91");
        assert_eq!(short(long, 20), "1/8 · a … · set 0.91");
        let forms = ["aligned · set 0.91", "set 0.91"].map(String::from);
        assert_eq!(best(&forms, 18), forms[0]);
        assert_eq!((best(&forms, 17), best(&forms, 5)), (forms[1].clone(), "set …".into()));
        let scores = [("set".to_owned(), 0.914), ("prompt".to_owned(), 0.3)].into();
        assert_eq!(numbers(&scores, says_most), "set 0.91");
    }

    #[test]
    fn pictures_are_as_large_as_fits() {
        let wide = grid(Rect::new(0, 0, 120, 20), 4);
        assert_eq!(wide.len(), 4);
        assert!(wide.iter().all(|cell| cell.y == wide[0].y), "one row in a wide area");
        let tall = grid(Rect::new(0, 0, 40, 60), 4);
        assert!(tall[3].y > 0);
        for (width, height, count) in [(3, 2, 5), (1, 1, 1), (200, 60, 64), (80, 24, 0)] {
            let area = Rect::new(0, 0, width, height);
            assert!(
                grid(area, count)
                    .iter()
                    .all(|cell| area.contains(cell.as_position())
                        && cell.right() <= area.right() + 1)
            );
        }
    }
}
