//! Keys while something lies over the view.

use super::action::Action;
use super::board::save;
use super::errands::{Errand, Role, folder_of};
use super::key::Key;
use super::keymap::Keymap;
use super::popup::{Confirmed, Expanded, Picker, PickerKind, Popup};
use super::state::{Pane, State, View};
use super::update::{Effect, act};
use crate::studio::Command;
use crossterm::event::KeyCode;

/// Takes a key for the topmost popup; `None` when there is none.
pub fn key(state: &mut State, keymap: &Keymap, key: Key) -> Option<Vec<Effect>> {
    let popup = state.popups.last_mut()?;
    Some(match popup {
        Popup::Help { scroll }
        | Popup::Messages { scroll }
        | Popup::Expanded(Expanded { scroll, .. }) => {
            if !scrolled(scroll, key) {
                state.popups.pop();
            }
            Vec::new()
        }
        Popup::Confirm { yes, .. } => {
            let yes = yes.clone();
            confirm(state, yes, key)
        }
        Popup::Explain(_) => super::explain::key(state, key),
        Popup::Picker(_) => picker(state, keymap, key),
    })
}

/// Moves a long text; whether the key was one of movement.
fn scrolled(scroll: &mut usize, key: Key) -> bool {
    *scroll = match (key.code(), key.typed()) {
        (KeyCode::Down, _) | (_, Some('j')) => *scroll + 1,
        (KeyCode::Up, _) | (_, Some('k')) => scroll.saturating_sub(1),
        (KeyCode::PageDown, _) | (_, Some(' ')) => *scroll + 10,
        (KeyCode::PageUp, _) => scroll.saturating_sub(10),
        (_, Some('g')) => 0,
        _ => return false,
    };
    true
}

fn confirm(state: &mut State, yes: Confirmed, key: Key) -> Vec<Effect> {
    let accepted = matches!(key.typed(), Some('y' | 'Y')) || key.code() == KeyCode::Enter;
    state.popups.pop();
    match (accepted, yes) {
        (true, Confirmed::Quit) => vec![Effect::Quit],
        (true, Confirmed::Stop) => vec![Effect::Studio(Command::Stop)],
        (true, Confirmed::Refer(paths)) => paths
            .into_iter()
            .map(|path| Effect::Errand(Errand::Read(Role::Reference, path)))
            .collect(),
        (false, _) => Vec::new(),
    }
}

fn picker(state: &mut State, keymap: &Keymap, key: Key) -> Vec<Effect> {
    let Some(Popup::Picker(picker)) = state.popups.last_mut() else { return Vec::new() };
    let last = picker.matches().len().saturating_sub(1);
    match (key.code(), key.typed()) {
        (KeyCode::Esc, _) => return leave(state),
        (KeyCode::Enter, _) => return choose(state, keymap),
        (KeyCode::Down | KeyCode::Tab, _) => picker.cursor = (picker.cursor + 1).min(last),
        (KeyCode::Up | KeyCode::BackTab, _) => picker.cursor = picker.cursor.saturating_sub(1),
        (KeyCode::Char('n'), None) => picker.cursor = (picker.cursor + 1).min(last),
        (KeyCode::Char('p'), None) => picker.cursor = picker.cursor.saturating_sub(1),
        (KeyCode::Backspace, _) => {
            if picker.query.pop().is_none() {
                return leave(state);
            }
            picker.cursor = 0;
        }
        (_, Some(c)) => {
            picker.query.push(c);
            picker.cursor = 0;
        }
        _ => {}
    }
    preview_theme(state);
    follow_path(state)
}

/// A picture picker lists the folder that is typed.
pub fn follow_path(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Picker(picker)) = state.popups.last_mut() else { return Vec::new() };
    let PickerKind::Picture { role, folder } = &mut picker.kind else { return Vec::new() };
    let typed = folder_of(&picker.query);
    if folder == typed {
        return Vec::new();
    }
    let role = *role;
    typed.clone_into(folder);
    picker.items.clear();
    picker.cursor = 0;
    vec![Effect::Errand(Errand::List(role, typed.to_owned()))]
}

/// A theme is looked at while it is chosen.
fn preview_theme(state: &mut State) {
    let chosen = match state.popups.last() {
        Some(Popup::Picker(picker)) if matches!(picker.kind, PickerKind::Theme { .. }) => {
            picker.chosen()
        }
        _ => None,
    };
    if let Some(name) = chosen.map(|item| item.value.clone()) {
        state.theme = name;
    }
}

fn leave(state: &mut State) -> Vec<Effect> {
    if let Some(Popup::Picker(Picker { kind: PickerKind::Theme { before }, .. })) =
        state.popups.pop()
    {
        state.theme = before;
    }
    Vec::new()
}

fn choose(state: &mut State, keymap: &Keymap) -> Vec<Effect> {
    let Some(Popup::Picker(mut picker)) = state.popups.pop() else { return Vec::new() };
    if picker.kind == PickerKind::Setting {
        super::finder::choose(state, picker);
        return vec![save(state)];
    }
    let chosen = picker.chosen().map(|item| item.value.clone());
    // A path is taken as it was typed, listed or not.
    let typed = Some(picker.query.clone())
        .filter(|typed| matches!(picker.kind, PickerKind::Picture { .. }) && !typed.is_empty());
    let Some(chosen) = chosen.or(typed) else { return Vec::new() };
    match picker.kind {
        PickerKind::Picture { .. } if chosen.ends_with('/') => {
            picker.query = chosen;
            state.popups.push(Popup::Picker(picker));
            follow_path(state)
        }
        PickerKind::Picture { role, .. } => super::told::ask(state, role, chosen),
        PickerKind::Setting => Vec::new(),
        PickerKind::SavedStyle => vec![Effect::Errand(Errand::Style(chosen))],
        PickerKind::Palette | PickerKind::Command => match Action::from_id(&chosen) {
            Some(action) => act(state, keymap, action),
            None => Vec::new(),
        },
        PickerKind::Theme { .. } => {
            state.theme = chosen;
            Vec::new()
        }
        PickerKind::Prompt => use_prompt(state, &chosen),
    }
}

/// An earlier prompt goes where the cursor is: the style, or a new subject.
fn use_prompt(state: &mut State, prompt: &str) -> Vec<Effect> {
    state.view = View::Board;
    if state.board.pane == Pane::Style {
        state.change(|draft| prompt.clone_into(&mut draft.style_prompt));
    } else {
        state.change(|draft| draft.subjects.push(prompt.into()));
        state.board.subject = state.draft.subjects.len() - 1;
    }
    vec![save(state)]
}
