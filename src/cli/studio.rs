//! The studio: `predella`, or `predella SESSION`.

use super::error::{CliError, Kind};
use crate::config::paths::{config_dir, data_dir};
use crate::models::{Hub, MINI, installed};
use crate::recipe::{Draft, yaml};
use crate::session::{Access, Session, SessionError};
use crate::studio::{self, Level, Note, Settings};
use crate::term::guard::restore_on_panic;
use crate::term::probe::is_old_kitty;
use crate::tui::keymap::Keymap;
use crate::tui::state::ModelLine;
use crate::tui::theme::Theme;
use crate::tui::{self, Wires};
use ratatui_image::picker::{Picker, ProtocolType};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The session that is opened when none is named.
const FIRST: &str = "first";

/// Opens a session in the studio.
///
/// # Errors
/// When the session cannot be opened or there is no terminal.
pub fn run(session: Option<&Path>) -> Result<(), CliError> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(CliError::new(Kind::Usage, "the studio needs a terminal")
            .hint("paint from a script with: predella paint"));
    }
    let path = match session {
        Some(path) => path.to_owned(),
        None => first_session()?,
    };
    let session = open(&path)?;
    let options = options(&session);
    let studio = studio::start(session, Settings::default()).map_err(threads)?;
    let wires = Wires { commands: studio.commands, news: studio.news, progress: studio.progress };
    restore_on_panic();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(threads)?;
    let ran = runtime.block_on(tui::run(options, wires));
    // What is being painted is stopped or finished, as was asked, and saved.
    let _ = studio.thread.join();
    ran.map_err(|e| CliError::new(Kind::Failed, format!("the terminal failed: {e}")))
}

fn threads(error: std::io::Error) -> CliError {
    CliError::new(Kind::Failed, format!("no thread could be started: {error}"))
}

fn first_session() -> Result<PathBuf, CliError> {
    let data = data_dir().ok_or_else(|| {
        CliError::new(Kind::Usage, "there is no home folder for sessions")
            .hint("name one: predella FOLDER")
    })?;
    Ok(data.join("sessions").join(FIRST))
}

/// Opens a session for writing, or makes it; one that is held elsewhere is
/// opened for reading.
fn open(path: &Path) -> Result<Session, CliError> {
    if !path.exists() {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|e| CliError::new(Kind::Usage, format!("{}: {e}", parent.display())))?;
        }
        let name =
            path.file_name().map_or_else(|| FIRST.into(), |n| n.to_string_lossy().into_owned());
        return Session::create(path, &name).map_err(fault);
    }
    Session::open(path, Access::Write).map_err(fault)
}

fn fault(error: SessionError) -> CliError {
    let hint = error.hint();
    let error = CliError::new(Kind::Session, error.to_string());
    if hint.is_empty() { error } else { error.hint(hint) }
}

fn options(session: &Session) -> tui::Options {
    let mut notes: Vec<Note> = session
        .findings()
        .iter()
        .map(|finding| Note::new(Level::Warning, finding.to_string()))
        .collect();
    let mut keymap = Keymap::default();
    if let Some(text) = config_file("keymap.toml") {
        let faults = keymap.overlay(&text);
        notes.extend(
            faults.into_iter().map(|f| Note::new(Level::Warning, format!("keymap.toml: {f}"))),
        );
    }
    let theme = std::env::var("PREDELLA_THEME").ok().filter(|name| Theme::shipped(name).is_ok());
    let draft =
        session.head().draft.clone().and_then(|draft| yaml::from_value::<Draft>(draft).ok());
    tui::Options {
        session: session.name().to_owned(),
        pictures: session.path().join("images"),
        draft: draft.unwrap_or_default(),
        read_only: session.why_read_only().map(ToString::to_string),
        models: models(),
        keymap,
        theme: theme.unwrap_or_else(|| "dusk".into()),
        colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        picker: picker(),
        notes,
        mouse: true,
    }
}

fn config_file(name: &str) -> Option<String> {
    std::fs::read_to_string(config_dir()?.join(name)).ok()
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
        return vec![ModelLine {
            name: MINI.into(),
            about: "comes with predella".into(),
            bytes: 0,
        }];
    }
    found
}

/// How pictures reach this terminal: forced by `PREDELLA_GRAPHICS`, or asked.
fn picker() -> Picker {
    let forced = match std::env::var("PREDELLA_GRAPHICS").as_deref() {
        Ok("kitty") => Some(ProtocolType::Kitty),
        Ok("iterm") => Some(ProtocolType::Iterm2),
        Ok("sixel") => Some(ProtocolType::Sixel),
        Ok("blocks") => return Picker::halfblocks(),
        _ => None,
    };
    let mut picker = Picker::from_query_stdio().unwrap_or_else(|_| Picker::halfblocks());
    match forced {
        Some(protocol) => picker.set_protocol_type(protocol),
        None if picker.protocol_type() == ProtocolType::Kitty && is_old_kitty() => {
            picker.set_protocol_type(ProtocolType::Halfblocks);
        }
        None => {}
    }
    picker
}
