//! Keys on a thread of their own, which ends when the terminal does.

use super::late::{LateAnswers, Told};
use crossterm::event::{Event, poll, read};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the thread sleeps between two looks at its pause switch.
const NAP: Duration = Duration::from_millis(100);

/// What the thread tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key, a click, a paste, a new size.
    Event(Event),
    /// What the terminal answers: the letter that it began with, and its text.
    Answer(char, String),
    /// What tmux says of the terminal around it.
    Around(String),
    /// The terminal has gone.
    Gone,
}

/// The thread's pause switch: an editor must have the keys to itself.
#[derive(Clone, Default)]
pub struct InputSwitch(Arc<AtomicBool>);

impl InputSwitch {
    /// Stops or starts reading.
    pub fn set_paused(&self, paused: bool) {
        self.0.store(paused, Ordering::SeqCst);
    }
}

/// Starts the thread; nothing ever waits for it.
///
/// # Errors
/// When no thread can be started.
pub fn listen(send: impl Fn(Input) -> bool + Send + 'static) -> std::io::Result<InputSwitch> {
    let switch = InputSwitch::default();
    let paused = switch.0.clone();
    std::thread::Builder::new().name("input".into()).spawn(move || {
        let mut late = LateAnswers::default();
        while serve(&paused, &mut late, &send) {}
    })?;
    Ok(switch)
}

/// One round; false when the terminal or the listener has gone.
fn serve(paused: &AtomicBool, late: &mut LateAnswers, send: &dyn Fn(Input) -> bool) -> bool {
    if paused.load(Ordering::SeqCst) {
        std::thread::sleep(NAP);
        return true;
    }
    if has_gone() {
        send(Input::Gone);
        return false;
    }
    // A terminal that died would make the reader spin, so it is only asked
    // when there is something to read.
    while matches!(poll(Duration::ZERO), Ok(true)) {
        let Ok(event) = read() else { return false };
        let told = match late.tell(&event) {
            Told::Key => Input::Event(event),
            Told::Answer(intro, text) => Input::Answer(intro, text),
            Told::Part => continue,
        };
        if !send(told) {
            return false;
        }
    }
    true
}

/// Waits for input for a moment; whether the terminal has gone. A new size
/// comes as a signal that only the reader sees, so it is asked after every nap.
fn has_gone() -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let nap = Timespec { tv_sec: 0, tv_nsec: NAP.subsec_nanos().into() };
    match rustix::event::poll(&mut fds, Some(&nap)) {
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
        Ok(_) => fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
    }
}
