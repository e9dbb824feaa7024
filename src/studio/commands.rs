//! What the studio's thread is told, and by whom.

use super::judge::Judged;
use super::news::Command;
use super::worker::Report;
use std::sync::mpsc::Sender;

/// What the thread is told.
pub(super) enum Message {
    /// By the interface.
    Command(Command),
    /// By the painter.
    Report(Report),
    /// By the judge.
    Judged(Judged),
}

/// The interface's end of the commands.
#[derive(Clone)]
pub struct Commands(pub(super) Sender<Message>);

impl Commands {
    /// Sends a command; false when the studio has ended.
    pub fn send(&self, command: Command) -> bool {
        self.0.send(Message::Command(command)).is_ok()
    }
}
