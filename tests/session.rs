//! The life of a session, through its public face.

// Files are damaged here on purpose.
#![allow(clippy::disallowed_methods)]

mod edits;
mod files;
pub mod kit;
mod speed;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use kit::*;
use predella::recipe::yaml;
use predella::session::*;
use predella::util::clock::StoppedClock;

#[test]
fn a_session_is_found_again_as_it_was_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep").join("foxes");
    let mut session = Session::create(&path, "Foxes in snow").unwrap();
    assert_eq!(session.why_read_only(), None);
    assert!(session.is_locked());
    let images = paint(&mut session, 2);
    let waiting = session.queue(recipe(3), Some(session.state().runs()[0].id)).unwrap();
    let mut head = session.head().clone();
    head.draft = Some(yaml::to_value(&recipe(1)).unwrap());
    head.view.insert("cursor".into(), 3.into());
    session.save_head(head).unwrap();
    let (before, entries) = (digest(&session), session.entries().to_vec());
    assert_eq!(damage(&session), [""; 0]);
    drop(session);

    for access in [Access::Read, Access::Write] {
        let session = Session::open(&path, access).unwrap();
        assert_eq!((digest(&session), session.entries()), (before.clone(), &entries[..]));
        assert_eq!(session.findings(), []);
        assert_eq!(session.name(), "Foxes in snow");
        assert_eq!(session.read_image(&images[1]).unwrap(), png(2001));
        assert_eq!(session.state().queue().collect::<Vec<_>>(), [waiting]);
        let run = &session.state().runs()[0];
        assert_eq!(**run.recipe.recipe().unwrap(), recipe(2));
        assert_eq!(run.panels[0], PanelState::Done(images[0].clone()));
    }
}

#[test]
fn a_new_session_never_takes_the_place_of_anything() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::create_dir(&path).unwrap();
    drop(Session::create(&path, "first").unwrap());
    let before = tree(dir.path());
    assert!(matches!(Session::create(&path, "second"), Err(SessionError::Exists(_))));
    let file = dir.path().join("b");
    std::fs::write(&file, "precious").unwrap();
    assert!(Session::create(&file, "third").is_err());
    assert!(matches!(Session::create(&dir.path().join("c"), " "), Err(SessionError::Misfit(_))));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(tree(dir.path()), before);
    assert!(matches!(Session::open(dir.path(), Access::Read), Err(SessionError::NotASession(_))));
}

#[test]
fn one_writes_and_others_look_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut writer = Session::create(&path, "s").unwrap();
    let mut other = Session::open(&path, Access::Write).unwrap();
    let Some(ReadOnly::Held(holder)) = other.why_read_only() else { panic!() };
    assert_eq!(holder.pid, Some(std::process::id()));
    let refused = other.queue(recipe(1), None).unwrap_err();
    assert!(matches!(&refused, SessionError::ReadOnly(ReadOnly::Held(_))), "{refused}");
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(list(dir.path()).unwrap()[0].is_open);

    assert_eq!(other.refresh().unwrap(), 0);
    paint(&mut writer, 2);
    assert_eq!(other.refresh().unwrap(), 5);
    assert_eq!(digest(&other), digest(&writer));
    assert_eq!(other.entries(), writer.entries());
    assert_eq!(writer.refresh().unwrap(), 0);

    drop(writer);
    assert!(!list(dir.path()).unwrap()[0].is_open);
    assert!(other.why_read_only().is_some());
    assert_eq!(Session::open(&path, Access::Write).unwrap().why_read_only(), None);
}

#[test]
fn a_run_goes_its_way() {
    let dir = tempfile::tempdir().unwrap();
    let mut session = Session::create(&dir.path().join("s"), "s").unwrap();
    let runs: Vec<_> = (0..4).map(|_| session.queue(recipe(2), None).unwrap()).collect();
    let queue = |session: &Session| session.state().queue().collect::<Vec<_>>();
    session.order_queue(vec![runs[2], runs[0], runs[1], runs[3]]).unwrap();
    assert!(session.order_queue(vec![runs[2], runs[0]]).is_err());
    assert!(session.order_queue(vec![runs[2]; 4]).is_err());
    assert_eq!(session.start(runs[2]).unwrap(), 1);
    assert_eq!(session.in_progress().unwrap().run, runs[2]);
    assert!(session.start(runs[2]).is_err());
    session.interrupt(runs[2]).unwrap();
    assert_eq!(session.in_progress(), None);
    assert_eq!(queue(&session), [runs[2], runs[0], runs[1], runs[3]]);
    session.hold(runs[0], "wait").unwrap();
    assert!(session.start(runs[0]).is_err());
    assert_eq!(queue(&session), [runs[2], runs[1], runs[3]]);
    session.release(runs[0]).unwrap();
    session.withdraw(runs[1]).unwrap();
    assert_eq!(queue(&session), [runs[0], runs[2], runs[3]]);
    assert_eq!(session.start(runs[2]).unwrap(), 2);
    let image = session.store_panel(runs[2], 1, &png(1), None).unwrap();
    assert!(session.store_panel(runs[2], 1, &png(2), None).is_err());
    assert!(session.store_panel(runs[2], 2, &png(2), None).is_err());
    assert!(session.store_panel(runs[3], 0, &png(2), None).is_err());
    assert!(session.store_panel(runs[2], 0, &png(1)[..40], None).is_err());
    session.fail_panel(runs[2], 0, "NaN").unwrap();
    session
        .end(RunEnded { reason: Some("x".into()), ..RunEnded::new(runs[2], Outcome::Stopped) })
        .unwrap();
    assert!(session.end(RunEnded::new(runs[2], Outcome::Done)).is_err());
    let run = session.state().run(runs[2]).unwrap();
    assert_eq!(run.panels, [PanelState::Failed("NaN".into()), PanelState::Done(image)]);
    assert!(matches!(&run.status, Status::Ended(end) if end.outcome == Outcome::Stopped));
    assert_eq!(std::fs::read_dir(session.path().join("images")).unwrap().count(), 1);
    assert_eq!(damage(&session), [""; 0]);
}

#[test]
fn order_does_not_hang_on_the_clock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut images = Vec::new();
    // Beyond 2038, then before everything, then the same millisecond again and again.
    for seconds in [5_000_000_000, 0, 0] {
        let clock = Arc::new(StoppedClock(UNIX_EPOCH + Duration::from_secs(seconds)));
        let mut session = match path.exists() {
            true => Session::open_with(&path, Access::Write, clock).unwrap(),
            false => Session::create_with(&path, "s", clock).unwrap(),
        };
        images.extend(paint(&mut session, 3));
    }
    let session = Session::open(&path, Access::Write).unwrap();
    let order: Vec<_> = session.state().images().iter().map(|i| i.id.clone()).collect();
    assert_eq!(order, images);
    let seqs: Vec<_> = session.entries().iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(damage(&session), [""; 0]);
}

#[test]
fn a_timeline_replays_to_every_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut session = Session::create(&dir.path().join("s"), "s").unwrap();
    let images = paint(&mut session, 2);
    session.mark(Marked { images: images.clone(), star: Some(true), ..Marked::default() }).unwrap();
    session.trash(vec![images[0].clone()]).unwrap();
    session.undo().unwrap();
    let timeline = session.timeline();
    let kinds: Vec<_> = timeline.iter().map(|moment| moment.entry.event.kind()).collect();
    assert_eq!(
        kinds,
        [
            "created",
            "run_queued",
            "run_started",
            "panel_done",
            "panel_done",
            "run_ended",
            "marked",
            "trashed",
            "undone"
        ]
    );
    let undone: Vec<_> = timeline.iter().filter(|m| m.is_undone).map(|m| m.entry.seq.0).collect();
    assert_eq!(undone, [8]);
    assert!(timeline[1..8].iter().all(|moment| moment.run == Some(RunId(2))), "{timeline:?}");
    let starred = |upto: usize| {
        let state = State::fold(&session.entries()[..upto]);
        state.images().iter().filter(|image| image.marks.star).count()
    };
    assert_eq!((starred(6), starred(7)), (0, 2));
    assert_eq!(&State::fold(session.entries()), session.state());
}

#[test]
fn poison_is_kept_as_it_is_and_shown_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 1);
    for text in POISON {
        let mut recipe = recipe(2);
        recipe.panels[1].subject = text.into();
        recipe.negative_prompt = Some(text.into());
        let run = session.queue(recipe, None).unwrap();
        session.hold(run, text).unwrap();
        let tag = vec![text.to_owned()];
        session.mark(Marked { images: images.clone(), tag, ..Marked::default() }).unwrap();
        session.rename(text).unwrap();
        let mut head = session.head().clone();
        head.view.insert(text.into(), text.into());
        session.save_head(head).unwrap();
    }
    let (before, entries) = (digest(&session), session.entries().to_vec());
    drop(session);
    let session = Session::open(&path, Access::Write).unwrap();
    assert_eq!((digest(&session), session.entries()), (before, &entries[..]));
    assert_eq!(session.state().images()[0].marks.tags.len(), POISON.len());
    for (run, text) in session.state().runs()[1..].iter().zip(POISON) {
        let recipe = run.recipe.recipe().unwrap();
        assert_eq!((&*recipe.panels[1].subject, &run.status), (text, &Status::Held(text.into())));
    }
}

#[test]
fn sessions_are_listed_without_their_histories() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(list(&dir.path().join("none")).unwrap(), []);
    for name in ["a", "b"] {
        drop(Session::create(&dir.path().join(name), &name.to_uppercase()).unwrap());
    }
    std::fs::create_dir(dir.path().join("other")).unwrap();
    std::fs::write(dir.path().join("b/session.yaml"), "name: [").unwrap();
    let found = list(dir.path()).unwrap();
    let mut names: Vec<_> = found.iter().map(|s| (&*s.name, s.fault.is_some())).collect();
    names.sort_unstable();
    assert_eq!(names, [("A", false), ("b", true)]);
}
