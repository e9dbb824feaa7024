//! The signals that reach the interface.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// One stream a signal.
pub struct Signals {
    /// End: the set being painted is stopped.
    pub end: Signal,
    /// The same, from a keyboard that is not ours.
    pub interrupt: Signal,
    /// The same, in anger.
    pub quit: Signal,
    /// The terminal has gone.
    pub hangup: Signal,
    /// To the shell.
    pub stop: Signal,
    /// Back from it.
    pub resume: Signal,
}

impl Signals {
    /// Listens to all of them.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        let of = |number: rustix::process::Signal| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            stop: of(rustix::process::Signal::TSTP)?,
            resume: of(rustix::process::Signal::CONT)?,
        })
    }
}
