//! What the studio does when it is asked.

use super::keeper::{Keeper, explain};
use super::news::{Command, Level};
use crate::recipe::yaml;
use crate::session::{Head, ImageId, Marked, SessionError};

impl Keeper {
    /// Does a command, and goes on with the queue.
    pub(super) fn obey(&mut self, command: Command) {
        let done = match command {
            Command::Paint(recipe) => {
                crate::util::fault::trip("studio");
                self.session.queue(*recipe, None).map(drop)
            }
            Command::Stop => {
                self.worker.stop();
                Ok(())
            }
            Command::Pause(paused) => {
                self.paused = paused;
                Ok(())
            }
            Command::Shift { job, later } => match self.queue().shifted(job, later) {
                Some(order) => self.session.order_queue(order),
                None => Ok(()),
            },
            Command::Remove(job) => self.session.withdraw(job),
            Command::Release(job) => self.session.release(job),
            Command::Star(image, star) => self.mark(&image, |marked| marked.star = Some(star)),
            Command::Reject(image, reject) => {
                self.mark(&image, |marked| marked.reject = Some(reject))
            }
            Command::Trash(image) => match ImageId::new(&image) {
                Some(id) => self.session.trash(vec![id]).map(drop),
                None => Ok(()),
            },
            Command::Undo => {
                self.session.undo().map(|undone| self.tell_undone(undone.is_some(), "take back"))
            }
            Command::Redo => {
                self.session.redo().map(|redone| self.tell_undone(redone.is_some(), "do again"))
            }
            Command::Verify(name) => {
                self.verify(&name);
                Ok(())
            }
            Command::Save(draft) => self.save(|head| head.draft = yaml::to_value(&*draft).ok()),
            Command::Remember(view) => self.save(|head| head.view.extend(view)),
            Command::TellIdle => {
                self.asked = true;
                Ok(())
            }
            Command::Quit { finish } => {
                self.ending = true;
                if !finish {
                    self.worker.stop();
                }
                Ok(())
            }
        };
        if let Err(error) = done {
            self.say(Level::Bad, explain(&error));
        }
        self.tell_all();
        self.next();
    }

    fn mark(&mut self, image: &str, change: impl FnOnce(&mut Marked)) -> Result<(), SessionError> {
        let Some(id) = ImageId::new(image) else { return Ok(()) };
        let mut marked = Marked { images: vec![id], ..Marked::default() };
        change(&mut marked);
        self.session.mark(marked).map(drop)
    }

    fn tell_undone(&self, done: bool, words: &str) {
        if !done {
            self.say(Level::Info, format!("nothing to {words} in this session"));
        }
    }

    fn verify(&self, name: &str) {
        let checked = super::worker::open_model(name).map_err(|e| e.to_string());
        match checked.and_then(|folder| folder.verify(None).map_err(|e| e.to_string())) {
            Ok(bytes) => self
                .say(Level::Good, format!("{name} is whole: {}", crate::util::text::bytes(bytes))),
            Err(error) => self.say(Level::Bad, error),
        }
    }

    /// Changes the head; a session for reading keeps its own.
    fn save(&mut self, change: impl FnOnce(&mut Head)) -> Result<(), SessionError> {
        if self.session.why_read_only().is_some() {
            return Ok(());
        }
        let mut head = self.session.head().clone();
        change(&mut head);
        if head == *self.session.head() {
            return Ok(());
        }
        self.session.save_head(head)
    }
}
