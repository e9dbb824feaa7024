//! Signals, and a terminal that goes.

use predella::session::{Access, Depth, Outcome, Session, Status};

use super::kit::{queued, session};
use crate::faults::pty::{Answer, Terminal, history_holds};
use crate::program::Home;

/// Row 14.
#[test]
fn a_signal_stops_saves_and_restores() {
    for (signal, code) in [("-TERM", 143), ("-INT", 130), ("-QUIT", 131)] {
        let home = Home::new();
        let path = session(&home, 900);
        let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
        terminal.wait_for("Subjects · 2");
        terminal.keys("\r");
        terminal.wait_for("step ");
        terminal.signal(signal);
        assert_eq!(terminal.end(), code, "{signal}");
        terminal.assert_restored();
        let session = Session::open(&path, Access::Write).unwrap();
        let run = &session.state().runs()[0];
        assert!(
            matches!(&run.status, Status::Ended(end) if end.outcome == Outcome::Stopped),
            "{signal}: {:?}",
            run.status
        );
        assert!(session.check(Depth::Full).unwrap().is_sound());
    }
}

/// Row 13: the set that is painted is finished without a terminal, the queue
/// and the place on the screen are found again.
#[test]
fn a_terminal_that_goes_costs_nothing() {
    let home = Home::new();
    let path = queued(&home, 120, 2);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("step ");
    terminal.keys("4");
    terminal.wait_for("1 waiting");
    // The board says so too: only the queue has this word.
    terminal.wait_for("sooner");
    terminal.hang_up();
    assert_eq!(terminal.end(), 129);
    let session = Session::open(&path, Access::Write).unwrap();
    let state = session.state();
    assert!(matches!(&state.runs()[0].status, Status::Ended(e) if e.outcome == Outcome::Done));
    assert_eq!(state.images().len(), 2);
    assert_eq!(state.queue().count(), 1, "the other still waits");
    assert!(session.check(Depth::Full).unwrap().is_sound());
    drop(session);

    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("painting");
    assert!(terminal.screen().contains("sooner"), "the queue's view:\n{}", terminal.screen());
    terminal.wait("second set", || {
        history_holds(&path, "outcome: done") && !terminal.screen().contains("step ")
    });
    terminal.keys("qy");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

/// Row 13: without a terminal no processor time is spent on looking for one.
#[test]
fn an_idle_studio_sleeps() {
    let home = Home::new();
    session(&home, 2);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let before = terminal.process().1;
    std::thread::sleep(std::time::Duration::from_secs(3));
    let spent = terminal.process().1 - before;
    assert!(spent <= 6, "{spent} ticks in three seconds");
    terminal.hang_up();
    assert_eq!(terminal.end(), 129);
}

/// Row 16.
#[test]
fn it_goes_to_the_shell_and_comes_back() {
    let home = Home::new();
    session(&home, 2);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    for way in ["key", "signal", "unasked"] {
        match way {
            "key" => terminal.keys("\x1a"),
            "signal" => terminal.signal("-TSTP"),
            _ => terminal.signal("-STOP"),
        }
        terminal.wait("stopped process", || terminal.process().0 == 'T');
        if way != "unasked" {
            terminal.assert_restored();
        }
        let before = terminal.output().len();
        terminal.signal("-CONT");
        terminal.wait("screen drawn anew", || {
            String::from_utf8_lossy(&terminal.output()[before..]).contains("Subjects")
        });
        terminal.keys("2");
        terminal.wait_for("Nothing is painted yet");
        terminal.keys("1");
        terminal.wait_for("Subjects · 2");
    }
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}
