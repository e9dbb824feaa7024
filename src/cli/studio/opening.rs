//! What the studio finds when it opens a session: on a screen and in a script.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::{session, tour};
use crate::config::paths::config_dir;
use crate::models::{Hub, MINI, installed};
use crate::recipe::{Draft, yaml};
use crate::session::{Access, Session, head};
use crate::studio::{History, Level, Note};
use crate::tui::keymap::Keymap;
use crate::tui::memory;
use crate::tui::state::{ModelLine, State};
use crate::tui::themes::Themes;

/// A session as the interface finds it.
pub struct Opening {
    /// What a screen would show at first.
    pub state: State,
    /// The folders of the pictures.
    pub pictures: Vec<PathBuf>,
    /// The keys.
    pub keymap: Keymap,
}

/// Opens a session, or makes it; without a name, the first one. One that is
/// held elsewhere is opened for reading, and so is an example.
///
/// # Errors
/// When it cannot be opened or made.
pub fn open(path: Option<&Path>) -> Result<Session, CliError> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => session::first()?,
    };
    if path.exists() {
        let example = head(&path).is_some_and(|head| head.view.contains_key(EXAMPLE));
        let access = if example { Access::Read } else { Access::Write };
        return Ok(Session::open(&path, access)?);
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|e| CliError::usage(format!("{}: {e}", parent.display())))?;
    }
    let name =
        path.file_name().map_or_else(|| "first".into(), |n| n.to_string_lossy().into_owned());
    Ok(Session::create(&path, &name)?)
}

/// What marks the head of a session that is only to be looked at.
pub const EXAMPLE: &str = "example";

/// Everything that the interface shows of a session, before a key is pressed.
pub fn opening(session: &Session) -> Opening {
    let mut keymap = Keymap::default();
    let mut notes: Vec<Note> = session
        .findings()
        .iter()
        .map(|finding| Note::new(Level::Warning, finding.to_string()))
        .collect();
    notes.extend(keys(&mut keymap).into_iter().map(|fault| Note::new(Level::Warning, fault)));
    let draft = session.head().draft.clone();
    let draft = draft.and_then(|draft| yaml::from_value::<Draft>(draft).ok());
    let mut state = State::new(session.name(), draft.unwrap_or_default());
    state.folder = std::path::absolute(session.path()).unwrap_or(session.path().to_owned());
    state.read_only = session.why_read_only().map(ToString::to_string);
    state.history = Arc::new(History::of(session.state()));
    state.models = models();
    let themes = themes();
    notes.extend(themes.faults().into_iter().map(|fault| Note::new(Level::Warning, fault)));
    state.themes = Arc::new(themes);
    memory::recall(&mut state, &session.head().view);
    match std::env::var("PREDELLA_THEME").ok().filter(|name| !name.is_empty()) {
        Some(name) if state.themes.get(&name).is_ok() => state.theme = name,
        Some(name) => notes.push(Note::new(
            Level::Warning,
            format!("PREDELLA_THEME: there is no theme {name:?}; predella themes lists them"),
        )),
        None => {}
    }
    let mut pictures = vec![session.path().join("images"), session.path().join("trash")];
    pictures.extend(welcome(session, &mut state));
    notes.into_iter().for_each(|note| state.say(note));
    Opening { state, pictures, keymap }
}

/// The folder of the user's own themes.
pub fn themes_folder() -> Option<PathBuf> {
    config_dir().map(|folder| folder.join("themes"))
}

/// The themes that can be chosen.
pub fn themes() -> Themes {
    themes_folder().map(|folder| Themes::read(&folder)).unwrap_or_default()
}

/// Lays the user's keymap over the built-in keys; gives what is wrong with it.
pub fn keys(keymap: &mut Keymap) -> Vec<String> {
    let Some(path) = config_dir().map(|folder| folder.join("keymap.toml")) else {
        return Vec::new();
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            keymap.overlay(&text).into_iter().map(|fault| format!("keymap.toml: {fault}")).collect()
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![format!("keymap.toml: {error}; the built-in keys are used")],
    }
}

/// Shows a newcomer the tour, with its set on the board; gives its pictures.
fn welcome(session: &Session, state: &mut State) -> Option<PathBuf> {
    let fresh = session.state().runs().is_empty() && state.draft.subjects.is_empty();
    if !fresh || session.why_read_only().is_some() {
        return None;
    }
    let example = Session::open(&tour::unpacked(tour::TOUR)?, Access::Read).ok()?;
    let history = Arc::new(History::of(example.state()));
    let recipe = history.latest()?.recipe.clone();
    state.draft = Draft { seed: 1, seed_locked: false, ..Draft::from_recipe(&recipe) };
    state.history = history.clone();
    state.tour = Some(history);
    let text = "Welcome: Enter paints this set, o adds a subject, ? shows the keys";
    state.say(Note::new(Level::Info, text));
    Some(example.path().join("images"))
}

fn models() -> Vec<ModelLine> {
    let line = |model: crate::models::Installed| ModelLine {
        about: match (&model.path, model.complete) {
            (None, _) => "comes with predella".into(),
            (Some(path), true) => path.display().to_string(),
            (Some(_), false) => "not whole; pull it again".into(),
        },
        name: model.name,
        bytes: model.bytes,
    };
    let found: Vec<_> = installed(Hub::from_env().ok().as_ref()).into_iter().map(line).collect();
    if found.is_empty() {
        let about = "comes with predella".into();
        return vec![ModelLine { name: MINI.into(), about, bytes: 0 }];
    }
    found
}
