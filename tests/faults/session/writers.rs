//! Several programs on one session.

use std::time::{Duration, Instant};

use predella::session::*;

use super::child::{acks, command};
use crate::session::kit::*;

#[test]
fn two_writers_take_turns_and_lose_nothing() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    drop(Session::create(&path, "s").unwrap());
    let children: Vec<_> =
        ["ada", "bob"].map(|name| command(name, dir.path()).spawn().unwrap()).into();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let session = Session::open(&path, Access::Write).unwrap();
    let seqs: Vec<_> = session.entries().iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=401).collect::<Vec<_>>());
    for name in ["ada", "bob"] {
        let subjects = session
            .state()
            .runs()
            .iter()
            .map(|run| run.recipe.recipe().unwrap().panels[0].subject.clone());
        let own: Vec<_> = subjects.filter(|subject| subject.starts_with(name)).collect();
        let expected: Vec<_> = (1..=200).rev().map(|n| format!("{name} {n}")).collect();
        assert_eq!(own, expected);
    }
    assert_eq!((damage(&session), session.findings()), (vec![], &[][..]));
}

#[test]
fn a_dead_holder_holds_nothing() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    drop(Session::create(&path, "s").unwrap());
    let mut child = command("hold", dir.path()).spawn().unwrap();
    let start = Instant::now();
    while acks(dir.path()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "the child does not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    let session = Session::open(&path, Access::Write).unwrap();
    let Some(ReadOnly::Held(holder)) = session.why_read_only() else {
        panic!("{:?}", session.why_read_only())
    };
    assert_eq!(holder.pid, Some(child.id()));
    let pid = format!("process {}", child.id());
    assert!(holder.to_string().contains(&pid), "{holder}");
    assert!(matches!(Session::repair(&path), Err(SessionError::ReadOnly(ReadOnly::Held(_)))));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(path.join(".holder.yaml").exists(), "the note outlives its writer");
    let session = Session::open(&path, Access::Write).unwrap();
    assert_eq!(session.why_read_only(), None);
    let note = std::fs::read_to_string(path.join(".holder.yaml")).unwrap();
    assert!(note.contains(&format!("pid: {}", std::process::id())), "{note}");
}

#[test]
fn where_locks_fail_a_foreign_entry_is_noticed() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let mut first = Session::create(&path, "s").unwrap();
    paint(&mut first, 1);
    // As on a disk without locks: the second writer gets in too.
    std::fs::remove_file(path.join(".lock")).unwrap();
    let mut second = Session::open(&path, Access::Write).unwrap();
    assert_eq!(second.why_read_only(), None);
    second.queue(recipe(1), None).unwrap();
    let refused = first.queue(recipe(1), None).unwrap_err();
    assert!(refused.to_string().contains("changed"), "{refused}");
    assert_eq!(damage(&second), [""; 0]);
    assert_eq!(Session::open(&path, Access::Read).unwrap().entries(), second.entries());
}
