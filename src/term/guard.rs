//! Taking the terminal over, and giving it back as it was found.

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute};
use std::fmt;
use std::io::{Stdout, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours at the moment: the panic hook and the guard
/// both restore, and only the first does.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Deletes every picture that the kitty protocol has placed or stored. Other
/// terminals ignore the sequence.
struct DeletePictures;

impl Command for DeletePictures {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b_Ga=d,d=A,q=2\x1b\\")
    }
}

/// The terminal while it is ours. Dropping it gives it back.
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal: raw input, the alternate screen, paste and focus
    /// events, and the mouse if asked.
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn take(mouse: bool) -> std::io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        if mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        Ok(Self { mouse })
    }

    /// Gives the terminal back for a while, as for a shell or an editor.
    pub fn release(&self) {
        restore();
    }

    /// Takes it again.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn retake(&self) -> std::io::Result<()> {
        // The new guard is this one: dropping it would restore at once.
        std::mem::forget(Self::take(self.mouse)?);
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Undoes everything that [`Guard::take`] did, once. Errors are ignored: there
/// may be no terminal any more.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out: Stdout = stdout();
    let _ = execute!(
        out,
        DeletePictures,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Restores the terminal before a panic's message is printed. Other threads
/// than the interface's are caught and reported where they belong, so the
/// screen stays; what they have to say is added to `log`.
pub fn restore_on_panic(log: Option<PathBuf>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if thread.name() != Some("main") && TAKEN.load(Ordering::SeqCst) {
            let name = thread.name().unwrap_or("a thread");
            // Nobody is left to be told when the log cannot be written.
            let _ = log.as_ref().map(|path| note(path, &format!("{name}: {info}\n")));
            return;
        }
        restore();
        before(info);
    }));
}

fn note(path: &Path, line: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}
