//! Pictures that lend their style or steer: a list, their settings, a preview.

use super::Look;
use super::table::{Row, table};
use super::widgets::{Cell, cell, fit, grid, pane};
use crate::recipe::Draft;
use crate::tui::details::is_changed;
use crate::tui::field::Target;
use crate::tui::guides::{Guide, file_name};
use crate::tui::pictures::Source;
use crate::tui::settings::Setting;
use crate::tui::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

/// A line a picture.
pub fn list(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let focused = state.board.pane == Pane::Guides;
    let guides = state.guides();
    let block = pane(&format!("Pictures · {}", guides.len()), focused, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let shown = usize::from(inner.height);
    let first = (state.board.guide + 1).saturating_sub(shown);
    for ((number, guide), y) in guides.iter().enumerate().skip(first).take(shown).zip(inner.y..) {
        let row = Rect { y, height: 1, ..inner };
        let (mark, about) = words(&state.draft, *guide);
        let name = guide.picture(&state.draft).map_or("", file_name);
        let here = focused && number == state.board.guide;
        let style = if here { look.theme.selected() } else { Style::new().fg(look.theme.text) };
        let width = about.chars().count() as u16;
        let [sign, text, tail] = Layout::horizontal([
            Constraint::Length(2),
            Constraint::Min(0),
            Constraint::Length(width + 1),
        ])
        .areas(row);
        frame.render_widget(Span::styled(mark, look.theme.strong()), sign);
        let name = fit(name, usize::from(text.width));
        frame.render_widget(Paragraph::new(name).style(style), text);
        frame.render_widget(Paragraph::new(about).style(look.theme.dim()).right_aligned(), tail);
    }
}

/// What stands before and behind a picture's name.
fn words(draft: &Draft, guide: Guide) -> (&'static str, String) {
    match guide {
        Guide::Reference(at) => {
            let share = draft.anchor.references().get(at).map_or(0.0, |r| r.weight);
            ("◆ ", format!("{share:.2}"))
        }
        Guide::Map(at) => {
            let map = draft.control.as_ref().and_then(|control| control.maps.get(at));
            let about = map.map(|map| {
                let panel = map.panel.map(|n| format!("{} ", n + 1)).unwrap_or_default();
                format!("{} {panel}{:.2}", map.kind.name(), map.scale)
            });
            ("◇ ", about.unwrap_or_default())
        }
    }
}

/// The settings of the picture under the cursor.
pub fn details(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let Some(guide) = state.guide() else { return };
    let (title, number) = match guide {
        Guide::Reference(at) => ("Reference", at),
        Guide::Map(at) => ("Map", at),
    };
    let details = state.details();
    let line = |(i, d): (usize, &&Setting)| Row::Value {
        name: d.name,
        nested: false,
        text: d.show(&state.draft, number),
        changed: is_changed(&state.draft, guide, d),
        target: Target::Detail(i),
    };
    let rows: Vec<Row> = details.iter().enumerate().map(line).collect();
    let here = (state.board.pane == Pane::Guide).then_some(state.board.detail);
    table(frame, area, state, (title, &rows, here), look);
}

/// How far a reference has come on its way to noise, while it is inverted.
pub fn way(state: &State, at: usize, picture: &str) -> Option<(Source, String)> {
    let progress = state.progress.as_ref()?;
    let is_same = progress.recipe.anchor.references().get(at)?.picture == picture;
    let small = progress.references.get(at).filter(|_| is_same)?.clone();
    let (step, steps) = progress.inverted;
    Some((Source::Preview(small), format!("{step}/{steps}")))
}

/// The picture under the cursor; of one that steers, its map beside it.
pub fn preview(frame: &mut Frame, area: Rect, state: &State, look: &mut Look) {
    let Some((guide, picture)) = state.guide().and_then(|g| Some((g, g.picture(&state.draft)?)))
    else {
        return;
    };
    let title = fit(picture, usize::from(area.width).saturating_sub(6));
    let block = pane(&title, false, look.theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let path = state.folder.join(picture);
    let mut cells = vec![(Source::File(path.clone()), "the picture".to_owned())];
    match guide {
        Guide::Reference(at) => {
            let caption = state.draft.anchor.references().get(at).map(|r| r.caption.clone());
            cells[0].1 = caption.filter(|c| !c.is_empty()).unwrap_or("no caption".into());
            cells.extend(way(state, at, picture));
        }
        Guide::Map(at) => {
            let map = state.draft.control.as_ref().and_then(|control| control.maps.get(at));
            cells.extend(map.map(|map| {
                let source = Source::Map(path, Box::new(map.clone()), state.draft.size);
                (source, map.kind.name().to_owned())
            }));
        }
    }
    let places = grid(inner, cells.len());
    for ((source, caption), place) in cells.into_iter().zip(places) {
        let fault = look.pictures.fault(&source);
        let shown = Cell {
            source: Some(source),
            waiting: fault.as_deref().unwrap_or("…"),
            caption,
            mark: "",
            selected: false,
            faded: false,
        };
        cell(frame, place, &shown, look);
    }
}
