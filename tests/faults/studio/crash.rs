//! Rows 22 and 23: sets that bring the program down, and sets that are stopped.

use std::time::Duration;

use predella::session::{Access, Depth, Outcome, Session, Status};

use super::kit::{queued, session};
use crate::faults::pty::{Answer, Terminal};
use crate::program::Home;

#[test]
fn what_crashed_is_held_and_others_go_on() {
    let home = Home::new();
    let path = queued(&home, 900, 1);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("step ");
    terminal.signal("-KILL");
    terminal.end();
    let mut next = Session::open(&path, Access::Write).unwrap();
    let quick = next.queue(super::kit::recipe(2), None).unwrap();
    drop(next);
    for _ in 0..2 {
        let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
        terminal.wait_for("1 waiting");
        terminal.keys("4");
        terminal.wait_for("held");
        terminal.wait("the other set", || {
            let session = Session::open(&path, Access::Read).unwrap();
            matches!(&session.state().run(quick).unwrap().status, Status::Ended(_))
        });
        let session = Session::open(&path, Access::Read).unwrap();
        assert!(matches!(&session.state().runs()[0].status, Status::Held(_)));
        terminal.keys("qy");
        assert_eq!(terminal.end(), 0);
    }
}

#[test]
fn a_set_stops_within_a_step_at_every_step() {
    let home = Home::new();
    let path = session(&home, 900);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    for round in 1..=4 {
        terminal.keys("\r");
        let stopped = || {
            let session = Session::open(&path, Access::Read).unwrap();
            let ended = session.state().runs().iter().filter(
                |run| matches!(&run.status, Status::Ended(e) if e.outcome == Outcome::Stopped),
            );
            ended.count() == round
        };
        // Until the painter has begun there is nothing to stop.
        terminal.wait("stop", || {
            terminal.keys("X");
            std::thread::sleep(Duration::from_millis(50));
            stopped()
        });
    }
    terminal.keys("qy");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let session = Session::open(&path, Access::Write).unwrap();
    assert!(session.findings().is_empty(), "{:?}", session.findings());
    assert!(session.check(Depth::Full).unwrap().is_sound());
}

#[test]
fn leaving_while_painting_asks_and_keeps() {
    let home = Home::new();
    let path = session(&home, 900);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("step ");
    terminal.keys("q");
    terminal.wait_for("Leave and stop it?");
    terminal.keys("n");
    terminal.wait("question gone", || !terminal.screen().contains("Leave and stop it?"));
    terminal.keys("q");
    terminal.wait_for("Leave and stop it?");
    terminal.keys("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let session = Session::open(&path, Access::Write).unwrap();
    assert!(session.check(Depth::Full).unwrap().is_sound());
    assert_eq!(session.in_progress(), None);
}
