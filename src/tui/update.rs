//! The one place where the state changes: keys and news in, effects out.

use super::action::{Action, Scope};
use super::board;
use super::errands::Errand;
use super::field::{Field, Target};
use super::gallery;
use super::key::Key;
use super::keymap::{Keymap, Lookup};
use super::popup::{Confirmed, Picker, PickerItem, PickerKind, Popup};
use super::popups;
use super::state::{State, View};
use crate::studio::{Command, Level, News, Note, Progress};
use crossterm::event::KeyEvent;

/// Something to be done outside the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the studio.
    Studio(Command),
    /// Leave; a set being painted is stopped.
    Quit,
    /// Go to the shell until `fg`.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Edit a text in `$EDITOR`, one subject a line.
    Editor(String),
    /// Look something up on disk; the answer goes to [`found`](super::found()).
    Errand(Errand),
}

/// Takes a key.
pub fn key(state: &mut State, keymap: &Keymap, event: KeyEvent) -> Vec<Effect> {
    state.toast = None;
    if state.field.is_some() {
        return field_key(state, event);
    }
    let key = Key::from(event);
    if let Some(effects) = popups::key(state, keymap, key) {
        return effects;
    }
    state.pending.push(key);
    match keymap.lookup(scope(state.view), &state.pending) {
        Lookup::Found(action) => {
            clear_chord(state);
            act(state, keymap, action)
        }
        Lookup::Pending => Vec::new(),
        Lookup::Unknown => {
            clear_chord(state);
            Vec::new()
        }
    }
}

fn clear_chord(state: &mut State) {
    state.pending.clear();
    state.which_key = false;
}

/// Where the keys of a view are looked up.
pub fn scope(view: View) -> Scope {
    match view {
        View::Board => Scope::Board,
        View::Gallery => Scope::Gallery,
        View::Compare => Scope::Compare,
        View::Queue => Scope::Queue,
        View::Models => Scope::Models,
        View::Replay => Scope::Replay,
    }
}

/// Does an action.
pub fn act(state: &mut State, keymap: &Keymap, action: Action) -> Vec<Effect> {
    let needs_writing = action.info().scope != Scope::Global && changes_session(action);
    if let (Some(holder), true) = (&state.read_only, needs_writing) {
        let text = format!("this session is open read-only: {holder}");
        state.say(Note::new(Level::Warning, text));
        return Vec::new();
    }
    if state.is_touring()
        && matches!(action, Action::Star | Action::Reject | Action::Tag | Action::Trash)
    {
        let text = "these are the tour's pictures; Enter on the board paints your own";
        state.say(Note::new(Level::Info, text));
        return Vec::new();
    }
    match action.info().scope {
        Scope::Global => global(state, keymap, action),
        Scope::Board => board::act(state, action),
        Scope::Gallery => gallery::act(state, action),
        Scope::Compare => super::compare::act(state, action),
        Scope::Queue => super::queue::act(state, action),
        Scope::Models => super::models::act(state, action),
        Scope::Replay => super::replay::act(state, action),
    }
}

fn changes_session(action: Action) -> bool {
    use Action::{Paint, PaintBoth, Reject, Release, Remove, Star, Sweep, SweepOver, Tag, Trash};
    matches!(
        action,
        Paint | PaintBoth | Sweep | SweepOver | Star | Reject | Tag | Trash | Remove | Release
    )
}

fn global(state: &mut State, keymap: &Keymap, action: Action) -> Vec<Effect> {
    match action {
        Action::Explain => return super::explain::open(state),
        Action::Help => state.popups.push(Popup::Help { scroll: 0 }),
        Action::Messages => state.popups.push(Popup::Messages { scroll: 0 }),
        Action::Palette => {
            state.popups.push(Popup::Picker(Picker::actions(PickerKind::Palette, keymap)))
        }
        Action::Command => {
            state.popups.push(Popup::Picker(Picker::actions(PickerKind::Command, keymap)))
        }
        Action::Themes => state.popups.push(Popup::Picker(themes(state))),
        Action::Prompts => state.popups.push(Popup::Picker(prompts(state))),
        Action::Board => go(state, View::Board),
        Action::Gallery => go(state, View::Gallery),
        Action::Compare => go(state, View::Compare),
        Action::Queue => go(state, View::Queue),
        Action::Models => go(state, View::Models),
        Action::Replay => go(state, View::Replay),
        Action::Undo => return undo(state),
        Action::Redo => return redo(state),
        Action::Stop => return stop(state),
        Action::Pause => return vec![Effect::Studio(Command::Pause(!state.queue.is_paused()))],
        Action::Judge => return judge(state),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Back => (state.gallery.zoomed, state.gallery.visual) = (false, None),
        Action::Quit => return quit(state),
        movement => super::movement::act(state, movement),
    }
    Vec::new()
}

/// Whether finished sets are scored by themselves is kept with the session.
fn judge(state: &mut State) -> Vec<Effect> {
    state.judging = !state.judging;
    let text = match state.judging {
        true => "finished sets are scored by themselves, while nothing is painted",
        false => "finished sets are not scored any more; space j goes on",
    };
    state.say(Note::new(Level::Info, text));
    vec![
        Effect::Studio(Command::Judge(state.judging)),
        Effect::Studio(super::memory::remember(state)),
    ]
}

fn go(state: &mut State, view: View) {
    state.view = view;
    (state.gallery.zoomed, state.gallery.visual) = (false, None);
    if view == View::Compare && state.compare.left.is_none() {
        super::compare::latest_pair(state);
    }
}

/// The draft's changes come back first; in the gallery, the session's.
fn undo(state: &mut State) -> Vec<Effect> {
    if state.view != View::Board {
        return vec![Effect::Studio(Command::Undo)];
    }
    match state.undo.pop() {
        Some(before) => state.redo.push(std::mem::replace(&mut state.draft, before)),
        None => state.say(Note::new(Level::Info, "nothing to take back on the board")),
    }
    board::keep_cursor(state);
    vec![board::save(state)]
}

fn redo(state: &mut State) -> Vec<Effect> {
    if state.view != View::Board {
        return vec![Effect::Studio(Command::Redo)];
    }
    match state.redo.pop() {
        Some(after) => state.undo.push(std::mem::replace(&mut state.draft, after)),
        None => state.say(Note::new(Level::Info, "nothing to do again on the board")),
    }
    board::keep_cursor(state);
    vec![board::save(state)]
}

/// A run that is more than half done is asked about.
fn stop(state: &mut State) -> Vec<Effect> {
    match &state.progress {
        None => state.say(Note::new(Level::Info, "nothing is being painted")),
        Some(progress) if progress.share() > 0.5 => state.popups.push(Popup::Confirm {
            question: format!("This set is {:.0} % done. Stop it?", progress.share() * 100.0),
            yes: Confirmed::Stop,
        }),
        Some(_) => return vec![Effect::Studio(Command::Stop)],
    }
    Vec::new()
}

fn quit(state: &mut State) -> Vec<Effect> {
    if state.progress.is_none() {
        return vec![Effect::Quit];
    }
    let question = "A set is being painted. Leave and stop it? What is finished stays.".to_owned();
    state.popups.push(Popup::Confirm { question, yes: Confirmed::Quit });
    Vec::new()
}

fn themes(state: &State) -> Picker {
    let item = |name: String| PickerItem {
        about: state.themes.get(&name).map_or_else(|e| e.to_string(), |theme| theme.about),
        value: name,
        hint: String::new(),
    };
    let items: Vec<_> = state.themes.names().into_iter().map(item).collect();
    let cursor = items.iter().position(|item| item.value == state.theme).unwrap_or(0);
    Picker {
        kind: PickerKind::Theme { before: state.theme.clone() },
        query: String::new(),
        items,
        cursor,
    }
}

fn prompts(state: &State) -> Picker {
    let item = |value: String| PickerItem { value, about: String::new(), hint: String::new() };
    let items = state.history.prompts().into_iter().map(item).collect();
    Picker { kind: PickerKind::Prompt, query: String::new(), items, cursor: 0 }
}

/// A key in a text field.
fn field_key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    use crossterm::event::KeyCode;
    match event.code {
        KeyCode::Esc | KeyCode::Enter => board::leave_field(state, event.code == KeyCode::Enter),
        KeyCode::Up | KeyCode::Down if event.modifiers.is_empty() => {
            let by = if event.code == KeyCode::Up { 1 } else { -1 };
            if let Some(field) = state.field.as_mut().filter(|field| field.target.is_prompt()) {
                field.recall(by, || state.history.prompts());
            }
            Vec::new()
        }
        _ => {
            if let Some(field) = &mut state.field {
                field.input(event);
                live_filter(state);
            }
            Vec::new()
        }
    }
}

/// The gallery follows its filter while it is typed.
pub(super) fn live_filter(state: &mut State) {
    if let Some(field) = state.field.as_ref().filter(|field| field.target == Target::Filter) {
        state.gallery.filter = field.text();
        (state.gallery.cursor, state.gallery.visual) = (0, None);
    }
}

/// Takes what the studio reports.
pub fn news(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::History(history) => {
            let places = super::gallery::hold(state);
            state.take_history(history);
            super::gallery::find_again(state, places);
            if state.view == View::Compare && state.compare.left.is_none() {
                super::compare::latest_pair(state);
            }
        }
        News::Queue(queue) => {
            state.queue_cursor = state.queue_cursor.min(queue.jobs().len().saturating_sub(1));
            state.queue = queue;
        }
        News::Note(note) => state.say(note),
        News::Device(device) => state.device = Some(device),
        News::Measured { job, shares } => super::counsel::measured(state, job, &shares),
        News::Idle => {}
        News::Ended => return vec![Effect::Quit],
    }
    let shown = state.shown_pictures().len();
    state.gallery.cursor = state.gallery.cursor.min(shown.saturating_sub(1));
    super::explain::refresh(state)
}

/// Takes the latest progress.
pub fn progress(state: &mut State, progress: Option<Progress>) -> Vec<Effect> {
    state.progress = progress;
    super::explain::refresh(state)
}

/// Begins typing.
pub fn open_field(state: &mut State, target: Target, text: &str, fresh: bool) {
    state.field = Some(Field::new(target, text, fresh));
}
