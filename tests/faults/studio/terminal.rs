//! Rows 17, 18 and 19: terminals that change, do not answer, or are slow.

use std::sync::atomic::Ordering;

use super::kit::session;
use crate::faults::pty::{Answer, Terminal, history_holds};
use crate::program::Home;

/// Row 17.
#[test]
fn a_storm_of_sizes_is_weathered() {
    let home = Home::new();
    session(&home, 900);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("step ");
    for round in 0..200u16 {
        let (columns, rows) = match round % 4 {
            0 => (1, 1),
            1 => (500, 200),
            2 => (60 + round % 40, 18 + round % 9),
            _ => (1 + round, 1 + round / 4),
        };
        terminal.resize(columns, rows);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    terminal.resize(100, 30);
    terminal.keys("\x0c");
    let before = terminal.output().len();
    terminal.keys("42");
    terminal.wait("gallery after the storm", || {
        String::from_utf8_lossy(&terminal.output()[before..]).contains("pictures")
    });
    terminal.keys("qy");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

/// Row 18: whatever the terminal answers, the first frame is there, keys that
/// were typed meanwhile are taken, and no answer is taken for keys.
#[test]
fn answers_that_fail_to_come_come_late_or_twice() {
    for answer in [Answer::Prompt, Answer::Never, Answer::Late, Answer::Twice] {
        let home = Home::new();
        session(&home, 2);
        let mut terminal = Terminal::studio(&home, &["s"], answer);
        terminal.wait("question", || terminal.output().windows(3).any(|bytes| bytes == b"\x1b[c"));
        assert!(terminal.screen().contains("Subjects"), "{answer:?}: the frame comes first");
        terminal.keys("oan owl\r\r");
        terminal.wait_for("Subjects · 3");
        if answer == Answer::Late {
            std::thread::sleep(std::time::Duration::from_millis(1500));
        }
        terminal.keys("\x0c");
        terminal.wait("screen without strays", || {
            let screen = terminal.screen();
            let strays = ["Probe", "62c", "Gi=31", "[6;18"];
            ["1 Board", "an owl", "NORMAL"].iter().all(|text| screen.contains(text))
                && !strays.iter().any(|stray| screen.contains(stray))
        });
        terminal.keys("q");
        assert_eq!(terminal.end(), 0, "{answer:?}");
        terminal.assert_restored();
    }
}

/// A slow link costs no pictures: they come with the answer, and are deleted at the
/// end like all others.
#[test]
fn pictures_come_with_a_late_answer() {
    let home = Home::new();
    let mut terminal = Terminal::studio(&home, &[], Answer::Late);
    let sent = |what: &[u8]| terminal.output().windows(what.len()).any(|bytes| bytes == what);
    terminal.wait_for("Welcome");
    assert!(!sent(b"\x1b_Ga=T,"), "nothing is drawn in a way that is not known yet");
    terminal.wait("pictures", || sent(b"\x1b_Ga=T,"));
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

/// Row 19: a terminal that takes nothing does not stop the painter, and is not
/// sent every frame that it missed.
#[test]
fn a_terminal_that_hangs_holds_nothing_up() {
    let home = Home::new();
    let path = session(&home, 300);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("step ");
    terminal.blocked.store(true, Ordering::SeqCst);
    terminal
        .wait("set painted behind the hanging terminal", || history_holds(&path, "outcome: done"));
    let missed = terminal.output().len();
    terminal.blocked.store(false, Ordering::SeqCst);
    terminal.wait("end of the set on the screen", || !terminal.screen().contains("step "));
    terminal.keys("2");
    terminal.wait_for("2 pictures");
    let sent = terminal.output().len() - missed;
    assert!(sent < 400_000, "{sent} bytes after the link came back");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}
