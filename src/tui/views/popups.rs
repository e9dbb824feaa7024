//! What lies over the view.

use super::Look;
use super::widgets::{fit, pane};
use crate::studio::Level;
use crate::tui::popup::Popup;
use crate::tui::state::State;
use crate::tui::update::scope;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

/// Columns of the longest texts.
pub const HELP: u16 = 106;
/// Columns of the keys in help.
const KEYS: usize = 20;

/// Draws every popup, and the box of what may follow a chord.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    for popup in &state.popups {
        match popup {
            Popup::Help { scroll } => help(frame, area, state, *scroll, look),
            Popup::Expanded(shown) => super::expanded::draw(frame, area, shown, look),
            Popup::Explain(seen) => super::explain::draw(frame, area, state, seen, look),
            Popup::Messages { scroll } => messages(frame, area, state, *scroll, look),
            Popup::Confirm { question, .. } => confirm(frame, area, question, look),
            Popup::Picker(picker) => super::picker::draw(frame, area, state, picker, look),
        }
    }
    if state.which_key && !state.pending.is_empty() {
        which_key(frame, area, state, look);
    }
}

/// A box in the middle, emptied.
pub fn boxed(
    frame: &mut Frame,
    area: Rect,
    title: &str,
    (width, height): (u16, u16),
    look: &Look,
) -> Rect {
    let (width, height) = (width.min(area.width - 2), height.min(area.height - 2));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    let block = pane(title, true, look.theme).style(look.theme.base());
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}

fn help(frame: &mut Frame, area: Rect, state: &State, scroll: usize, look: &Look) {
    let here = scope(state.view).title();
    let scopes = look.keymap.by_scope();
    let first = scopes.get_key_value(here).into_iter();
    let rest = scopes.iter().filter(|(title, _)| **title == "Everywhere");
    let mut lines = Vec::new();
    for (title, bindings) in first.chain(rest) {
        lines.push(Line::styled((*title).to_owned(), look.theme.strong()));
        for (keys, info) in bindings {
            let keys = Span::styled(format!("  {keys:<KEYS$}"), Style::new().fg(look.theme.accent));
            let words = fit(info.doc, usize::from(HELP.min(area.width - 2)) - KEYS - 6);
            lines.push(Line::from(vec![
                keys,
                Span::styled(words, Style::new().fg(look.theme.text)),
            ]));
        }
        lines.push(Line::default());
    }
    scrolled(frame, area, "Keys · j k scroll, any other key closes", lines, scroll, look);
}

fn messages(frame: &mut Frame, area: Rect, state: &State, scroll: usize, look: &Look) {
    let colour = |level| match level {
        Level::Info => look.theme.text,
        Level::Good => look.theme.good,
        Level::Warning => look.theme.warning,
        Level::Bad => look.theme.bad,
    };
    let width = usize::from(area.width.saturating_sub(8));
    let line = |note: &crate::studio::Note| {
        Line::styled(fit(&note.text, width), Style::new().fg(colour(note.level)))
    };
    let mut lines: Vec<Line> = state.notes.iter().rev().map(line).collect();
    if lines.is_empty() {
        lines.push(Line::styled("No messages", look.theme.dim()));
    }
    scrolled(frame, area, "Messages, newest first", lines, scroll, look);
}

/// A long text of which a part is shown.
pub fn scrolled(
    frame: &mut Frame,
    area: Rect,
    title: &str,
    lines: Vec<Line>,
    scroll: usize,
    look: &Look,
) {
    let height = lines.len() as u16 + 2;
    let inner = boxed(frame, area, title, (HELP, height), look);
    let last = lines.len().saturating_sub(usize::from(inner.height));
    frame.render_widget(Paragraph::new(lines).scroll((scroll.min(last) as u16, 0)), inner);
}

fn confirm(frame: &mut Frame, area: Rect, question: &str, look: &Look) {
    let inner = boxed(frame, area, "Sure?", (question.chars().count() as u16 + 6, 5), look);
    let answer = Line::from(vec![
        Span::styled("y", look.theme.strong()),
        Span::styled(" yes   ", look.theme.dim()),
        Span::styled("any other key", look.theme.strong()),
        Span::styled(" no", look.theme.dim()),
    ]);
    frame.render_widget(
        Paragraph::new(vec![Line::from(question.to_owned()), Line::default(), answer]),
        inner,
    );
}

fn which_key(frame: &mut Frame, area: Rect, state: &State, look: &Look) {
    let options = look.keymap.continuations(scope(state.view), &state.pending);
    let height = options.len() as u16 + 2;
    let width = 64.min(area.width - 2);
    let place = Rect {
        x: area.right() - width - 1,
        y: area.bottom().saturating_sub(height + 2),
        width,
        height: height.min(area.height - 2),
    };
    let pressed: Vec<String> = state.pending.iter().map(ToString::to_string).collect();
    let block = pane(&pressed.join(" "), true, look.theme).style(look.theme.base());
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let line = |(keys, action): &(crate::tui::key::Keys, crate::tui::action::Action)| {
        let keys = Span::styled(format!("{:<7}", keys.to_string()), look.theme.strong());
        let words = fit(action.info().doc, usize::from(inner.width).saturating_sub(7));
        Line::from(vec![keys, Span::styled(words, Style::new().fg(look.theme.text))])
    };
    frame.render_widget(Paragraph::new(options.iter().map(line).collect::<Vec<_>>()), inner);
}
