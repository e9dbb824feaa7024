//! What the terminal can show, which may change while the studio runs: an answer
//! comes late over a slow link, and tmux may be attached to another terminal.

use super::store::Store;
use crate::term::probe::{self, Answers};
use crate::term::screen::Screen;
use crate::term::tmux;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;

/// What decides how pictures are drawn.
pub struct Sight {
    /// What the terminal said.
    pub said: Answers,
    /// Whether tmux stands between.
    pub tmux: bool,
    /// How pictures are to be drawn, whatever the terminal says.
    pub forced: Option<String>,
    /// Whether bytes are dear.
    pub is_far: bool,
    /// Most bytes of pictures a second.
    pub rate: Option<u32>,
    /// The folders of the pictures.
    pub folders: Vec<PathBuf>,
    /// Woken when a picture has become ready.
    pub wake: Arc<Notify>,
}

impl Sight {
    /// How pictures reach the terminal, as far as it has said.
    pub fn screen(&self) -> Screen {
        Screen::choose(self.forced.as_deref(), &self.said, self.tmux, self.is_far)
    }

    /// Threads that make pictures ready for it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn store(&self) -> std::io::Result<Store> {
        let wake = self.wake.clone();
        Store::start(self.screen(), self.rate, self.folders.clone(), move || wake.notify_one())
    }

    /// What has to be written to have the terminal say again what it can show;
    /// the answer comes among the keys.
    pub fn question(&self) -> &'static str {
        probe::again(self.tmux)
    }

    /// Takes an answer that began with Esc and `intro`; whether pictures are drawn
    /// in another way from now on.
    pub fn hear(&mut self, intro: char, text: &str) -> bool {
        let before = self.screen();
        // Inside tmux a name is tmux's own.
        if !(self.tmux && intro == 'P') {
            self.said.hear(intro, text);
        }
        self.screen() != before
    }

    /// Takes the name of the terminal around tmux. Of another one nothing is known
    /// until it answers; whether pictures are drawn in another way until then.
    pub fn surrounded(&mut self, name: String) -> bool {
        let before = self.screen();
        if name != self.said.name {
            self.said = Answers { name, cell: self.said.cell, ..Answers::default() };
        }
        self.screen() != before
    }

    /// Asks tmux for the terminal around it, on a thread beside the interface.
    pub fn ask_around(&self, tell: impl FnOnce(String) + Send + 'static) {
        if self.tmux {
            // Without a thread everything stays as it is.
            let _ = std::thread::Builder::new().name("around".into()).spawn(move || {
                if let Some(name) = tmux::outer().filter(|name| !name.is_empty()) {
                    tell(name);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::screen::Way;

    fn sight(tmux: bool) -> Sight {
        let said = Answers { cell: Some((9, 18)), ..Answers::default() };
        let (forced, rate, folders) = (None, None, Vec::new());
        Sight { said, tmux, forced, is_far: false, rate, folders, wake: Arc::default() }
    }

    #[test]
    fn a_late_answer_brings_pictures() {
        let mut sight = sight(false);
        assert_eq!(sight.screen().way, Way::Blocks);
        assert!(!sight.hear('P', ">|kitty(0.41.1)"));
        assert!(sight.hear('_', "Gi=31;OK"));
        assert_eq!(sight.screen().way, Way::Placeholders);
        assert!(!sight.hear('_', "Gi=31;OK") && !sight.hear('X', "?"));
    }

    #[test]
    fn another_terminal_around_tmux_is_believed_nothing_until_it_answers() {
        let mut sight = sight(true);
        assert!(!sight.surrounded("kitty(0.41.1)".into()));
        assert!(!sight.hear('P', ">|tmux 3.5a"));
        assert!(sight.hear('_', "Gi=31;OK"));
        assert!(!sight.surrounded("kitty(0.41.1)".into()), "the same one keeps its word");
        assert!(sight.surrounded("XTerm(398)".into()));
        assert_eq!(sight.screen().way, Way::Blocks);
    }
}
