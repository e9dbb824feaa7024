//! The terminal in other hands: the shell's, an editor's.

use super::app::App;
use super::face::wipe;
use super::subjects;
use super::update::Effect;
use crate::studio::{Level, Note};

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

    /// Gives the terminal back while something else has it.
    fn outside(&mut self, work: impl FnOnce()) -> std::io::Result<()> {
        self.input.set_paused(true);
        self.guard.release();
        work();
        self.guard.retake()?;
        self.input.set_paused(false);
        self.store.clear();
        self.wipe()
    }
}
