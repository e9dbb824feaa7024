//! The loop: input, news and time in, frames out.

use super::keymap::Keymap;
use super::state::{ModelLine, State};
use super::store::Store;
use super::theme::Theme;
use super::update::{self, Effect};
use super::views::{self, Look};
use crate::recipe::Draft;
use crate::studio::{Command, Commands, Level, News, Note, Progress};
use crate::term::guard::Guard;
use crate::term::input::{Input, InputSwitch, listen};
use crossterm::event::{Event, KeyEventKind};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui_image::picker::Picker;
use std::io::{Stdout, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

/// How long a chord waits before the box of what may follow is shown.
const WHICH_KEY: Duration = Duration::from_millis(400);
/// Time between two sets of a playing replay.
const REPLAY: Duration = Duration::from_millis(1200);
/// How long a message stays.
const TOAST: Duration = Duration::from_secs(6);

/// What the interface starts with.
pub struct Options {
    /// The session's name.
    pub session: String,
    /// The folder of its pictures.
    pub pictures: PathBuf,
    /// The draft that was left there.
    pub draft: Draft,
    /// Who else writes the session.
    pub read_only: Option<String>,
    /// Models found.
    pub models: Vec<ModelLine>,
    /// The keymap.
    pub keymap: Keymap,
    /// The theme's name.
    pub theme: String,
    /// Whether colours are wanted.
    pub colours: bool,
    /// How pictures reach the terminal.
    pub picker: Picker,
    /// Messages from the start.
    pub notes: Vec<Note>,
    /// Whether clicks are taken.
    pub mouse: bool,
}

/// The studio's end of the wires.
pub struct Wires {
    /// Commands to the studio.
    pub commands: Commands,
    /// News from it.
    pub news: mpsc::UnboundedReceiver<News>,
    /// What is being painted.
    pub progress: watch::Receiver<Option<Progress>>,
}

type Screen = Terminal<CrosstermBackend<Stdout>>;

/// The interface while it runs.
struct App {
    state: State,
    keymap: Keymap,
    theme: (String, Theme),
    colours: bool,
    store: Store,
    screen: Screen,
    guard: Guard,
    input: InputSwitch,
    commands: Commands,
}

/// Runs the interface until it is left. The terminal is given back as it was.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(options: Options, mut wires: Wires) -> std::io::Result<()> {
    let (input_sender, mut inputs) = mpsc::unbounded_channel();
    let wake = Arc::new(Notify::new());
    let ready = wake.clone();
    let guard = Guard::take(options.mouse)?;
    let mut app = App {
        store: Store::start(options.picker.clone(), options.pictures.clone(), move || {
            ready.notify_one()
        })?,
        theme: (String::new(), Theme::colourless()),
        colours: options.colours,
        screen: Terminal::new(CrosstermBackend::new(stdout()))?,
        guard,
        input: listen(move |input| input_sender.send(input).is_ok())?,
        commands: wires.commands.clone(),
        keymap: options.keymap.clone(),
        state: first_state(options),
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    app.draw()?;
    loop {
        let effects = tokio::select! {
            input = inputs.recv() => match input {
                Some(Input::Event(event)) => app.event(event),
                Some(Input::Gone) | None => return app.hang_up(),
            },
            news = wires.news.recv() => match news {
                Some(news) => update::news(&mut app.state, news),
                None => return Ok(()),
            },
            Ok(()) = wires.progress.changed() => {
                let latest = wires.progress.borrow_and_update().clone();
                update::progress(&mut app.state, latest);
                Vec::new()
            }
            () = wake.notified() => Vec::new(),
            () = tokio::time::sleep(app.patience()), if app.is_waiting() => {
                app.time_passed();
                Vec::new()
            }
            _ = terminate.recv() => vec![Effect::Quit],
            _ = interrupt.recv() => vec![Effect::Quit],
            _ = hangup.recv() => return app.hang_up(),
        };
        for effect in effects {
            if app.perform(effect)? {
                return Ok(());
            }
        }
        app.draw()?;
    }
}

fn first_state(options: Options) -> State {
    let mut state = State::new(options.session, options.draft);
    state.read_only = options.read_only;
    state.models = options.models;
    state.theme = options.theme;
    options.notes.into_iter().for_each(|note| state.say(note));
    state
}

impl App {
    fn event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                update::key(&mut self.state, &self.keymap, key)
            }
            Event::Paste(text) => update::paste(&mut self.state, &text),
            Event::Mouse(mouse) => super::mouse::event(&mut self.state, &self.keymap, mouse),
            Event::Resize(width, height) => {
                self.state.size = (width, height);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Whether something happens by itself after a while.
    fn is_waiting(&self) -> bool {
        let chord = !self.state.pending.is_empty() && !self.state.which_key;
        chord || self.state.replaying || self.state.toast.is_some()
    }

    fn patience(&self) -> Duration {
        if !self.state.pending.is_empty() && !self.state.which_key {
            WHICH_KEY
        } else if self.state.replaying {
            REPLAY
        } else {
            TOAST
        }
    }

    fn time_passed(&mut self) {
        if !self.state.pending.is_empty() && !self.state.which_key {
            self.state.which_key = true;
        } else if self.state.replaying {
            super::replay::tick(&mut self.state);
        } else {
            self.state.toast = None;
        }
    }

    /// Does what lies outside the state; whether the interface ends.
    fn perform(&mut self, effect: Effect) -> std::io::Result<bool> {
        match effect {
            Effect::Studio(command) => {
                if !self.commands.send(command) {
                    self.state
                        .say(Note::new(Level::Bad, "the studio has ended; leave and start again"));
                }
            }
            Effect::Quit => {
                self.commands.send(Command::Quit { finish: false });
                return Ok(true);
            }
            Effect::Redraw => {
                self.store.clear();
                self.screen.clear()?;
            }
            Effect::Suspend => self.suspend()?,
            Effect::Editor(text) => self.edit(&text)?,
        }
        Ok(false)
    }

    /// The terminal has gone: what is being painted is finished and saved.
    fn hang_up(&mut self) -> std::io::Result<()> {
        self.commands.send(Command::Quit { finish: true });
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<()> {
        self.outside(|| {
            // The shell stops us here and `fg` wakes us.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::STOP,
            );
        })
    }

    fn edit(&mut self, text: &str) -> std::io::Result<()> {
        let mut edited = None;
        self.outside(|| edited = Some(super::editor::edit(text)))?;
        match edited {
            Some(Ok(text)) => {
                update::replace_subjects(&mut self.state, &text)
                    .into_iter()
                    .try_for_each(|effect| self.perform(effect).map(|_| ()))?;
            }
            Some(Err(error)) => self.state.say(Note::new(Level::Warning, error)),
            None => {}
        }
        Ok(())
    }

    /// Gives the terminal back while something else has it.
    fn outside(&mut self, work: impl FnOnce()) -> std::io::Result<()> {
        self.input.set_paused(true);
        self.guard.release();
        work();
        self.guard.retake()?;
        self.input.set_paused(false);
        self.store.clear();
        self.screen.clear()
    }

    fn draw(&mut self) -> std::io::Result<()> {
        if self.theme.0 != self.state.theme {
            let theme = Theme::shipped(&self.state.theme).unwrap_or_else(|_| Theme::colourless());
            let theme = if self.colours { theme } else { Theme::colourless() };
            self.theme = (self.state.theme.clone(), theme);
        }
        let mut look =
            Look { theme: &self.theme.1, keymap: &self.keymap, pictures: &mut self.store };
        self.screen.draw(|frame| views::draw(frame, &self.state, &mut look))?;
        Ok(())
    }
}
