//! Rows 4, 5 and 6 with the studio before them.

use predella::session::{Access, Depth, Session};

use super::kit::session;
use crate::faults::pty::{Answer, Terminal};
use crate::program::{Home, names};

#[test]
fn a_full_disk_pauses_and_leaves_nothing_half_written() {
    let home = Home::new();
    let path = session(&home, 2);
    // The first steps are those of opening and queueing; then the disk is full.
    let full = [("PREDELLA_FAIL_AT", "14+:full")];
    let mut terminal = Terminal::with(&home, &["s"], Answer::Prompt, &full);
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r\r\r");
    terminal.wait("fault told", || {
        let screen = terminal.screen();
        screen.contains("space") || screen.contains("full") || screen.contains("paused")
    });
    terminal.keys("q");
    terminal.keys("y");
    terminal.end();
    terminal.assert_restored();
    let session = Session::open(&path, Access::Write).unwrap();
    assert!(session.check(Depth::Full).unwrap().is_sound());
    for name in names(&path.join("images")).iter().filter(|name| name.ends_with(".png")) {
        image::ImageReader::open(path.join("images").join(name)).unwrap().decode().unwrap();
    }
}

#[test]
fn a_folder_that_vanishes_is_told_and_survived() {
    let home = Home::new();
    let path = session(&home, 60);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("step ");
    std::fs::remove_dir_all(path.join("images")).unwrap();
    terminal.wait_for("the queue is paused: ");
    terminal.keys("2");
    terminal.wait_for("0 pictures");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn the_second_studio_looks_on_and_says_who_writes() {
    let home = Home::new();
    session(&home, 2);
    let mut first = Terminal::studio(&home, &["s"], Answer::Prompt);
    first.wait_for("Subjects · 2");
    let mut second = Terminal::studio(&home, &["s"], Answer::Prompt);
    second.wait_for("read-only");
    second.keys("\r");
    second.wait_for(&format!("process {}", first.pid()));
    first.keys("\r");
    first.wait_for("2 pictures in");
    for terminal in [&mut first, &mut second] {
        terminal.keys("q");
        assert_eq!(terminal.end(), 0);
        terminal.assert_restored();
    }
    // The holder is killed: the next one takes over.
    let first = Terminal::studio(&home, &["s"], Answer::Prompt);
    first.wait_for("Subjects · 2");
    first.signal("-KILL");
    drop(first);
    let next = Terminal::studio(&home, &["s"], Answer::Prompt);
    next.wait_for("Subjects · 2");
    assert!(!next.screen().contains("read-only"), "{}", next.screen());
}
