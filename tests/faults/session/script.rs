//! A working day of a session, step by step.

use std::path::Path;
use std::sync::Arc;

use predella::session::*;

use crate::session::kit::*;

/// What people see, after so many steps.
pub struct Script {
    /// The steps, each durable when it returns.
    pub steps: Vec<(&'static str, Step)>,
    /// [`digest`] after each number of steps and a new start, the making of the
    /// session being the first step.
    pub digests: Vec<String>,
}

pub type Step = fn(&mut Session) -> Result<(), SessionError>;

fn run(session: &Session, number: usize) -> RunId {
    session.state().runs()[number].id
}

fn image(session: &Session, number: usize) -> ImageId {
    session.state().images()[number].id.clone()
}

fn store(session: &mut Session, number: usize, panel: u32) -> Result<(), SessionError> {
    let id = run(session, number);
    session.store_panel(id, panel, &png(number as u32 * 100 + panel), Some(0.5)).map(drop)
}

fn star(session: &mut Session, numbers: &[usize]) -> Result<(), SessionError> {
    let images = numbers.iter().map(|n| image(session, *n)).collect();
    let tag = vec!["...\n---\n".to_owned()];
    session.mark(Marked { images, star: Some(true), tag, ..Marked::default() }).map(drop)
}

/// The steps after the session was made.
pub fn steps() -> Vec<(&'static str, Step)> {
    vec![
        ("queue a", |s| s.queue(recipe(3), None).map(drop)),
        ("queue b", |s| s.queue(recipe(2), Some(run(s, 0))).map(drop)),
        ("queue c", |s| s.queue(recipe(1), None).map(drop)),
        ("start a", |s| s.start(run(s, 0)).map(drop)),
        ("panel a0", |s| store(s, 0, 0)),
        ("panel a1", |s| store(s, 0, 1)),
        ("panel a2", |s| store(s, 0, 2)),
        ("end a", |s| s.end(RunEnded::new(run(s, 0), Outcome::Done))),
        ("star", |s| star(s, &[0, 1])),
        ("trash", |s| s.trash(vec![image(s, 1), image(s, 2)]).map(drop)),
        ("undo", |s| s.undo().map(drop)),
        ("redo", |s| s.redo().map(drop)),
        ("restore", |s| s.restore(vec![image(s, 2)]).map(drop)),
        ("rename", |s| s.rename("...").map(drop)),
        ("draft", |s| {
            let mut head = s.head().clone();
            head.draft = Some("a fox".into());
            s.save_head(head)
        }),
        ("order", |s| s.order_queue(vec![run(s, 2), run(s, 1)])),
        ("start b", |s| s.start(run(s, 1)).map(drop)),
        ("panel b1", |s| store(s, 1, 1)),
        ("fail b0", |s| s.fail_panel(run(s, 1), 0, "NaN")),
        ("empty trash", |s| s.empty_trash().map(drop)),
        ("interrupt b", |s| s.interrupt(run(s, 1))),
        ("hold c", |s| s.hold(run(s, 2), "later")),
        ("withdraw c", |s| s.withdraw(run(s, 2))),
        ("start b again", |s| s.start(run(s, 1)).map(drop)),
        ("panel b0", |s| store(s, 1, 0)),
    ]
}

/// Makes the session; the first step.
pub fn create(path: &Path) -> Result<Session, SessionError> {
    Session::create_with(path, "day", Arc::new(Ticking::default()))
}

/// Opens it for writing.
pub fn open(path: &Path) -> Session {
    let session = Session::open_with(path, Access::Write, Arc::new(Ticking::default())).unwrap();
    assert_eq!(session.why_read_only(), None);
    session
}

impl Script {
    /// The steps, and what they come to when nothing goes wrong.
    pub fn new() -> Self {
        let (dir, steps) = (fast_dir(), steps());
        let path = dir.path().join("s");
        let mut session = create(&path).unwrap();
        let reopened = |number: usize| {
            // A start holds what is running, so it is looked at in a copy.
            let copied = dir.path().join(format!("{number}"));
            copy(&path, &copied);
            digest(&open(&copied))
        };
        let mut digests = vec![reopened(0)];
        for (name, step) in &steps {
            step(&mut session).unwrap_or_else(|error| panic!("{name}: {error}"));
            digests.push(reopened(digests.len()));
        }
        Self { steps, digests }
    }
}
