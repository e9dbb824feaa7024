//! A list to choose from by typing, with a look at what is chosen.

use super::Look;
use super::popups::boxed;
use super::widgets::{Cell, cell, fit};
use crate::tui::errands::{Role, folder_of, is_picture, resolve};
use crate::tui::pictures::Source;
use crate::tui::popup::{Picker, PickerItem, PickerKind};
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Most lines.
const MOST: u16 = 18;
/// Columns.
const WIDTH: u16 = 92;
/// Columns of a name that has words beside it.
const NAME: usize = 16;

/// Draws it.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, picker: &Picker, look: &mut Look) {
    let title = match &picker.kind {
        PickerKind::Palette => "Actions",
        PickerKind::Command => "Command",
        PickerKind::Theme { .. } => "Theme",
        PickerKind::Prompt => "Earlier prompts",
        PickerKind::Picture { role: Role::Reference, .. } => "A picture that lends its style",
        PickerKind::Picture { role: Role::Map, .. } => "A picture to follow",
        PickerKind::Picture { role: Role::Words, .. } => {
            "Words from a picture, speech, a text or a weather report"
        }
        PickerKind::Picture { role: Role::Music, .. } => "Words from music",
        PickerKind::SavedStyle => "Saved styles",
        PickerKind::Setting => "Settings · a name, or a name and its value",
    };
    let pictures = matches!(picker.kind, PickerKind::Picture { .. });
    let height = if pictures { MOST } else { (picker.items.len() as u16).saturating_add(3) };
    let inner = boxed(frame, area, title, (WIDTH, height.min(MOST)), look);
    let [query, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
    typed(frame, query, picker, look);
    if !pictures {
        return list(frame, body, picker, look);
    }
    let square = 2 * body.height.saturating_sub(1).min(body.width / 4);
    let columns = [Constraint::Min(0), Constraint::Length(square)];
    let [names, preview] = Layout::horizontal(columns).spacing(2).areas(body);
    if picker.items.is_empty() {
        let words = match &picker.kind {
            PickerKind::Picture { role: Role::Words, .. } => {
                "type the path of a file: /…, ~/… or ./…"
            }
            PickerKind::Picture { role: Role::Music, .. } => {
                "type the path of a WAV file: /…, ~/… or ./…"
            }
            _ => "type the path of a picture: /…, ~/… or ./…",
        };
        frame.render_widget(Paragraph::new(words).style(look.theme.dim()), names);
    }
    list(frame, names, picker, look);
    thumbnail(frame, preview, state, picker, look);
}

fn typed(frame: &mut Frame, area: Rect, picker: &Picker, look: &Look) {
    let prompt = if picker.kind == PickerKind::Command { ":" } else { "› " };
    let width = usize::from(area.width).saturating_sub(4);
    // Of a long path the end is shown, where it is typed.
    let long = picker.query.chars().count().saturating_sub(width);
    let query: String = picker.query.chars().skip(long).collect();
    let line = Line::from(vec![
        Span::styled(prompt, look.theme.strong()),
        Span::styled(fit(&query, width), Style::new().fg(look.theme.text)),
        Span::styled("▏", look.theme.strong()),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

fn list(frame: &mut Frame, area: Rect, picker: &Picker, look: &Look) {
    let matches = picker.matches();
    let shown = usize::from(area.height);
    let first = (picker.cursor + 1).saturating_sub(shown);
    for ((number, item), y) in matches.iter().enumerate().skip(first).take(shown).zip(area.y..) {
        let row = Rect { y, height: 1, ..area };
        let here = number == picker.cursor;
        let style = if here { look.theme.selected() } else { Style::new().fg(look.theme.text) };
        let hint = Span::styled(item.hint.clone(), if here { style } else { look.theme.strong() });
        let spans = vec![Span::raw(words(picker, item, usize::from(row.width))), hint];
        frame.render_widget(Paragraph::new(Line::from(spans)).style(style), row);
    }
}

/// A line without its hint. What a picture of the session shows says more than
/// its name; of a path the last part is enough.
fn words(picker: &Picker, item: &PickerItem, width: usize) -> String {
    if let PickerKind::Picture { folder, .. } = &picker.kind {
        let name = item.value.strip_prefix(folder.as_str()).unwrap_or(&item.value);
        let text = if item.about.is_empty() { name } else { &item.about };
        return format!("{:<width$}", fit(text, width));
    }
    let name = if item.about.is_empty() { width } else { NAME };
    let about = width.saturating_sub(name + item.hint.chars().count() + 3);
    format!("{:<name$} {:<about$} ", fit(&item.value, name), fit(&item.about, about))
}

/// What is taken from a file that cannot be looked at.
fn about(picker: &Picker, name: &str) -> &'static str {
    let is_sound = name.to_ascii_lowercase().ends_with(".wav");
    match &picker.kind {
        PickerKind::Picture { role: Role::Music, .. } => "what the music is like",
        _ if is_sound => "what is said in it",
        _ => "its words; a report of the weather as words, a long text in few",
    }
}

/// The picture under the cursor.
fn thumbnail(frame: &mut Frame, area: Rect, state: &State, picker: &Picker, look: &mut Look) {
    let Some(item) = picker.chosen().filter(|item| !item.value.ends_with('/')) else { return };
    if !is_picture(&item.value) {
        let about = Paragraph::new(about(picker, &item.value)).wrap(Wrap { trim: true });
        frame.render_widget(about.style(look.theme.dim()), area);
        return;
    }
    let source = Source::File(resolve(&state.folder, &item.value));
    let fault = look.pictures.fault(&source);
    let name = item.value.strip_prefix(folder_of(&item.value)).unwrap_or(&item.value);
    let shown = Cell {
        source: Some(source),
        waiting: fault.as_deref().unwrap_or("…"),
        caption: name.to_owned(),
        mark: "",
        selected: false,
        faded: false,
    };
    cell(frame, area, &shown, look);
}
