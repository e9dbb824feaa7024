//! The studio in a pseudo-terminal, as a person's terminal would hold it.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ticks of a second in what Linux tells programs, on every machine.
const TICKS: f64 = 100.0;

/// What was read from the program, and who waits for more.
type Seen = Arc<(Mutex<Vec<u8>>, Condvar)>;

/// A terminal with the studio in it.
pub struct Terminal {
    keys: File,
    child: Child,
    seen: Seen,
    /// When the program was started.
    pub started: Instant,
}

/// What the terminal says of itself and of the link.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its answer to the question for pictures.
    pub answer: &'static str,
    /// Forced way of pictures.
    pub graphics: &'static str,
    /// Whether the link is a far one.
    pub is_far: bool,
}

/// A plain terminal.
pub const PLAIN: Kind = Kind { answer: "\x1b[?62c", graphics: "", is_far: false };

impl Terminal {
    /// Starts the studio over a session, in a home of its own.
    ///
    /// # Errors
    /// When the system gives no pseudo-terminal or the program does not start.
    pub fn studio(home: &Path, session: &Path, kind: Kind) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let name = name.to_string_lossy().into_owned();
        let slave = OpenOptions::new().read(true).write(true).open(name)?;
        let size = Winsize { ws_row: 36, ws_col: 120, ws_xpixel: 1080, ws_ypixel: 648 };
        tcsetwinsize(&slave, size)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(session).env_remove("NO_COLOR").env_remove("SSH_CONNECTION");
        command.env("HOME", home).env("TERM", "xterm-256color").env_remove("TMUX");
        command
            .env("PREDELLA_GRAPHICS", kind.graphics)
            .env("PREDELLA_THEME", "")
            .env("PREDELLA_RATE", "");
        for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        if kind.is_far {
            command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        }
        command.stdin(Stdio::from(slave.try_clone()?)).stdout(Stdio::from(slave));
        command.stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn()?;
        let master = File::from(master);
        let seen: Seen = Arc::default();
        listen(master.try_clone()?, Arc::clone(&seen), kind.answer)?;
        Ok(Self { keys: master, child, seen, started })
    }

    /// Types.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn type_keys(&mut self, keys: &str) -> io::Result<()> {
        self.keys.write_all(keys.as_bytes())
    }

    /// How many bytes came so far.
    pub fn received(&self) -> usize {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits for a text behind so many bytes; gives the moment when it came.
    ///
    /// # Errors
    /// When it does not come.
    pub fn wait_for(&self, text: &str, behind: usize) -> io::Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        let (seen, more) = &*self.seen;
        let mut bytes = seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let fresh = bytes.get(behind..).unwrap_or_default();
            if fresh.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Ok(Instant::now());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::other(format!("the studio did not show {text:?}")));
            }
            bytes = more.wait_timeout(bytes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until nothing came for a while; gives the most bytes that came
    /// within a second.
    pub fn wait_for_quiet(&self, quiet: Duration) -> usize {
        let mut last = (self.received(), Instant::now());
        let (mut seen, mut most) = (VecDeque::from([last]), 0);
        while last.1.elapsed() < quiet {
            std::thread::sleep(Duration::from_millis(20));
            let (received, now) = (self.received(), Instant::now());
            if received != last.0 {
                last = (received, now);
            }
            seen.push_back((received, now));
            while seen.front().is_some_and(|(_, at)| now - *at > Duration::from_secs(1)) {
                seen.pop_front();
            }
            most = most.max(received - seen.front().map_or(received, |(first, _)| *first));
        }
        most
    }

    /// Processor seconds of the program so far, where the system tells them.
    pub fn processor_seconds(&self) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / TICKS)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nothing of what it holds is of use to anybody.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the program writes, and answers its question once.
fn listen(mut master: File, seen: Seen, answer: &'static str) -> io::Result<()> {
    let mut writer = master.try_clone()?;
    let read = move || {
        let mut part = [0; 16 * 1024];
        let mut asked = false;
        while let Ok(count @ 1..) = master.read(&mut part) {
            let (bytes, more) = &*seen;
            let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(&part[..count]);
            if !asked && bytes.windows(3).any(|window| window == b"\x1b[c") {
                asked = writer.write_all(answer.as_bytes()).is_ok();
            }
            more.notify_all();
        }
    };
    std::thread::Builder::new().name("terminal".into()).spawn(read).map(drop)
}
