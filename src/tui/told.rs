//! Words from elsewhere, what a picture shows, what is said, what music is like:
//! asked of a file, and put where they can be edited before they are painted.

use super::board::save;
use super::errands::{Errand, Found, Role, resolve};
use super::field::Target;
use super::guides::file_name;
use super::state::{Pane, State, View};
use super::subjects;
use super::update::{Effect, open_field};
use crate::models::ModelError;
use crate::perceive::{Asked, PerceiveError, Told, tell};
use crate::studio::{Level, Note};
use std::path::Path;

/// Asks a file for words, which may take a while.
pub fn ask(state: &mut State, role: Role, path: String) -> Vec<Effect> {
    if role.asked().is_some() {
        let text = format!("putting {path} into words; they come to the board");
        state.say(Note::new(Level::Info, text));
        state.board.reading.push(path.clone());
    }
    vec![Effect::Errand(Errand::Read(role, path))]
}

/// Reads the file and asks the network.
pub fn look(asked: Asked, session: &Path, typed: &str) -> Found {
    let told = tell(&resolve(session, typed), asked).map_err(|error| match &error {
        PerceiveError::Model(ModelError::NotHere(name)) => {
            format!("first run predella models pull {name}: the network for it is missing")
        }
        _ => format!("{typed}: {error}; {}", error.hint()),
    });
    Found::Told(typed.to_owned(), told)
}

/// Puts words into the line that the cursor is on: what there is becomes a subject
/// of its own, how it is joins the one that is there, and in the style all joins.
/// Whoever is busy elsewhere finds them as the last subject.
pub fn take(state: &mut State, from: &str, told: Result<Told, String>) -> Vec<Effect> {
    let reading = &mut state.board.reading;
    if let Some(at) = reading.iter().position(|path| path == from) {
        reading.remove(at);
    }
    let told = match told {
        Ok(told) => told,
        Err(why) => {
            state.say(Note::new(Level::Warning, why));
            return Vec::new();
        }
    };
    let is_busy = state.view != View::Board || state.field.is_some() || !state.popups.is_empty();
    if is_busy {
        return append(state, from, &told);
    }
    state.toast = None;
    if let Some(about) = &told.about {
        state.say(Note::new(Level::Info, format!("{}: {about}", file_name(from))));
    }
    let at = state.board.subject;
    match state.draft.subjects.get(at) {
        _ if state.board.pane == Pane::Style => {
            let text = joined(&state.draft.style_prompt, &told.words);
            open_field(state, Target::Style, &text, false);
        }
        Some(subject) if told.is_mood => {
            let text = joined(&subject.text, &told.words);
            state.board.pane = Pane::Subjects;
            open_field(state, Target::Subject(at), &text, false);
        }
        _ => {
            subjects::add(state, 1);
            state.field.iter_mut().for_each(|field| field.replace(&told.words));
        }
    }
    Vec::new()
}

fn append(state: &mut State, from: &str, told: &Told) -> Vec<Effect> {
    let text = format!("the last subject on the board is from {from}: {}", told.words);
    state.say(Note::new(Level::Good, text));
    let subject = told.words.as_str().into();
    // An empty line being typed in is no state to come back to, nor one to keep.
    if state.field.as_ref().is_some_and(|field| field.fresh) {
        state.draft.subjects.push(subject);
        return Vec::new();
    }
    state.change(|draft| draft.subjects.push(subject));
    vec![save(state)]
}

fn joined(text: &str, words: &str) -> String {
    match text.trim() {
        "" => words.to_owned(),
        text => format!("{text}, {words}"),
    }
}
