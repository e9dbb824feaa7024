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
            Command::PaintRow { name, cells } => self.session.queue_row(&name, cells).map(drop),
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
            Command::Star(images, star) => {
                self.mark(&images, Marked { star: Some(star), ..Marked::default() })
            }
            Command::Reject(images, reject) => {
                self.mark(&images, Marked { reject: Some(reject), ..Marked::default() })
            }
            Command::Tag { images, add, remove } => {
                self.mark(&images, Marked { tag: add, untag: remove, ..Marked::default() })
            }
            Command::Trash(images) => self.session.trash(ids(&images)).map(drop),
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
            Command::Watch(on) => {
                self.worker.watch(on);
                return;
            }
            Command::Judge(wanted) => {
                self.judge(wanted);
                Ok(())
            }
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

    /// One entry for all of them, so that one undo takes it back.
    fn mark(&mut self, images: &[String], marked: Marked) -> Result<(), SessionError> {
        self.session.mark(Marked { images: ids(images), ..marked }).map(drop)
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

fn ids(images: &[String]) -> Vec<ImageId> {
    images.iter().filter_map(|image| ImageId::new(image)).collect()
}
