//! Killed at any moment: what was done stays done, and nothing else.

use std::path::Path;
use std::time::Duration;

use predella::session::*;

use super::child::{acks, command};
use super::script::{Script, open};
use crate::session::kit::*;

/// Whether what a killed child left is sound: the steps that it was told were
/// done, or one more whose end it did not live to see.
fn is_sound(folder: &Path, script: &Script, what: &str) {
    let (path, acks) = (folder.join("s"), acks(folder));
    if acks == 0 && !path.exists() {
        return;
    }
    // Looking on changes nothing and sees the same pictures.
    let reader = Session::open(&path, Access::Read).unwrap();
    assert_eq!(damage(&reader), [""; 0], "{what}");
    drop(reader);
    let session = open(&path);
    let fits = [acks.saturating_sub(1), acks];
    let found = digest(&session);
    assert!(
        fits.iter().any(|n| script.digests.get(*n) == Some(&found)),
        "{what}, after {acks} steps:\n{found}\nis neither\n{}\nnor\n{}",
        script.digests[fits[0]],
        script.digests.get(fits[1]).map_or("", String::as_str)
    );
    assert_eq!(damage(&session), [""; 0], "{what}");
    drop(session);
    // The start after that has nothing to mend, and work goes on.
    let mut session = open(&path);
    assert_eq!((digest(&session), session.findings()), (found, &[][..]), "{what}");
    paint(&mut session, 1);
    assert_eq!(damage(&session), [""; 0], "{what}");
}

#[test]
fn killed_at_each_step_of_each_write() {
    let script = Script::new();
    // Two lanes, each taking every other step, until one runs to the end.
    let lane = |first: usize| {
        for n in (first..).step_by(2) {
            let dir = fast_dir();
            let status =
                command("day", dir.path()).env("PREDELLA_FAIL_AT", n.to_string()).status().unwrap();
            is_sound(dir.path(), &script, &format!("killed at write {n}"));
            if status.success() {
                assert_eq!(acks(dir.path()), script.digests.len());
                return n;
            }
        }
        0
    };
    let clean = std::thread::scope(|scope| {
        let other = scope.spawn(|| lane(2));
        [lane(1), other.join().unwrap()]
    });
    // Fewer writes than that would mean that the seam no longer sees them.
    assert!(clean.iter().all(|n| *n > 150), "{clean:?}");
}

#[test]
fn killed_at_any_moment() {
    let script = Script::new();
    let mut dice = Dice(7);
    for round in 0..15 {
        let dir = fast_dir();
        let mut child = command("day", dir.path()).spawn().unwrap();
        // From the first step on, so that the start of the process does not count.
        while acks(dir.path()) <= dice.below(20) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100 * dice.below(30) as u64));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        is_sound(dir.path(), &script, &format!("round {round}"));
    }
}
