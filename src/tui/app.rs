//! The loop: input, news and time in, frames out.

use super::colours::Colours;
use super::errands::{self, Errand, Found};
use super::face::{Face, draw, face, first_frame, wipe};
use super::keymap::Keymap;
use super::options::{Ending, Options, Wires};
use super::sight::Sight;
use super::signals::Signals;
use super::state::State;
use super::store::Store;
use super::update::{self, Effect};
use super::views::{self, Look};
use crate::config::{list_stamps, lists};
use crate::studio::{Command, Commands, Level, Note};
use crate::term::budget::Budget;
use crate::term::guard::Guard;
use crate::term::input::{Input, InputSwitch, listen};
use crate::term::{late, probe};
use crate::util::stamps::Stamps;
use crossterm::event::{Event, KeyEvent, KeyEventKind};
use ratatui::Frame;
use std::cell::RefCell;
use std::io::{Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// How long a chord waits before the box of what may follow is shown.
const WHICH_KEY: Duration = Duration::from_millis(400);
/// Time between two sets of a playing replay.
const REPLAY: Duration = Duration::from_millis(1200);
/// How long a message stays.
const TOAST: Duration = Duration::from_secs(6);

/// The interface while it runs.
pub(super) struct App {
    pub(super) state: State,
    keymap: Keymap,
    theme: Colours,
    pub(super) store: Store,
    /// Not dropped: it would say on standard error that a dead terminal shows
    /// no cursor, and fail at that. The guard shows the cursor.
    pub(super) screen: ManuallyDrop<Face>,
    pub(super) guard: Guard,
    pub(super) input: InputSwitch,
    /// Another door to what is read: answers that come from elsewhere.
    pub(super) inputs: mpsc::UnboundedSender<Input>,
    pub(super) sight: Sight,
    commands: Commands,
    errands: std::sync::mpsc::Sender<Errand>,
    /// Whether pictures that were covered have to be sent again.
    pub(super) redraws: bool,
    /// How many boxes lay over the view on the last frame.
    covered: usize,
}

/// Runs the interface until it is left. The terminal is given back as it was.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(options: Options, mut wires: Wires) -> std::io::Result<Ending> {
    let (input_sender, mut inputs) = mpsc::unbounded_channel();
    let wake = Arc::new(Notify::new());
    let guard = Guard::take(options.mouse)?;
    let mut screen = ManuallyDrop::new(face()?);
    let mut state = options.state;
    let mut theme = Colours::new(options.colours);
    // The first frame does not wait for what the terminal can do.
    state.size = crossterm::terminal::size().unwrap_or(state.size);
    first_frame(&mut screen, &state, theme.of(&state.theme, &state.themes), &options.keymap)?;
    let lists = read_lists(&mut state);
    let tmux = probe::is_tmux();
    let sight = Sight {
        said: probe::ask(tmux),
        tmux,
        forced: options.forced,
        is_far: options.is_far,
        rate: options.rate,
        folders: options.pictures,
        wake: wake.clone(),
    };
    wipe(&mut screen)?;
    let places = errands::Places {
        session: state.folder.clone(),
        themes: options.themes,
        known: state.themes.clone(),
        lists,
    };
    let (answer, mut answers) = mpsc::unbounded_channel();
    let errands = errands::serve(places, move |found| answer.send(found).is_ok())?;
    let early = late::keys(&sight.said.typed);
    let listener = input_sender.clone();
    let mut app = App {
        errands,
        store: sight.store()?,
        theme,
        screen,
        guard,
        input: listen(move |input| listener.send(input).is_ok())?,
        inputs: input_sender,
        commands: wires.commands.clone(),
        keymap: options.keymap,
        redraws: sight.screen().way.is_painted(),
        covered: 0,
        state,
        sight,
    };
    match serve(&mut app, &mut wires, (&mut inputs, &mut answers), &wake, early).await {
        // A terminal that can no longer be written to has gone.
        Err(_) => app.hang_up(),
        ending => {
            app.store.clear();
            // What is not deleted goes with the terminal.
            let _ = stdout().write_all(app.store.settle().as_bytes());
            ending
        }
    }
}

/// Reads the user's lists, which only painting needs; gives what tells that they
/// have changed.
fn read_lists(state: &mut State) -> Stamps {
    let stamps = list_stamps();
    match lists() {
        Ok(lists) => state.lists = lists,
        Err(error) => state.say(Note::new(Level::Warning, error.to_string())),
    }
    stamps
}

/// Input, news and time in, frames out, until the end.
async fn serve(
    app: &mut App,
    wires: &mut Wires,
    (inputs, answers): (&mut mpsc::UnboundedReceiver<Input>, &mut mpsc::UnboundedReceiver<Found>),
    wake: &Notify,
    early: Vec<KeyEvent>,
) -> std::io::Result<Ending> {
    for key in early {
        crate::util::fault::trip("interface");
        for effect in update::key(&mut app.state, &app.keymap, key) {
            if app.perform(effect)? {
                return Ok(Ending::Left);
            }
        }
    }
    let mut signals = Signals::listen()?;
    app.draw()?;
    loop {
        let effects = tokio::select! {
            // Keys come behind the news, so that they meet what is true by now.
            biased;
            _ = signals.end.recv() => return app.end(15),
            _ = signals.interrupt.recv() => return app.end(2),
            _ = signals.quit.recv() => return app.end(3),
            _ = signals.hangup.recv() => return app.hang_up(),
            _ = signals.stop.recv() => vec![Effect::Suspend],
            // Somebody stopped the program without asking it.
            _ = signals.resume.recv() => app.resumed()?,
            news = wires.news.recv() => match news {
                Some(news) => update::news(&mut app.state, news),
                None => return Ok(Ending::Broken),
            },
            Ok(()) = wires.progress.changed() => {
                let latest = wires.progress.borrow_and_update().clone();
                update::progress(&mut app.state, latest)
            }
            input = inputs.recv() => match input {
                Some(Input::Event(event)) => app.event(event),
                Some(Input::Answer(intro, text)) => app.answer(intro, &text)?,
                Some(Input::Around(name)) => app.around(name)?,
                Some(Input::Gone) | None => return app.hang_up(),
            },
            Some(found) = answers.recv() => super::found::found(&mut app.state, found),
            () = wake.notified() => Vec::new(),
            () = tokio::time::sleep(Budget::patience()), if app.store.waits() => Vec::new(),
            () = tokio::time::sleep(app.patience()), if app.is_waiting() => {
                app.time_passed();
                Vec::new()
            }
        };
        for effect in effects {
            if app.perform(effect)? {
                return Ok(Ending::Left);
            }
        }
        app.draw()?;
    }
}

impl App {
    fn event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                crate::util::fault::trip("interface");
                update::key(&mut self.state, &self.keymap, key)
            }
            Event::Paste(text) => super::paste::paste(&mut self.state, &text),
            Event::Mouse(mouse) => super::mouse::event(&mut self.state, &self.keymap, mouse),
            Event::Resize(width, height) => {
                self.state.size = (width, height);
                self.store.screen_cleared();
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
    pub(super) fn perform(&mut self, effect: Effect) -> std::io::Result<bool> {
        match effect {
            Effect::Studio(command) => {
                if !self.commands.send(command) {
                    self.state
                        .say(Note::new(Level::Bad, "the studio has ended; leave and start again"));
                }
            }
            Effect::Quit => {
                self.commands.send(super::memory::remember(&self.state));
                self.commands.send(Command::Quit { finish: false });
                return Ok(true);
            }
            Effect::Redraw => {
                self.ask_again()?;
                self.store.clear();
                self.wipe()?;
            }
            Effect::Suspend => self.suspend()?,
            Effect::Editor(text) => self.edit(&text)?,
            Effect::Errand(errand) => {
                // The thread ends only with the interface.
                let _ = self.errands.send(errand);
            }
        }
        Ok(false)
    }

    /// The terminal has gone: what is being painted is finished and saved.
    fn hang_up(&mut self) -> std::io::Result<Ending> {
        self.commands.send(super::memory::remember(&self.state));
        self.commands.send(Command::Quit { finish: true });
        Ok(Ending::Signal(1))
    }

    /// A signal asks for the end: within one step, with everything saved.
    fn end(&mut self, signal: u8) -> std::io::Result<Ending> {
        self.perform(Effect::Quit)?;
        Ok(Ending::Signal(signal))
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let covering = self.state.popups.len() + usize::from(self.state.which_key);
        if self.redraws && covering < self.covered {
            self.wipe()?;
        }
        self.covered = covering;
        let theme = self.theme.of(&self.state.theme, &self.state.themes);
        let store = RefCell::new(&mut self.store);
        let render = |frame: &mut Frame| {
            let pictures = &mut **store.borrow_mut();
            let look = &mut Look { theme, keymap: &self.keymap, pictures };
            views::draw(frame, &self.state, look);
            pictures.drawn(frame);
        };
        draw(&mut self.screen, render, || store.borrow_mut().settle())
    }
}
