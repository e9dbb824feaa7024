//! Signals that ask the program to stop.
//!
//! The first one sets a flag that the sampler reads between steps; what is
//! finished is kept. The second ends the process at once. The handlers only
//! store to atomics, so they are safe at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::error::{CliError, Kind};

/// The state of a run's stop request.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    stop: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Listens to the signals that end programs, but not to those that the
    /// caller had switched off, as `nohup` does.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn install() -> Result<Self, CliError> {
        let this = Self::default();
        for signal in signals() {
            this.listen(signal)
                .map_err(|e| CliError::failed(format!("cannot listen to signal {signal}: {e}")))?;
        }
        Ok(this)
    }

    fn listen(&self, signal: i32) -> std::io::Result<()> {
        let asked = Arc::new(AtomicBool::new(false));
        // Handlers run in this order, so the first signal passes the shutdown
        // and arms it for the second.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))?;
        flag::register(signal, asked)?;
        flag::register_usize(
            signal,
            Arc::clone(&self.signal),
            usize::try_from(signal).unwrap_or(0),
        )?;
        flag::register(signal, Arc::clone(&self.stop))?;
        Ok(())
    }

    /// The flag that the sampler reads between steps.
    pub fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// Stops the run from inside, for instance when the disk is full.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The error to end with, if a signal asked for the stop.
    pub fn error(&self) -> Option<CliError> {
        let signal = u8::try_from(self.signal.load(Ordering::Relaxed)).ok().filter(|s| *s > 0)?;
        let kind = Kind::Interrupted(signal);
        Some(CliError::new(kind, "stopped; the pictures that were finished are kept"))
    }
}

/// From now on one signal ends the program at once: it is already ending, and
/// somebody has no patience.
pub fn end_at_next_signal() {
    for signal in [SIGINT, SIGTERM] {
        // Where the system refuses, the program ends by itself a little later.
        let armed = Arc::new(AtomicBool::new(true));
        let _ = flag::register_conditional_shutdown(signal, 128 + signal, armed);
    }
}

/// Those of the ending signals that are not ignored.
fn signals() -> Vec<i32> {
    #[cfg(unix)]
    let all = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    let all = [SIGINT, SIGTERM];
    let ignored = ignored_mask().unwrap_or(0);
    all.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect()
}

/// The mask of ignored signals, where the system tells it in a file.
fn ignored_mask() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    mask_of(&status)
}

fn mask_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_is_read_from_the_status_file() {
        assert_eq!(mask_of("Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t0\n"), Some(1));
        assert_eq!(mask_of("Name:\tx\n"), None);
    }

    #[test]
    fn a_stop_from_inside_is_not_an_interrupt() {
        let interrupt = Interrupt::default();
        interrupt.stop();
        assert!(interrupt.flag().load(Ordering::Relaxed));
        assert_eq!(interrupt.error(), None);
    }
}
