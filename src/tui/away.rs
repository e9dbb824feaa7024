//! The terminal in other hands: the shell's, an editor's.

use super::app::App;
use super::face::wipe;
use super::subjects;
use super::update::Effect;
use crate::studio::{Level, Note};
use crate::term::input::Input;
use std::io::Write;

impl App {
    /// Somebody stopped the program without asking it, and it goes on.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn resumed(&mut self) -> std::io::Result<Vec<Effect>> {
        self.guard.retake()?;
        Ok(vec![Effect::Redraw])
    }

    /// Goes to the shell until `fg`.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn suspend(&mut self) -> std::io::Result<()> {
        self.outside(|| {
            // The shell stops us here and `fg` wakes us.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::STOP,
            );
        })
    }

    /// Lets a text be edited in `$EDITOR`.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn edit(&mut self, text: &str) -> std::io::Result<()> {
        let mut edited = None;
        self.outside(|| edited = Some(super::editor::edit(text)))?;
        match edited {
            Some(Ok(text)) => {
                subjects::replace(&mut self.state, &text)
                    .into_iter()
                    .try_for_each(|effect| self.perform(effect).map(|_| ()))?;
            }
            Some(Err(error)) => self.state.say(Note::new(Level::Warning, error)),
            None => {}
        }
        Ok(())
    }

    /// Clears the screen.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn wipe(&mut self) -> std::io::Result<()> {
        self.store.screen_cleared();
        wipe(&mut self.screen)
    }

    /// Asks the terminal again what it can show; nothing waits for its answer.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn ask_again(&mut self) -> std::io::Result<()> {
        let inputs = self.inputs.clone();
        self.sight.ask_around(move |name| {
            // The interface may have ended meanwhile.
            let _ = inputs.send(Input::Around(name));
        });
        self.say(self.sight.question())
    }

    /// Takes an answer of the terminal.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn answer(&mut self, intro: char, text: &str) -> std::io::Result<Vec<Effect>> {
        if self.sight.hear(intro, text) {
            self.draw_in_another_way()?;
        }
        Ok(Vec::new())
    }

    /// Takes what tmux says of the terminal around it, which is asked in turn.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn around(&mut self, name: String) -> std::io::Result<Vec<Effect>> {
        if self.sight.surrounded(name) {
            self.draw_in_another_way()?;
            self.say(self.sight.question())?;
        }
        Ok(Vec::new())
    }

    fn draw_in_another_way(&mut self) -> std::io::Result<()> {
        self.store.clear();
        let farewell = self.store.settle();
        self.say(&farewell)?;
        self.store = self.sight.store()?;
        self.redraws = self.sight.screen().way.is_painted();
        self.wipe()
    }

    fn say(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Gives the terminal back while something else has it.
    fn outside(&mut self, work: impl FnOnce()) -> std::io::Result<()> {
        self.input.set_paused(true);
        self.guard.release();
        work();
        self.guard.retake()?;
        self.input.set_paused(false);
        self.ask_again()?;
        self.store.clear();
        self.wipe()
    }
}
