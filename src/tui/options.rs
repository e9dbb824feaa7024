//! What the interface starts with, is wired to, and ends with.

use super::keymap::Keymap;
use super::state::State;
use crate::studio::{Commands, News, Progress};
use std::path::PathBuf;
use tokio::sync::{mpsc, watch};

/// What the interface starts with.
pub struct Options {
    /// What the screen shows at first.
    pub state: State,
    /// The folders of the pictures, those of the session first.
    pub pictures: Vec<PathBuf>,
    /// The folder of the user's own themes.
    pub themes: Option<PathBuf>,
    /// The keymap.
    pub keymap: Keymap,
    /// Whether colours are wanted.
    pub colours: bool,
    /// How pictures are to be drawn, whatever the terminal says.
    pub forced: Option<String>,
    /// Whether bytes to the terminal are dear.
    pub is_far: bool,
    /// Most bytes of pictures a second; `None` is as many as there are.
    pub rate: Option<u32>,
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

/// Why the interface ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The person left.
    Left,
    /// A signal of this number came.
    Signal(u8),
    /// The studio's thread has gone.
    Broken,
}
