//! Row 15: a part that breaks takes nothing else along.

use super::kit::session;
use crate::faults::pty::{Answer, Terminal};
use crate::program::Home;

fn broken(home: &Home, part: &str) -> Terminal {
    session(home, 2);
    Terminal::with(home, &["s"], Answer::Prompt, &[("PREDELLA_BREAK", part)])
}

#[test]
fn the_interface_breaks_and_the_terminal_is_restored_first() {
    let home = Home::new();
    let mut terminal = broken(&home, "interface");
    terminal.wait_for("Subjects · 2");
    terminal.keys("j");
    assert_ne!(terminal.end(), 0);
    terminal.assert_restored();
    let out = String::from_utf8_lossy(&terminal.output()).into_owned();
    let (restored, told) = (out.rfind("\x1b[?1049l"), out.find("interface was broken"));
    assert!(told.is_some() && restored < told, "{restored:?} {told:?}");
}

#[test]
fn the_painter_breaks_and_one_set_fails() {
    let home = Home::new();
    let mut terminal = broken(&home, "painter");
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("the queue is paused: ");
    terminal.wait_for("should not");
    let log = home.path().join(".local/state/predella/predella.log");
    assert!(std::fs::read_to_string(log).unwrap().contains("painter was broken"));
    terminal.keys("2");
    terminal.wait_for("Nothing");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_decoder_breaks_and_pictures_are_left_out() {
    let home = Home::new();
    let mut terminal = broken(&home, "pictures");
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("2 pictures in");
    terminal.keys("2");
    terminal.wait_for("2 pictures");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn the_studios_thread_breaks_and_it_is_said() {
    let home = Home::new();
    let mut terminal = broken(&home, "studio");
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    assert_eq!(terminal.end(), 1);
    terminal.assert_restored();
    let out = String::from_utf8_lossy(&terminal.output()).into_owned();
    assert!(out.contains("what was painted is kept"), "{out}");
}
