//! One picture of the gallery or several, and what is done with all of them.

use super::action::Action;
use super::errands::Errand;
use super::field::Target;
use super::state::State;
use super::update::{Effect, open_field};
use crate::studio::{Command, Level, Note, PanelState};
use std::ops::RangeInclusive;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Visual => {
            state.gallery.visual = match state.gallery.visual {
                None => Some(state.gallery.cursor),
                Some(_) => None,
            };
        }
        Action::VisualSet => choose_set(state),
        Action::Sort => sort(state),
        Action::Tag if !chosen(state).is_empty() => open_field(state, Target::Tags, "", false),
        Action::Export if !chosen(state).is_empty() => {
            open_field(state, Target::Folder, "", false);
        }
        Action::Star => {
            let star = chosen(state).iter().any(|panel| !panel.starred);
            return mark(state, |images| Command::Star(images, star));
        }
        Action::Reject => {
            let reject = chosen(state).iter().any(|panel| !panel.rejected);
            return mark(state, |images| Command::Reject(images, reject));
        }
        Action::Trash => {
            let words = match chosen(state).len() {
                0 => return Vec::new(),
                1 => "moved to the trash; u brings it back".to_owned(),
                n => format!("{n} pictures moved to the trash; u brings them back"),
            };
            state.say(Note::new(Level::Info, words));
            return mark(state, Command::Trash);
        }
        _ => {}
    }
    Vec::new()
}

/// On to the next number; behind the last one the newest come first again.
fn sort(state: &mut State) {
    let kinds: Vec<String> = state.score_kinds().into_iter().map(str::to_owned).collect();
    let at = state.gallery.sort.as_ref().and_then(|now| kinds.iter().position(|k| k == now));
    state.gallery.sort = match (&state.gallery.sort, at) {
        (None, _) => kinds.first().cloned(),
        (Some(_), Some(at)) => kinds.get(at + 1).cloned(),
        (Some(_), None) => None,
    };
    (state.gallery.cursor, state.gallery.visual) = (0, None);
    if kinds.is_empty() {
        let text = "no picture has a score yet; finished sets get theirs while nothing is painted";
        state.say(Note::new(Level::Info, text));
    }
}

impl State {
    /// The places of the chosen pictures, in what the gallery shows.
    pub fn chosen_places(&self) -> RangeInclusive<usize> {
        let (cursor, start) = (self.gallery.cursor, self.gallery.visual);
        let start = start.unwrap_or(cursor);
        start.min(cursor)..=start.max(cursor)
    }
}

/// The chosen pictures, or the one under the cursor.
fn chosen(state: &State) -> Vec<&PanelState> {
    let places = state.chosen_places();
    let shown = state.shown_pictures();
    let shown = shown.into_iter().enumerate().filter(|(place, _)| places.contains(place));
    shown.filter_map(|(_, (run, panel))| state.history.runs.get(run)?.panels.get(panel)).collect()
}

fn images(state: &State) -> Vec<String> {
    chosen(state).into_iter().filter_map(|panel| panel.image.clone()).collect()
}

/// From the first to the last picture of the cursor's set.
fn choose_set(state: &mut State) {
    let shown = state.shown_pictures();
    let Some((run, _)) = shown.get(state.gallery.cursor).copied() else { return };
    let first = shown.iter().position(|(of, _)| *of == run);
    let last = shown.iter().rposition(|(of, _)| *of == run);
    if let (Some(first), Some(last)) = (first, last) {
        (state.gallery.visual, state.gallery.cursor) = (Some(first), last);
    }
}

/// Does something to all of them at once, and lets them go.
fn mark(state: &mut State, command: impl FnOnce(Vec<String>) -> Command) -> Vec<Effect> {
    let images = images(state);
    state.gallery.visual = None;
    if images.is_empty() { Vec::new() } else { vec![Effect::Studio(command(images))] }
}

/// Takes the tags that were typed.
pub fn tag(state: &mut State, text: &str) -> Vec<Effect> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match word.strip_prefix('-') {
            Some(word) => remove.push(word.trim_start_matches('#').to_owned()),
            None => add.push(word.trim_start_matches('#').to_owned()),
        }
    }
    for words in [&mut add, &mut remove] {
        words.retain(|word| !word.is_empty());
    }
    if add.is_empty() && remove.is_empty() {
        return Vec::new();
    }
    mark(state, |images| Command::Tag { images, add, remove })
}

/// Copies the pictures into the folder that was typed.
pub fn export(state: &mut State, text: &str) -> Vec<Effect> {
    let (images, to) = (images(state), text.trim().to_owned());
    state.gallery.visual = None;
    match to.is_empty() || images.is_empty() {
        true => Vec::new(),
        false => vec![Effect::Errand(Errand::Copy(images, to))],
    }
}
