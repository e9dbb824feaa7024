//! The board: style, subjects and settings at the left, the set at the right.

use super::Look;
use super::widgets::{Cell, cell, fit, grid, pane};
use crate::studio::Run;
use crate::tui::field::Target;
use crate::tui::pictures::Source;
use crate::tui::settings::SETTINGS;
use crate::tui::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// From this width on, both columns are shown.
const TWO_COLUMNS: u16 = 76;

/// Draws the board.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    if area.width < TWO_COLUMNS {
        if state.board.pane == Pane::Set {
            set(frame, area, state, look);
        } else {
            left(frame, area, state, look);
        }
        return;
    }
    let columns = [Constraint::Length((area.width / 3).clamp(30, 52)), Constraint::Min(0)];
    let [writing, painting] = Layout::horizontal(columns).areas(area);
    left(frame, writing, state, look);
    set(frame, painting, state, look);
}

fn left(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let subjects = (state.draft.subjects.len() as u16 + 2).clamp(4, 12);
    let rows = [
        Constraint::Length(4),
        Constraint::Min(subjects),
        Constraint::Max(SETTINGS.len() as u16 + 2),
    ];
    let [top, middle, bottom] = Layout::vertical(rows).areas(area);
    style(frame, top, state, look);
    self::subjects(frame, middle, state, look);
    settings(frame, bottom, state, look);
}

/// The text field in place of what is edited, if it is this.
fn field(frame: &mut Frame, area: Rect, state: &State, target: &Target, look: &Look) -> bool {
    let Some(field) = state.field.as_ref().filter(|field| field.target == *target) else {
        return false;
    };
    let mut area_of_text = field.area().clone();
    area_of_text.set_style(Style::new().fg(look.theme.text));
    area_of_text.set_cursor_style(look.theme.selected());
    frame.render_widget(&area_of_text, area);
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
    let (text, style) = match text.is_empty() {
        true => ("i: how all of them look, e.g. watercolour".to_owned(), look.theme.dim()),
        false => (
            fit(text, usize::from(inner.width) * usize::from(inner.height)),
            Style::new().fg(look.theme.text),
        ),
    };
    frame.render_widget(Paragraph::new(text).style(style).wrap(Wrap { trim: true }), inner);
}

fn subjects(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let focused = state.board.pane == Pane::Subjects;
    let title = match state.draft.subjects.len() {
        0 => "Subjects".to_owned(),
        n => format!("Subjects · {n}"),
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
        let mark = if number == 0 && state.draft.subjects.len() > 1 && !state.draft.style.is_plain()
        {
            "◆ "
        } else {
            "  "
        };
        let text = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
        frame.render_widget(Span::styled(mark, look.theme.strong()), row);
        if field(frame, text, state, &Target::Subject(number), look) {
            continue;
        }
        let here = focused && number == state.board.subject;
        let style = if here { look.theme.selected() } else { Style::new().fg(look.theme.text) };
        frame.render_widget(
            Paragraph::new(fit(subject, usize::from(text.width))).style(style),
            text,
        );
    }
}

fn settings(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let focused = state.board.pane == Pane::Settings;
    let block = pane("Settings", focused, look.theme);
    let inner = block.inner(area);
    let help = focused.then(|| SETTINGS[state.board.setting].help);
    let block = match help {
        Some(help) => {
            let text = fit(help, usize::from(area.width).saturating_sub(4));
            block.title_bottom(Span::styled(format!(" {text} "), look.theme.dim()))
        }
        None => block,
    };
    frame.render_widget(block, area);
    let shown = usize::from(inner.height);
    let first = (state.board.setting + 1).saturating_sub(shown);
    for ((number, setting), y) in SETTINGS.iter().enumerate().skip(first).take(shown).zip(inner.y..)
    {
        let row = Rect { y, height: 1, ..inner };
        let [name, value] =
            Layout::horizontal([Constraint::Length(13), Constraint::Min(0)]).areas(row);
        let here = focused && number == state.board.setting;
        let style = if here { look.theme.selected() } else { look.theme.dim() };
        frame.render_widget(Paragraph::new(setting.name).style(style), name);
        if field(frame, value, state, &Target::Setting(number), look) {
            continue;
        }
        let text = fit(&(setting.show)(&state.draft), usize::from(value.width));
        frame.render_widget(Paragraph::new(text).style(Style::new().fg(look.theme.text)), value);
    }
}

/// The set being painted, or the one painted last, or the one to be painted.
fn set(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let run = state.history.latest().cloned();
    let title = title(state, run.as_deref());
    let block = pane(&title, state.board.pane == Pane::Set, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let panels = match (&state.progress, &run) {
        (Some(progress), _) => progress.recipe.panels.len(),
        (None, Some(run)) => run.panels.len(),
        (None, None) => state.draft.subjects.iter().filter(|s| !s.trim().is_empty()).count(),
    };
    if panels == 0 {
        welcome(frame, inner, look);
        return;
    }
    for (number, place) in grid(inner, panels).into_iter().enumerate() {
        let picture = panel_cell(state, run.as_deref(), number);
        cell(frame, place, &picture, look);
    }
}

fn panel_cell<'a>(state: &State, run: Option<&Run>, number: usize) -> Cell<'a> {
    let painting = state.progress.as_ref();
    let recipe = painting.map(|p| &p.recipe).or(run.map(|r| &r.recipe));
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
        Some(recipe) => !recipe.style.is_plain() && recipe.panels.len() > 1,
        None => !state.draft.style.is_plain() && state.draft.subjects.len() > 1,
    };
    Cell {
        source: stored.or(preview),
        waiting,
        caption: match recipe {
            Some(recipe) => recipe.panels.get(number).map(|p| p.subject.clone()),
            None => state.draft.subjects.get(number).cloned(),
        }
        .unwrap_or_default(),
        mark: if number == 0 && aligned { "◆ " } else { "" },
        selected: state.board.pane == Pane::Set && state.board.panel == number,
        faded: false,
    }
}

fn title(state: &State, run: Option<&Run>) -> String {
    let recipe =
        state.progress.as_ref().map(|p| p.recipe.as_ref()).or(run.map(|r| r.recipe.as_ref()));
    let Some(recipe) = recipe else { return "Set".into() };
    let style =
        if recipe.style_prompt.trim().is_empty() { "no style" } else { recipe.style_prompt.trim() };
    let way = if recipe.style.is_plain() { "plain" } else { "aligned" };
    format!("{} · {way}", fit(style, 40))
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
