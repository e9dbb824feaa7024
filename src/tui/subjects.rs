//! The subjects of the set being written.

use super::board::{keep_cursor, save};
use super::field::Target;
use super::guides;
use super::state::{Pane, State};
use super::update::{Effect, open_field};
use crate::recipe::{Draft, Subject};
use crate::studio::Command;

/// Opens an empty line, above the cursor or `below` it.
pub fn add(state: &mut State, below: usize) {
    state.board.pane = Pane::Subjects;
    let at = (state.board.subject + below).min(state.draft.subjects.len());
    state.draft.subjects.insert(at, "".into());
    guides::renumber(&mut state.draft, |n| Some(if n >= at { n + 1 } else { n }));
    state.board.subject = at;
    open_field(state, Target::Subject(at), "", true);
}

/// Takes what was typed as a subject.
pub fn leave_subject(
    state: &mut State,
    at: usize,
    text: String,
    fresh: bool,
    accepted: bool,
) -> Vec<Effect> {
    if fresh {
        // The empty line was no change of its own; what is typed is.
        take_out(&mut state.draft, at);
        if text.trim().is_empty() {
            keep_cursor(state);
            return Vec::new();
        }
        state.change(|draft| put_in(draft, at, text.into()));
        if accepted {
            // Enter goes on to the next subject, as in a list.
            state.board.subject = at;
            add(state, 1);
            return vec![save_without(state, at + 1)];
        }
    } else {
        state.change(|draft| draft.subjects[at].text = text);
    }
    vec![save(state)]
}

/// The draft without the empty line being typed in.
fn save_without(state: &State, at: usize) -> Effect {
    let mut draft = state.draft.clone();
    take_out(&mut draft, at);
    Effect::Studio(Command::Save(Box::new(draft)))
}

/// A subject's own map comes and goes with it.
fn take_out(draft: &mut Draft, at: usize) {
    draft.subjects.remove(at);
    guides::renumber(draft, |n| match n.cmp(&at) {
        std::cmp::Ordering::Less => Some(n),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(n - 1),
    });
}

fn put_in(draft: &mut Draft, at: usize, subject: Subject) {
    draft.subjects.insert(at, subject);
    guides::renumber(draft, |n| Some(if n >= at { n + 1 } else { n }));
}

/// Takes the subject under the cursor away and keeps it for pasting.
pub fn cut(state: &mut State) {
    copy(state);
    let at = state.board.subject;
    if at < state.draft.subjects.len() {
        state.change(|draft| take_out(draft, at));
    }
}

/// Keeps the subject under the cursor for pasting.
pub fn copy(state: &mut State) {
    if let Some(subject) = state.draft.subjects.get(state.board.subject) {
        state.board.clipboard = Some(subject.clone());
    }
}

/// Puts the kept subject below the cursor.
pub fn put(state: &mut State) {
    let Some(subject) = state.board.clipboard.clone() else { return };
    let at = (state.board.subject + 1).min(state.draft.subjects.len());
    state.change(|draft| put_in(draft, at, subject));
    state.board.subject = at;
}

/// Moves the subject under the cursor, with its map.
pub fn shift(state: &mut State, by: isize) {
    let from = state.board.subject;
    let Some(to) = from.checked_add_signed(by).filter(|to| *to < state.draft.subjects.len()) else {
        return;
    };
    state.change(|draft| {
        draft.subjects.swap(from, to);
        guides::renumber(draft, |n| {
            Some(if n == from {
                to
            } else if n == to {
                from
            } else {
                n
            })
        });
    });
    state.board.subject = to;
}

/// Makes the subject under the cursor the first, which lends its style.
pub fn make_anchor(state: &mut State) {
    let at = if state.board.pane == Pane::Set { state.board.panel } else { state.board.subject };
    if at == 0 || at >= state.draft.subjects.len() {
        return;
    }
    state.change(|draft| {
        let subject = draft.subjects.remove(at);
        draft.subjects.insert(0, subject);
        guides::renumber(draft, |n| match n.cmp(&at) {
            std::cmp::Ordering::Less => Some(n + 1),
            std::cmp::Ordering::Equal => Some(0),
            std::cmp::Ordering::Greater => Some(n),
        });
    });
    (state.board.subject, state.board.panel) = (0, 0);
}

/// The subject under the cursor keeps the seed of the picture that is shown of it,
/// whatever the others take; one that keeps its seed lets it go.
pub fn keep_seed(state: &mut State) {
    let at = if state.board.pane == Pane::Set { state.board.panel } else { state.board.subject };
    let Some(subject) = state.draft.subjects.get(at) else { return };
    let shown = state.shown_recipe().and_then(|recipe| recipe.panels.get(at));
    let shown = shown.filter(|panel| panel.subject == subject.text).map(|panel| panel.seed);
    let seed = match subject.seed {
        Some(_) => None,
        None => Some(shown.unwrap_or(state.draft.seed_of(at))),
    };
    state.change(|draft| draft.subjects[at].seed = seed);
}

/// The subjects as a text, one a line.
pub fn lines(state: &State) -> String {
    let texts: Vec<&str> = state.draft.subjects.iter().map(|s| s.text.as_str()).collect();
    texts.join("\n")
}

/// Takes the subjects that an editor saved, one a line.
pub fn replace(state: &mut State, text: &str) -> Vec<Effect> {
    let mut before = state.draft.subjects.clone();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // A line that stayed as it was keeps its seed, wherever it went.
    let subjects = lines.map(|line| {
        let same = before.iter().position(|subject| subject.text == line);
        same.map_or_else(|| line.into(), |at| before.remove(at))
    });
    let subjects = subjects.collect();
    state.change(|draft| draft.subjects = subjects);
    keep_cursor(state);
    vec![save(state)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_moves_lines_with_their_seeds() {
        let own = Subject { text: "a bear".into(), seed: Some(7) };
        let subjects = vec!["a fox".into(), own.clone(), own.clone()];
        let mut state = State::new("s", Draft { subjects, ..Draft::default() });
        assert_eq!(lines(&state), "a fox\na bear\na bear");
        replace(&mut state, " a bear \n\na bear\nan owl\na bear\n");
        let expected = [own.clone(), own, "an owl".into(), "a bear".into()];
        assert_eq!(state.draft.subjects, expected);
    }
}
