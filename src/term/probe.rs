//! What this terminal can show, by its own word.
//!
//! One question is written, and the answers are read until the last of them,
//! which every terminal gives, or until patience ends. Keys that were pressed
//! meanwhile are kept.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use std::io::{Write, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Longest wait for the answers; a slow link needs a few round trips.
const PATIENCE: Duration = Duration::from_millis(600);
/// Wait for the terminal around tmux, whose answer comes behind tmux's own, if
/// it may be one that answers.
const AROUND: Duration = Duration::from_millis(450);
/// The first kitty that places pictures by placeholder characters.
const PLACEHOLDERS: (u32, u32) = (0, 28);

/// What a terminal said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Its name and version, as it writes them.
    pub name: String,
    /// Whether it knows kitty's pictures.
    pub kitty: bool,
    /// Whether it knows sixel.
    pub sixel: bool,
    /// Width and height of a cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// What is no answer: keys.
    pub typed: Vec<u8>,
    /// Whether it answered to the end.
    pub is_whole: bool,
}

impl Answers {
    /// Takes an answer that began with Esc and `intro`.
    pub fn hear(&mut self, intro: char, text: &str) {
        match (intro, text.strip_prefix(">|")) {
            ('P', Some(name)) => self.name = name.chars().take(80).collect(),
            ('_', _) => self.kitty |= text.starts_with("Gi=31") && text.ends_with(";OK"),
            _ => {}
        }
    }

    /// Whether this is a kitty that knows its picture protocol but not the
    /// placeholder characters that keep pictures in their cells.
    pub fn is_old_kitty(&self) -> bool {
        version(&self.name).is_some_and(|version| version < PLACEHOLDERS)
    }
}

/// Whether tmux stands between.
pub fn is_tmux() -> bool {
    let starts = |name: &str, with: &str| std::env::var(name).is_ok_and(|v| v.starts_with(with));
    starts("TERM", "tmux") || starts("TERM_PROGRAM", "tmux") || std::env::var_os("TMUX").is_some()
}

/// Asks the terminal, which must be raw and that of standard input. A console
/// that would print the question is not asked.
pub fn ask(tmux: bool) -> Answers {
    ask_on(stdin().as_fd(), tmux, PATIENCE)
}

/// The same, with the answers read elsewhere and for another while.
pub fn ask_on(input: BorrowedFd<'_>, tmux: bool, patience: Duration) -> Answers {
    if std::env::var("TERM").is_ok_and(|term| matches!(&*term, "linux" | "dumb" | "")) {
        return Answers::default();
    }
    let outer = if tmux { super::tmux::outer() } else { None };
    let waits = tmux && may_answer(outer.as_deref());
    let answers = exchange(input, tmux, waits, patience);
    match outer {
        Some(name) if !name.is_empty() => Answers { name, ..answers },
        _ => answers,
    }
}

/// Whether a terminal around tmux may know kitty's pictures.
fn may_answer(outer: Option<&str>) -> bool {
    const OTHERS: [&str; 4] = ["XTerm", "foot", "iTerm2", "mintty"];
    outer.is_none_or(|outer| !OTHERS.iter().any(|other| outer.starts_with(other)))
}

/// Name, a kitty picture of one pixel that is not shown, size of a cell, and
/// the device's attributes, which every terminal knows: the fence.
fn question(tmux: bool) -> String {
    format!("\x1b[>q{}\x1b[16t\x1b[c", again(tmux))
}

/// The part of the question whose answer is told from keys at any time: whether
/// the terminal knows kitty's pictures.
pub fn again(tmux: bool) -> &'static str {
    match tmux {
        true => "\x1bPtmux;\x1b\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\x1b\\\x1b\\",
        false => "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    }
}

/// `waits` for what comes behind the fence, from the terminal around tmux.
fn exchange(input: BorrowedFd<'_>, tmux: bool, waits: bool, patience: Duration) -> Answers {
    let mut answers = Answers::default();
    let mut out = stdout();
    if out.write_all(question(tmux).as_bytes()).and_then(|()| out.flush()).is_err() {
        return answers;
    }
    let mut deadline = Instant::now() + patience;
    let mut bytes = Vec::new();
    while !answers.is_whole || waits {
        let Some(more) = read_before(input, deadline) else { break };
        bytes.extend(more);
        let was_whole = answers.is_whole;
        answers = read_answers(&bytes);
        if answers.is_whole && !was_whole {
            deadline = deadline.min(Instant::now() + AROUND);
        }
        if answers.kitty && answers.is_whole {
            break;
        }
    }
    answers
}

/// What comes in next, past every buffer of our own; `None` where nothing does in
/// time.
fn read_before(input: BorrowedFd<'_>, deadline: Instant) -> Option<Vec<u8>> {
    let mut more = [0; 512];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let read = match is_ready(input, left) {
            Ok(true) => rustix::io::read(input, &mut more),
            Ok(false) => return None,
            Err(error) => Err(error),
        };
        match read {
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return None,
            Ok(count) => return more.get(..count).map(<[u8]>::to_vec),
        }
    }
}

/// Whether something can be read within a while.
///
/// # Errors
/// When a signal came, or the terminal cannot be waited for.
pub fn is_ready(input: BorrowedFd<'_>, wait: Duration) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    let wait = Timespec::try_from(wait).map_err(|_| Errno::INVAL)?;
    Ok(rustix::event::poll(&mut fds, Some(&wait))? > 0)
}

/// Sorts what came in into answers and keys.
fn read_answers(bytes: &[u8]) -> Answers {
    let mut answers = Answers::default();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if let Some(length) = take(rest, &mut answers) {
            rest = &rest[length..];
        } else {
            answers.typed.push(*first);
            rest = &rest[1..];
        }
    }
    answers
}

/// The length of an answer at the beginning, once it is told; `None` for a key.
fn take(bytes: &[u8], answers: &mut Answers) -> Option<usize> {
    let (intro, body) = (bytes.get(..2)?, bytes.get(2..)?);
    match intro {
        b"\x1b[" => {
            let end = body.iter().position(|b| (0x40..=0x7e).contains(b))?;
            let text = std::str::from_utf8(&body[..end]).ok()?;
            match body[end] {
                b'c' => {
                    let attributes = text.strip_prefix('?')?;
                    answers.sixel = attributes.split(';').any(|a| a == "4");
                    answers.is_whole = true;
                }
                b't' => answers.cell = cell(text),
                _ => return None,
            }
            Some(2 + end + 1)
        }
        b"\x1bP" | b"\x1b_" => {
            let end = body.windows(2).position(|pair| pair == b"\x1b\\")?;
            answers.hear(char::from(intro[1]), &String::from_utf8_lossy(&body[..end]));
            Some(2 + end + 2)
        }
        _ => None,
    }
}

/// `6;18;9` to a width of 9 and a height of 18.
fn cell(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.strip_prefix("6;")?.split(';').map(|n| n.parse::<u16>().ok());
    let (height, width) = (numbers.next()??, numbers.next()??);
    let sane = |n| (2..=200).contains(&n);
    (sane(width) && sane(height)).then_some((width, height))
}

/// `kitty(0.26.5)` to (0, 26).
fn version(answer: &str) -> Option<(u32, u32)> {
    let numbers = answer.split_once("kitty(")?.1.split_once(')')?.0;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_keys() {
        let said =
            b"j\x1bP>|kitty(0.26.5)\x1b\\k\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\xc3\xa9\x1b[?62;4c\r";
        let answers = read_answers(said);
        assert!(answers.kitty && answers.sixel && answers.is_whole && answers.is_old_kitty());
        assert_eq!(answers.cell, Some((9, 18)));
        assert_eq!(answers.typed, "jké\r".as_bytes());
    }

    #[test]
    fn a_terminal_that_says_nothing_or_half_is_believed_nothing() {
        assert_eq!(read_answers(b""), Answers::default());
        let half = read_answers(b"\x1b[?62;4");
        assert!(!half.sixel && !half.is_whole);
        let error = read_answers(b"\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[6;0;0t\x1b[?1;2c");
        assert!(!error.kitty && error.cell.is_none() && error.is_whole);
        assert!(!read_answers(b"\x1bP>|XTerm(379)\x1b\\").is_old_kitty());
    }

    #[test]
    fn only_a_terminal_around_tmux_that_may_answer_is_waited_for() {
        assert!(may_answer(None) && may_answer(Some("ghostty 1.2")) && may_answer(Some("")));
        assert!(!may_answer(Some("XTerm(398)")));
    }

    #[test]
    fn keys_in_the_form_of_sequences_stay_keys() {
        let answers = read_answers(b"\x1b[A\x1b");
        assert_eq!(answers.typed, b"\x1b[A\x1b");
    }
}
