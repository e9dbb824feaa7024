//! Which terminal this is, by its own word.

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::io::{Read, Write, stdin, stdout};
use std::time::{Duration, Instant};

/// Asks for the name and version (XTVERSION), then for the device's
/// attributes, which every terminal answers: a fence behind the first answer.
const QUESTION: &[u8] = b"\x1b[>q\x1b[c";
/// Longest wait for the answers; a slow link needs a few round trips.
const PATIENCE: Duration = Duration::from_millis(600);
/// The first kitty that places pictures by placeholder characters.
const PLACEHOLDERS: (u32, u32) = (0, 28);

/// Whether this is a kitty that knows its picture protocol but not the
/// placeholder characters that keep pictures in their cells.
pub fn is_old_kitty() -> bool {
    let answer = ask().unwrap_or_default();
    version(&answer).is_some_and(|version| version < PLACEHOLDERS)
}

/// `kitty(0.26.5)` to (0, 26).
fn version(answer: &str) -> Option<(u32, u32)> {
    let numbers = answer.split_once("kitty(")?.1.split_once(')')?.0;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn ask() -> std::io::Result<String> {
    enable_raw_mode()?;
    let answer = exchange();
    disable_raw_mode()?;
    answer
}

fn exchange() -> std::io::Result<String> {
    let mut out = stdout();
    out.write_all(QUESTION)?;
    out.flush()?;
    let deadline = Instant::now() + PATIENCE;
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !is_ready(left)? {
            break;
        }
        let mut bytes = [0; 256];
        let count = stdin().lock().read(&mut bytes)?;
        answer.extend_from_slice(&bytes[..count]);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether the fence has been answered: `ESC [ ? … c`.
fn is_whole(answer: &[u8]) -> bool {
    let fence = answer.windows(3).position(|bytes| bytes == b"\x1b[?");
    fence.is_some_and(|at| answer[at..].contains(&b'c'))
}

fn is_ready(wait: Duration) -> std::io::Result<bool> {
    let input = stdin();
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    let wait = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
    Ok(rustix::event::poll(&mut fds, Some(&wait))? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_answer() {
        assert_eq!(version("\x1bP>|kitty(0.26.5)\x1b\\\x1b[?62;c"), Some((0, 26)));
        assert_eq!(version("\x1bP>|XTerm(379)\x1b\\"), None);
        assert!(is_whole(b"\x1bP>|kitty(0.26.5)\x1b\\\x1b[?62;c"));
        assert!(!is_whole(b"\x1bP>|kitty(0.26.5)\x1b\\"));
    }
}
