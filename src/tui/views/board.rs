//! The board: style, subjects and settings at the left, the set at the right.

use super::Look;
use super::widgets::{fit, pane};
use super::{guides, set, table, weights};
use crate::recipe::{Subject, whole_prompt};
use crate::tui::field::Target;
use crate::tui::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// From this width on, both columns are shown.
const TWO_COLUMNS: u16 = 76;
/// Columns that each side keeps.
const LEAST: u16 = 30;

/// Draws the board.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    if area.width < TWO_COLUMNS {
        if is_guiding(state) {
            let rows = [Constraint::Percentage(60), Constraint::Percentage(40)];
            let [writing, looking] = Layout::vertical(rows).areas(area);
            left(frame, writing, state, look);
            right(frame, looking, state, look);
        } else if state.board.pane == Pane::Set {
            right(frame, area, state, look);
        } else {
            left(frame, area, state, look);
        }
        return;
    }
    let [writing, painting] = columns(area, state);
    left(frame, writing, state, look);
    right(frame, painting, state, look);
}

fn columns(area: Rect, state: &State) -> [Rect; 2] {
    let widths = [Constraint::Length(left_columns(area.width, state)), Constraint::Min(0)];
    Layout::horizontal(widths).areas(area)
}

/// Columns of the left side of a board that is `width` wide.
pub fn left_columns(width: u16, state: &State) -> u16 {
    let usual = (width / 3).clamp(LEAST, 52);
    let most = width.saturating_sub(LEAST).max(LEAST);
    state.board.columns.unwrap_or(usual).clamp(LEAST, most)
}

/// Whether a place is on the border between the two sides.
pub fn is_border(area: Rect, state: &State, at: Position) -> bool {
    let [writing, _] = columns(area, state);
    let near = writing.right().saturating_sub(1)..=writing.right();
    area.width >= TWO_COLUMNS && area.contains(at) && near.contains(&at.x)
}

/// The pane at a place of a board drawn in `area`, and which of its lines or
/// pictures is there.
pub fn pane_at(area: Rect, state: &State, at: Position) -> Option<(Pane, usize)> {
    let narrow = area.width < TWO_COLUMNS;
    let [writing, painting] = match state.board.pane {
        Pane::Set if narrow => [Rect::ZERO, area],
        _ if narrow => [area, Rect::ZERO],
        _ => columns(area, state),
    };
    if painting.contains(at) {
        return set::panel_at(painting, state, at).map(|panel| (Pane::Set, panel));
    }
    let [style, _, subjects, settings] = stack(writing, state);
    // The line within a pane of `count` lines.
    let line = |pane: Rect, count: usize, first: &dyn Fn(usize) -> usize| {
        let row = usize::from(at.y.checked_sub(pane.y + 1)?);
        let shown = usize::from(pane.height.saturating_sub(2));
        let number = first(shown) + row;
        (pane.contains(at) && row < shown && number < count).then_some(number)
    };
    if style.contains(at) {
        return Some((Pane::Style, 0));
    }
    let subject = |shown: usize| (state.board.subject + 1).saturating_sub(shown);
    if let Some(number) = line(subjects, state.draft.subjects.len(), &subject) {
        return Some((Pane::Subjects, number));
    }
    let setting = |shown: usize| table::first_of_settings(state, shown);
    line(settings, state.lines().len(), &setting).map(|number| (Pane::Settings, number))
}

/// The set, or what the picture under the cursor lends or draws.
fn right(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    if is_guiding(state) {
        guides::preview(frame, area, state, look);
    } else {
        set::draw(frame, area, state, look);
    }
}

/// Whether the cursor is among the pictures that lend and steer.
fn is_guiding(state: &State) -> bool {
    matches!(state.board.pane, Pane::Guides | Pane::Guide)
}

/// Style, pictures that lend and steer, subjects, settings.
fn stack(area: Rect, state: &State) -> [Rect; 4] {
    let subjects = (state.draft.subjects.len() as u16 + 2).clamp(4, 12);
    let guides = match state.guides().len() as u16 {
        0 => 0,
        // Where there is little room, the one under the cursor is enough.
        n => (n + 2).min((area.height / 6).max(3)),
    };
    let settings = if is_guiding(state) { state.details().len() } else { state.lines().len() };
    let rows = [
        Constraint::Length(4),
        Constraint::Length(guides),
        Constraint::Min(subjects),
        Constraint::Max(settings as u16 + 2),
    ];
    Layout::vertical(rows).areas(area)
}

fn left(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let [top, pictures, middle, bottom] = stack(area, state);
    style(frame, top, state, look);
    if pictures.height > 0 {
        guides::list(frame, pictures, state, look);
    }
    self::subjects(frame, middle, state, look);
    match is_guiding(state) {
        true => guides::details(frame, bottom, state, look),
        false => table::settings(frame, bottom, state, look),
    }
}

/// The text field in place of what is edited, if it is this.
pub fn field(frame: &mut Frame, area: Rect, state: &State, target: &Target, look: &Look) -> bool {
    let Some(field) = state.field.as_ref().filter(|field| field.target == *target) else {
        return false;
    };
    let line = weights::typed(field, usize::from(area.width), look.theme);
    frame.render_widget(line, Rect { height: 1, ..area });
    true
}

fn style(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let block = pane("Style", state.board.pane == Pane::Style, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if field(frame, inner, state, &Target::Style, look) {
        return;
    }
    let text = state.draft.style_prompt.trim();
    let room = usize::from(inner.width) * usize::from(inner.height);
    let line = match text.is_empty() {
        true => Line::styled("i: how all of them look, e.g. watercolour", look.theme.dim()),
        false => weights::line(text, room, look.theme),
    };
    frame.render_widget(Paragraph::new(line).wrap(Wrap { trim: true }), inner);
}

/// How many pictures the subjects stand for, one that is empty yet for one;
/// nothing while one cannot be read.
fn pictures(state: &State) -> Option<usize> {
    state.draft.subjects.iter().map(|subject| crate::prompt::count(&subject.text).ok()).sum()
}

fn subjects(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let focused = state.board.pane == Pane::Subjects;
    let title = match state.draft.subjects.len() {
        0 => "Subjects".to_owned(),
        n => match pictures(state) {
            Some(all) if all != n => format!("Subjects · {n} · {all} pictures"),
            _ => format!("Subjects · {n}"),
        },
    };
    let title = match state.cut.len() {
        0 => title,
        n => format!("{title} · {n} too long"),
    };
    let block = pane(&title, focused, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if state.draft.subjects.is_empty() {
        let hint = Paragraph::new("o: what to paint, one a line").style(look.theme.dim());
        frame.render_widget(hint, inner);
        return;
    }
    let shown = usize::from(inner.height);
    let first = state.board.subject.saturating_sub(shown.saturating_sub(1));
    let rows = state.draft.subjects.iter().enumerate().skip(first).take(shown);
    for ((number, subject), y) in rows.zip(inner.y..) {
        let row = Rect { y, height: 1, ..inner };
        let lends = state.draft.lends_first() && state.draft.subjects.len() > 1;
        let mark = if number == 0 && lends { "◆ " } else { "  " };
        let text = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
        frame.render_widget(Span::styled(mark, look.theme.strong()), row);
        if field(frame, text, state, &Target::Subject(number), look) {
            continue;
        }
        let text = own_seed(frame, text, subject, look);
        let text = too_long(frame, text, state, subject, look);
        let here = focused && number == state.board.subject;
        let cells = usize::from(text.width);
        let words = match here {
            true => Paragraph::new(fit(&subject.text, cells)).style(look.theme.selected()),
            false => Paragraph::new(weights::line(&subject.text, cells, look.theme)),
        };
        frame.render_widget(words, text);
    }
}

/// The seed that a subject keeps, at the right; gives the room that is left.
fn own_seed(frame: &mut Frame, area: Rect, subject: &Subject, look: &Look) -> Rect {
    let Some(seed) = subject.seed else { return area };
    let label = format!(" seed {seed}");
    let widths = [Constraint::Min(0), Constraint::Length(label.len() as u16)];
    let [text, right] = Layout::horizontal(widths).areas(area);
    frame.render_widget(Span::styled(label, look.theme.dim()), right);
    text
}

/// Whether something of a subject's prompt falls off the end, at the right; gives the
/// room that is left.
fn too_long(frame: &mut Frame, area: Rect, state: &State, subject: &Subject, look: &Look) -> Rect {
    let prompt = whole_prompt(&subject.text, &state.draft.style_prompt);
    if !state.cut.contains_key(&prompt) {
        return area;
    }
    let label = Span::styled(" too long: x", Style::new().fg(look.theme.warning));
    let widths = [Constraint::Min(0), Constraint::Length(label.width() as u16)];
    let [text, right] = Layout::horizontal(widths).areas(area);
    frame.render_widget(label, right);
    text
}
