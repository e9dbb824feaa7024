//! What alignment does in a run: which run is looked at, and where.

use super::errands::Errand;
use super::key::Key;
use super::popup::Popup;
use super::state::{State, View};
use super::update::Effect;
use crate::engine::explain::{Outline, Table};
use crate::prompt;
use crate::recipe::Recipe;
use crate::studio::{Command, Run, measured_table};
use crossterm::event::KeyCode;
use std::borrow::Cow;
use std::sync::Arc;

/// Whose alignment is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// What is being painted, or else was painted last.
    Latest,
    /// A run, by its name.
    Run(String),
    /// What is on the board and not painted yet.
    Draft,
}

/// A look at what alignment does.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Whose.
    pub of: Of,
    /// What is painted there.
    pub recipe: Option<Arc<Recipe>>,
    /// Its steps and blocks, or why they are not known; `None` while they are looked up.
    pub outline: Option<Result<Arc<Outline>, String>>,
    /// The block under the cursor.
    pub block: usize,
    /// The step under the cursor.
    pub step: usize,
    /// Numbers in place of shades, or shades where there is room for numbers.
    pub numbers: bool,
}

/// Opens it, and has what is painted from now on measured.
pub fn open(state: &mut State) -> Vec<Effect> {
    let of = painted(state).unwrap_or(Of::Draft);
    let (recipe, outline) = (None, None);
    let seen = Explained { of, recipe, outline, block: 0, step: 0, numbers: false };
    state.popups.push(Popup::Explain(Box::new(seen)));
    let mut effects = vec![Effect::Studio(Command::Watch(true))];
    effects.extend(refresh(state));
    effects
}

/// What was painted or is being painted that is looked at.
fn painted(state: &State) -> Option<Of> {
    let any = state.progress.is_some() || !state.history.runs.is_empty();
    here(state).map(Of::Run).or(any.then_some(Of::Latest))
}

/// The run under the cursor of a view that shows several.
fn here(state: &State) -> Option<String> {
    let run = match state.view {
        View::Gallery => state.shown_pictures().get(state.gallery.cursor).map(|(run, _)| *run),
        View::Compare => state.history.find(state.compare.left.as_deref()?).map(|(run, _)| run),
        View::Replay => Some(state.replay_cursor),
        View::Board | View::Queue | View::Models => None,
    };
    state.history.runs.get(run?).map(|run| run.id.clone())
}

impl State {
    /// The run that is explained, once it has begun.
    pub fn explained_run(&self, of: &Of) -> Option<&Arc<Run>> {
        match of {
            Of::Latest => self.history.latest(),
            Of::Run(id) => self.history.runs.iter().find(|run| run.id == *id),
            Of::Draft => None,
        }
    }

    /// Whether it is being painted now.
    pub fn is_explained_now(&self, of: &Of) -> bool {
        let painting = self.progress.as_ref().map(|progress| progress.job.to_string());
        match of {
            Of::Latest => painting.is_some(),
            Of::Run(id) => painting.as_deref() == Some(id.as_str()),
            Of::Draft => false,
        }
    }

    /// What was measured of it so far.
    pub fn explained_table(&self, of: &Of) -> Option<Cow<'_, Table>> {
        if self.is_explained_now(of) {
            let measured = self.progress.as_ref()?.measured.as_deref();
            return measured.map(Cow::Borrowed);
        }
        self.explained_run(of)?.measured.as_deref().map(measured_table).map(Cow::Owned)
    }

    fn explained_recipe(&self, of: &Of) -> Option<Arc<Recipe>> {
        if *of == Of::Draft {
            let version = env!("CARGO_PKG_VERSION");
            return prompt::freeze(&self.draft, &self.lists, version).ok().map(Arc::new);
        }
        if self.is_explained_now(of) {
            return self.progress.as_ref().map(|progress| progress.recipe.clone());
        }
        self.explained_run(of).map(|run| run.recipe.clone())
    }
}

/// Looks steps and blocks up anew when another set has come before the cursor.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Explain(seen)) = state.popups.last() else { return Vec::new() };
    let recipe = state.explained_recipe(&seen.of);
    let is_same = match (&recipe, &seen.recipe) {
        (Some(new), Some(old)) => Arc::ptr_eq(new, old) || new == old,
        (None, None) => true,
        _ => false,
    };
    let Some(Popup::Explain(seen)) = state.popups.last_mut() else { return Vec::new() };
    if is_same {
        return Vec::new();
    }
    seen.recipe.clone_from(&recipe);
    seen.outline = None;
    recipe.map(|recipe| Effect::Errand(Errand::Outline(recipe))).into_iter().collect()
}

/// Takes steps and blocks that were looked up.
pub fn outlined(state: &mut State, recipe: &Arc<Recipe>, outline: Result<Arc<Outline>, String>) {
    let Some(Popup::Explain(seen)) = state.popups.last_mut() else { return };
    if seen.recipe.as_ref() == Some(recipe) {
        seen.outline = Some(outline);
        seen.keep_cursor();
    }
}

impl Explained {
    /// Steps and blocks, once they are known.
    pub fn known(&self) -> Option<&Outline> {
        self.outline.as_ref()?.as_ref().ok().map(Arc::as_ref)
    }

    fn keep_cursor(&mut self) {
        let last = self.known().map(|o| (o.blocks.len(), o.timesteps.len())).unwrap_or_default();
        self.block = self.block.min(last.0.saturating_sub(1));
        self.step = self.step.min(last.1.saturating_sub(1));
    }
}

/// Takes a key: the cursor moves, Tab goes to the set on the board and back, n takes
/// numbers for shades, and any other key closes.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Popup::Explain(seen)) = state.popups.last_mut() else { return Vec::new() };
    match (key.code(), key.typed()) {
        (KeyCode::Down, _) | (_, Some('j')) => seen.block += 1,
        (KeyCode::Up, _) | (_, Some('k')) => seen.block = seen.block.saturating_sub(1),
        (KeyCode::Right, _) | (_, Some('l')) => seen.step += 1,
        (KeyCode::Left, _) | (_, Some('h')) => seen.step = seen.step.saturating_sub(1),
        (KeyCode::Home, _) | (_, Some('0')) => seen.step = 0,
        (KeyCode::End, _) | (_, Some('$')) => seen.step = usize::MAX,
        (_, Some('n')) => seen.numbers = !seen.numbers,
        (KeyCode::Tab, _) => return turn(state),
        _ => {
            state.popups.pop();
            return vec![Effect::Studio(Command::Watch(false))];
        }
    }
    seen.keep_cursor();
    Vec::new()
}

/// From what was painted to what will be, and back.
fn turn(state: &mut State) -> Vec<Effect> {
    let painted = painted(state).unwrap_or(Of::Draft);
    if let Some(Popup::Explain(seen)) = state.popups.last_mut() {
        seen.of = if seen.of == Of::Draft { painted } else { Of::Draft };
    }
    refresh(state)
}
