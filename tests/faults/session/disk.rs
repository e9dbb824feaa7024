//! Disks that are full, closed, failing or gone.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::process::Command;
use std::rc::Rc;

use predella::session::*;
use predella::util::fault::{Step, Verdict, watching};
use predella::util::fs::FsError;

use super::child::{acks, command_after};
use super::script::{Script, create, open};
use crate::session::kit::*;

/// How long a disk fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lasts {
    Once,
    On,
}

/// Lets the disk fail at a step while a session goes on with its day, until a
/// step of the day is refused; gives which one.
fn day_until_refused(
    session: &mut Session,
    script: &Script,
    from: usize,
    lasts: Lasts,
    error: fn() -> io::Error,
) -> (bool, Option<(usize, SessionError)>) {
    let taken = Rc::new(Cell::new(0));
    let count = Rc::clone(&taken);
    let watch = move |_: &Step<'_>| {
        count.set(count.get() + 1);
        let is_hit = count.get() == from || lasts == Lasts::On && count.get() > from;
        if is_hit { Verdict::Fail(error()) } else { Verdict::Go }
    };
    let mut steps = script.steps.iter().enumerate();
    let refused =
        watching(watch, || steps.find_map(|(n, (_, step))| step(session).err().map(|e| (n, e))));
    (taken.get() >= from, refused)
}

/// The day goes on where the disk failed, in the same session, and comes to
/// the same as if nothing had been.
fn recovers(lasts: Lasts, error: fn() -> io::Error, is_expected: fn(&FsError) -> bool) {
    let script = Script::new();
    for from in 1.. {
        let dir = fast_dir();
        let path = dir.path().join("s");
        let mut session = create(&path).unwrap();
        let (was_hit, refused) = day_until_refused(&mut session, &script, from, lasts, error);
        if !was_hit {
            assert!(from > 150, "only {from} steps were seen");
            return;
        }
        // A step whose last part failed may still have been done.
        let failed = match refused {
            Some((failed, SessionError::Disk(error))) => {
                assert!(is_expected(&error), "step {from}: {error}");
                failed
            }
            Some((_, other)) => panic!("step {from}: {other}"),
            None => script.steps.len(),
        };
        // What another program sees meanwhile is whole.
        assert_eq!(damage(&Session::open(&path, Access::Read).unwrap()), [""; 0], "step {from}");
        assert_eq!(damage(&session), [""; 0], "step {from}");
        for (name, step) in &script.steps[failed..] {
            step(&mut session).unwrap_or_else(|error| panic!("step {from}, {name}: {error}"));
        }
        drop(session);
        let session = open(&path);
        assert_eq!(&digest(&session), script.digests.last().unwrap(), "step {from}");
        assert_eq!(damage(&session), [""; 0], "step {from}");
    }
}

#[test]
fn a_full_disk_stops_work_and_room_resumes_it() {
    for lasts in [Lasts::Once, Lasts::On] {
        let full = || ErrorKind::StorageFull.into();
        recovers(lasts, full, |error| matches!(error, FsError::NoSpace(_)));
    }
}

#[test]
fn a_failing_disk_loses_nothing_that_was_done() {
    let fault = || io::Error::other("input/output error");
    recovers(Lasts::Once, fault, |error| matches!(error, FsError::Other(..)));
}

#[test]
fn a_disk_that_becomes_read_only_loses_nothing_that_was_done() {
    let closed = || ErrorKind::ReadOnlyFilesystem.into();
    recovers(Lasts::On, closed, |error| matches!(error, FsError::NotWritable(..)));
}

#[test]
fn a_server_that_forgets_files_is_asked_again() {
    let script = Script::new();
    let dir = fast_dir();
    let mut session = create(&dir.path().join("s")).unwrap();
    // Every seventh step, and never twice in a row.
    let taken = Cell::new(0);
    let watch = move |step: &Step<'_>| {
        taken.set(taken.get() + 1);
        let is_retried = matches!(step, Step::SyncFolder(_) | Step::Cut(..))
            || matches!(step, Step::Write(path, _) if path.ends_with("history.yaml"));
        match is_retried && taken.get() % 7 == 0 {
            true => Verdict::Fail(ErrorKind::StaleNetworkFileHandle.into()),
            false => Verdict::Go,
        }
    };
    watching(watch, || {
        for (name, step) in &script.steps {
            step(&mut session).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    });
    drop(session);
    assert_eq!(&digest(&open(&dir.path().join("s"))), script.digests.last().unwrap());
}

#[cfg(unix)]
#[test]
fn a_limit_on_files_leaves_whole_entries() {
    for blocks in [4, 5, 9, 16] {
        let dir = fast_dir();
        let path = dir.path().join("s");
        drop(create(&path).unwrap());
        // A write beyond the limit is cut short by the system itself.
        let shell = format!("trap '' XFSZ; ulimit -f {blocks}");
        let status = command_after(&shell, "fill", dir.path()).status().unwrap();
        assert!(status.success());
        let error = std::fs::read_to_string(dir.path().join("error")).unwrap();
        assert!(error.contains("no space left"), "{error}");
        let session = open(&path);
        assert_eq!(session.state().runs().len(), acks(dir.path()));
        assert!(acks(dir.path()) > 0);
        assert_eq!((session.findings(), damage(&session)), (&[][..], vec![]));
    }
}

#[cfg(unix)]
#[test]
fn few_open_files_are_enough() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let mut session = create(&path).unwrap();
    for _ in 0..30 {
        paint(&mut session, 4);
    }
    let before = digest(&session);
    drop(session);
    let status = command_after("ulimit -n 64", "look", dir.path()).status().unwrap();
    assert!(status.success());
    let seen = std::fs::read_to_string(dir.path().join("seen")).unwrap();
    assert_eq!(seen, format!("\n{before}"));
}

#[cfg(unix)]
#[test]
fn a_closed_folder_is_opened_for_reading() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = create(&path).unwrap();
    paint(&mut session, 2);
    let before = digest(&session);
    drop(session);
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&path, 0o555);
    for file in ["history.yaml", "session.yaml", ".lock"] {
        mode(&path.join(file), 0o444);
    }
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id == b"0\n" {
        // Root may write anywhere, so the disk itself must refuse.
        let closed = |_: &Step<'_>| Verdict::Fail(ErrorKind::ReadOnlyFilesystem.into());
        let session = watching(closed, || Session::open(&path, Access::Write).unwrap());
        assert!(matches!(session.why_read_only(), Some(ReadOnly::Disk { .. })));
        assert_eq!(digest(&session), before);
    } else {
        let session = Session::open(&path, Access::Write).unwrap();
        assert!(matches!(session.why_read_only(), Some(ReadOnly::Disk { .. })));
        assert_eq!((digest(&session), damage(&session)), (before, vec![]));
    }
    mode(&path, 0o755);
}

#[test]
fn a_folder_that_vanishes_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = create(&path).unwrap();
    let run = session.queue(recipe(2), None).unwrap();
    session.start(run).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    for _ in 0..2 {
        let error = session.store_panel(run, 0, &png(1), None).unwrap_err();
        assert!(matches!(error, SessionError::Disk(FsError::NoFolder(_))), "{error}");
        let error = session.queue(recipe(1), None).unwrap_err();
        assert!(matches!(error, SessionError::Disk(FsError::Changed(_))), "{error}");
    }
    assert_eq!(session.state().runs().len(), 1);
    assert!(!path.exists());
    drop(session);
    assert!(!path.exists());
}
