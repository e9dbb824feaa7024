//! `predella do`: everything that a key does, from a script.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::error::{CliError, Kind};
use super::interrupt::Interrupt;
use super::output::Output;
use super::progress::Progress;
use super::prompt::lists;
use super::session::find;
use super::studio::{self, opening};
use crate::session::SessionError;
use crate::studio::{Command, Level, News, Note, Studio, measured_table};
use crate::tui::action::Action;
use crate::tui::update::{self, Effect};
use crate::tui::{self, Script, errands, memory};

/// Time between two looks at the studio.
const LOOK: Duration = Duration::from_millis(20);

const EXAMPLE: &str = "\
Example:
  predella do add-below=\"a fox\" add-below=\"a bear\" top up edit=watercolour paint
  predella do gallery star

The studio's place is kept: view and cursors are where the last script, or the
last person, left them. predella keys lists the actions.";

/// Do in a session what keys do in the studio, one action after another.
///
/// Sets are painted and scored before the next action is done. Questions are answered with
/// yes. Paths of new pictures are printed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct DoArgs {
    /// Actions, in order; ACTION=TEXT types into the field or list that it opens.
    #[arg(required = true, value_name = "ACTION[=TEXT]")]
    actions: Vec<String>,
    /// Name or folder of the session [default: your first].
    #[arg(short, long, value_name = "SESSION")]
    session: Option<PathBuf>,
}

/// A script at work.
struct Stage<'a> {
    script: Script,
    studio: Studio,
    notes: Vec<Note>,
    interrupt: &'a Interrupt,
    out: &'a Output,
}

/// Does the actions.
///
/// # Errors
/// When there is no such action, it cannot be done, or what it does fails.
pub fn run(args: &DoArgs, out: &Output) -> Result<(), CliError> {
    let actions = args.actions.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
    let path = args.session.as_deref().map(find);
    if let Some(path) = path.as_ref().filter(|path| !path.exists()) {
        return Err(SessionError::NotASession(path.clone()).into());
    }
    let session = opening::open(path.as_deref())?;
    let folder = session.path().join("images");
    let opening::Opening { mut state, keymap, .. } = opening::opening(&session);
    // A script is shown nothing, so there is no tour either.
    if state.tour.take().is_some() {
        (state.history, state.draft) = Default::default();
    }
    state.notes.clear();
    state.lists = lists()?;
    let before = images(&state.history);
    let interrupt = Interrupt::install()?;
    let studio = studio::start(session, studio::judging(&state))?;
    let script = Script::new(state, keymap);
    let mut stage = Stage { script, studio, notes: Vec::new(), interrupt: &interrupt, out };
    let done = actions.iter().try_for_each(|(action, text)| stage.perform(*action, *text));
    stage.studio.commands.send(memory::remember(&stage.script.state));
    stage.studio.commands.send(Command::Quit { finish: done.is_ok() });
    let _ = stage.studio.thread.join();
    let state = &stage.script.state;
    let new: Vec<PathBuf> = images(&state.history)
        .into_iter()
        .filter(|image| !before.contains(image))
        .map(|image| folder.join(format!("{image}.png")))
        .collect();
    if out.is_json() {
        let notes = stage.notes.iter();
        let notes = notes.map(|n| json!({ "level": level(n.level), "text": n.text }));
        out.document(&json!({
            "session": state.session,
            "view": state.view.title().to_lowercase(),
            "theme": state.theme,
            "draft": state.draft,
            "waiting": state.queue.jobs().len(),
            "pictures": new,
            "attention": attention(&state.history),
            "notes": notes.collect::<Vec<_>>(),
        }));
    } else {
        new.iter().for_each(|path| out.line(&path.display().to_string()));
    }
    interrupt.error().map_or(done, Err)
}

/// `ACTION` or `ACTION=TEXT`.
fn parse(argument: &str) -> Result<(Action, Option<&str>), CliError> {
    let (id, text) = match argument.split_once('=') {
        Some((id, text)) => (id, Some(text)),
        None => (argument, None),
    };
    let action = Action::from_id(id).ok_or_else(|| {
        CliError::usage(format!("there is no action {id:?}")).hint("predella keys lists them")
    })?;
    Ok((action, text))
}

impl Stage<'_> {
    fn perform(&mut self, action: Action, text: Option<&str>) -> Result<(), CliError> {
        let said = self.script.state.notes.len();
        let effects = self
            .script
            .perform(action, text)
            .map_err(|fault| CliError::usage(fault.to_string()))?;
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Studio(command) => drop(self.studio.commands.send(command)),
                Effect::Errand(errand) => {
                    let state = &mut self.script.state;
                    let found = errands::run(&errand, &state.folder);
                    effects.extend(tui::found(state, found));
                    effects.extend(self.script.settle());
                }
                _ => {}
            }
        }
        self.studio.commands.send(Command::TellIdle);
        self.wait()?;
        let notes: Vec<Note> = self.script.state.notes.iter().skip(said).cloned().collect();
        let fault = notes.iter().find(|n| matches!(n.level, Level::Warning | Level::Bad)).cloned();
        for note in &notes {
            match note.level {
                _ if Some(note) == fault.as_ref() => {}
                Level::Info | Level::Good => self.out.say(&note.text),
                Level::Warning | Level::Bad => self.out.warn(&note.text),
            }
        }
        self.notes.extend(notes);
        let kind = |level| if level == Level::Bad { Kind::Failed } else { Kind::Usage };
        let id = action.info().id;
        fault.map_or(Ok(()), |n| Err(CliError::new(kind(n.level), format!("{id}: {}", n.text))))
    }

    /// Takes news until nothing is painted any more.
    fn wait(&mut self) -> Result<(), CliError> {
        let mut bar = None;
        loop {
            match self.studio.news.try_recv() {
                Ok(News::Idle) => return Ok(()),
                Ok(news) => drop(update::news(&mut self.script.state, news)),
                Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return Ok(()),
                Err(tokio::sync::mpsc::error::TryRecvError::Empty) => {
                    if let Some(stopped) = self.interrupt.error() {
                        return Err(stopped);
                    }
                    let progress = self.studio.progress.borrow_and_update().clone();
                    if let Some(progress) = progress {
                        let bar = bar.get_or_insert_with(|| {
                            Progress::steps(self.out, progress.steps as u64)
                        });
                        bar.position(progress.step as u64);
                    }
                    std::thread::sleep(LOOK);
                }
            }
        }
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Good => "good",
        Level::Warning => "warning",
        Level::Bad => "bad",
    }
}

/// What each reference got of the attention in the last run, where it was measured.
fn attention(history: &crate::studio::History) -> Option<Vec<f64>> {
    let measured = history.latest()?.measured.as_deref()?;
    Some(measured_table(measured).whole()?.shares)
}

/// Names of all pictures, in the order of the history.
fn images(history: &crate::studio::History) -> Vec<String> {
    history.runs.iter().flat_map(|run| &run.panels).filter_map(|p| p.image.clone()).collect()
}
