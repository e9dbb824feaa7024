//! Settings with their values, a line each.

use super::Look;
use super::board::field;
use super::widgets::{fit, pane};
use crate::tui::field::Target;
use crate::tui::settings::{self, Line, Section};
use crate::tui::state::{Pane, State, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

/// A line of a table.
pub enum Row {
    /// A setting.
    Value {
        /// Its name.
        name: &'static str,
        /// Whether it stands below the head of a section.
        nested: bool,
        /// Its value.
        text: String,
        /// Whether that is not its default.
        changed: bool,
        /// What is typed in its place.
        target: Target,
    },
    /// The head of a section.
    Head {
        /// Its name.
        name: &'static str,
        /// Whether it is open.
        open: bool,
        /// Settings in it that are changed.
        changed: usize,
        /// What is in it.
        about: String,
    },
}

/// The settings of the board.
pub fn settings(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let rows = rows(state);
    let here = (state.board.pane == Pane::Settings).then_some(state.board.setting);
    table(frame, area, state, ("Settings", &rows, here), look);
}

/// What the setting under the cursor changes, in a line.
pub fn help(state: &State) -> Option<&'static str> {
    match (state.view, state.board.pane) {
        (View::Board, Pane::Settings) => match state.line()? {
            Line::Head(section) => Some(section.help()),
            Line::Setting(number) => settings::numbered(number).map(|setting| setting.help),
        },
        (View::Board, Pane::Guide) => Some(state.details().get(state.board.detail)?.help),
        _ => None,
    }
}

fn row(state: &State, line: Line) -> Option<Row> {
    match line {
        Line::Head(section) => Some(head(state, section)),
        Line::Setting(number) => settings::numbered(number).map(|setting| Row::Value {
            name: setting.name,
            nested: Section::of(number) != Section::Set,
            text: setting.show(&state.draft, 0),
            changed: setting.is_changed(&state.draft),
            target: Target::Setting(number),
        }),
    }
}

fn head(state: &State, section: Section) -> Row {
    let (changed, about) = section.about(&state.draft);
    let open = state.board.open.contains(&section);
    Row::Head { name: section.title(), open, changed, about }
}

/// The first line that is shown: the cursor is in sight, and what stands below the head
/// of a section that it has opened.
fn first(here: usize, shown: usize, below: usize) -> usize {
    (here + below + 1).saturating_sub(shown).min(here)
}

/// Lines of the section whose open head the cursor is on.
fn below(rows: &[Row], here: Option<usize>) -> usize {
    let Some(here) = here else { return 0 };
    let nested = |row: &&Row| matches!(row, Row::Value { nested: true, .. });
    match rows.get(here) {
        Some(Row::Head { open: true, .. }) => rows[here + 1..].iter().take_while(nested).count(),
        _ => 0,
    }
}

/// The line of the settings that is shown first.
pub fn first_of_settings(state: &State, shown: usize) -> usize {
    let rows = rows(state);
    let here = (state.board.pane == Pane::Settings).then_some(state.board.setting);
    first(here.unwrap_or(0), shown, below(&rows, here))
}

fn rows(state: &State) -> Vec<Row> {
    state.lines().iter().filter_map(|line| row(state, *line)).collect()
}

/// Settings with their values; the one under the cursor, and its help below, or why
/// what is typed is not taken.
pub fn table(
    frame: &mut Frame,
    area: Rect,
    state: &State,
    (title, rows, here): (&str, &[Row], Option<usize>),
    look: &mut Look,
) {
    let mut block = pane(title, here.is_some(), look.theme);
    let inner = block.inner(area);
    let fault = state.field.as_ref().and_then(|field| field.fault.as_deref());
    // While nothing is painted, the line below the panes has room for all of it.
    let quiet = state.progress.is_none() && state.queue.jobs().is_empty();
    let words = match fault {
        _ if here.is_none() => None,
        Some(fault) => Some((fault, Style::new().fg(look.theme.warning))),
        None => help(state).filter(|_| !quiet).map(|help| (help, look.theme.dim())),
    };
    if let Some((words, style)) = words {
        let text = fit(words, usize::from(area.width).saturating_sub(4));
        block = block.title_bottom(Span::styled(format!(" {text} "), style));
    }
    frame.render_widget(block, area);
    let shown = usize::from(inner.height);
    let first = first(here.unwrap_or(0), shown, below(rows, here));
    for ((number, row), y) in rows.iter().enumerate().skip(first).take(shown).zip(inner.y..) {
        let place = Rect { y, height: 1, ..inner };
        line(frame, place, state, row, here == Some(number), look);
    }
}

fn line(frame: &mut Frame, area: Rect, state: &State, row: &Row, here: bool, look: &mut Look) {
    let [label, mark, value] =
        Layout::horizontal([Constraint::Length(13), Constraint::Length(2), Constraint::Min(0)])
            .areas(area);
    let style = if here { look.theme.selected() } else { look.theme.dim() };
    let (name, changed) = match row {
        Row::Value { name, changed, nested, .. } => {
            (format!("{}{name}", if *nested { " " } else { "" }), *changed)
        }
        Row::Head { name, open, changed, .. } => {
            (format!("{} {name}", if *open { "▾" } else { "▸" }), *changed > 0 && !open)
        }
    };
    frame.render_widget(Paragraph::new(name).style(style), label);
    if changed {
        frame.render_widget(Span::styled("•", look.theme.strong()), mark);
    }
    match row {
        Row::Value { target, .. } if field(frame, value, state, target, look) => {}
        Row::Value { text, .. } => {
            let text = fit(text, usize::from(value.width));
            let style = Style::new().fg(look.theme.text);
            frame.render_widget(Paragraph::new(text).style(style), value);
        }
        Row::Head { open: true, .. } => {}
        Row::Head { changed, about, .. } => {
            let text = if *changed > 0 { format!("{changed} changed") } else { about.clone() };
            let text = fit(&text, usize::from(value.width));
            frame.render_widget(Paragraph::new(text).style(look.theme.dim()), value);
        }
    }
}
