//! What comes back from errands, and what it becomes on the board.

use super::PickerItem;
use super::board::save;
use super::details::share;
use super::errands::{Found, ReadPicture, Role};
use super::guides::Guide;
use super::popup::{PickerKind, Popup};
use super::state::{Pane, State, View};
use super::themes::Themes;
use super::update::Effect;
use crate::config::SavedStyle;
use crate::recipe::{Anchor, Control, ControlKind, ControlMap, Reference, References, Style};
use crate::studio::{Level, Note};
use std::sync::Arc;

/// Takes what an errand found.
pub fn found(state: &mut State, found: Found) -> Vec<Effect> {
    match found {
        Found::Pictures { folder, mut items } => {
            items.iter_mut().for_each(|item| tell(state, item));
            fill(
                state,
                items,
                |kind| matches!(kind, PickerKind::Picture { folder: asked, .. } if *asked == folder),
            );
        }
        Found::Styles(items) if items.is_empty() => {
            state.popups.pop();
            let text = "no style is saved yet; predella style save keeps one by name";
            state.say(Note::new(Level::Info, text));
        }
        Found::Styles(items) => fill(state, items, |kind| *kind == PickerKind::SavedStyle),
        Found::Picture(Role::Map, read) => return steer(state, &read),
        Found::Picture(_, read) => return refer(state, read),
        Found::Told(from, told) => return super::told::take(state, &from, told),
        Found::Style(name, saved) => return use_style(state, &name, *saved),
        Found::Copied(count, to) => {
            let text = match count {
                0 => format!("all of them are in {to} already"),
                n => format!("{n} pictures copied to {to}"),
            };
            state.say(Note::new(Level::Good, text));
        }
        Found::Themes(themes) => take_themes(state, themes),
        Found::Lists(lists) => state.lists = lists,
        Found::Outline(recipe, outline) => super::explain::outlined(state, &recipe, outline),
        Found::Tokens(prompts, tokens) => super::tokens::found(state, &prompts, tokens),
        Found::Failed(why) => state.say(Note::new(Level::Warning, why)),
    }
    Vec::new()
}

/// The colours follow their files; what is wrong with one is told once.
fn take_themes(state: &mut State, themes: Arc<Themes>) {
    let known = state.themes.faults();
    for fault in themes.faults().into_iter().filter(|fault| !known.contains(fault)) {
        state.say(Note::new(Level::Warning, fault));
    }
    state.themes = themes;
}

/// Says what a picture of the session shows.
fn tell(state: &State, item: &mut PickerItem) {
    let image = item.value.strip_prefix("images/").and_then(|name| name.strip_suffix(".png"));
    let Some((run, panel)) = image.and_then(|image| state.history.find(image)) else { return };
    let recipe = &state.history.runs[run].recipe;
    item.about = recipe.panels.get(panel).map(|p| recipe.prompt(p)).unwrap_or_default();
}

fn fill(state: &mut State, items: Vec<PickerItem>, fits: impl Fn(&PickerKind) -> bool) {
    // Whoever has closed the list meanwhile wants it no more.
    if let Some(Popup::Picker(picker)) = state
        .popups
        .last_mut()
        .filter(|popup| matches!(popup, Popup::Picker(picker) if fits(&picker.kind)))
    {
        picker.items = items;
    }
}

fn refer(state: &mut State, read: ReadPicture) -> Vec<Effect> {
    let caption = read.prompt.unwrap_or_else(|| state.draft.style_prompt.clone());
    let was_plain = state.draft.style.is_plain();
    state.change(|draft| {
        let picture = Reference::new(&read.path, &read.hash, &caption, 0.0);
        let mut all = match std::mem::take(&mut draft.anchor) {
            Anchor::References(all) => all,
            Anchor::FirstPanel => References::new(Vec::new()),
        };
        all.pictures.push(picture);
        let count = all.pictures.len();
        share(&mut all, count - 1, 1.0 / count as f64);
        draft.anchor = Anchor::References(all);
        if was_plain {
            draft.style = Style::default();
        }
    });
    if was_plain {
        state.say(Note::new(Level::Info, "style alignment is on again, for the reference"));
    }
    let at = state.draft.anchor.references().len() - 1;
    go(state, Guide::Reference(at), Pane::Guides)
}

fn steer(state: &mut State, read: &ReadPicture) -> Vec<Effect> {
    let maps = state.draft.control.as_ref().map_or(&[][..], |control| &control.maps);
    let is_taken = |panel: Option<usize>| maps.iter().any(|map| map.panel == panel);
    let at = state.board.subject;
    let panels = std::iter::once(at).chain(0..state.draft.subjects.len()).map(Some);
    let Some(panel) = std::iter::once(None).chain(panels).find(|panel| !is_taken(*panel)) else {
        let text = "every panel follows a map already; dd takes one away";
        state.say(Note::new(Level::Warning, text));
        return Vec::new();
    };
    let map = ControlMap { panel, ..ControlMap::new(ControlKind::Canny, &read.path, &read.hash) };
    state.change(|draft| {
        let empty = || Control { net: None, hash: None, negative_text: false, maps: Vec::new() };
        draft.control.get_or_insert_with(empty).maps.push(map);
    });
    let at = state.draft.control.as_ref().map_or(0, |control| control.maps.len() - 1);
    go(state, Guide::Map(at), Pane::Guide)
}

/// Puts the cursor on a picture that has come.
fn go(state: &mut State, guide: Guide, pane: Pane) -> Vec<Effect> {
    state.view = View::Board;
    state.board.pane = pane;
    state.board.guide = state.guides().iter().position(|g| *g == guide).unwrap_or(0);
    state.board.detail = 0;
    vec![save(state)]
}

/// A style text of the set's own stays.
fn use_style(state: &mut State, name: &str, saved: SavedStyle) -> Vec<Effect> {
    state.change(|draft| {
        if draft.style_prompt.trim().is_empty() {
            draft.style_prompt = saved.style_prompt;
        }
        draft.style = saved.style;
        draft.anchor = Anchor::References(saved.references);
    });
    state.say(Note::new(Level::Good, format!("the set is in the style {name}; u takes it back")));
    go(state, Guide::Reference(0), Pane::Guides)
}
