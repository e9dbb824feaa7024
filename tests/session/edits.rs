//! Marks, trash and names, there and back again.

use std::path::Path;

use predella::session::*;

use super::kit::*;

fn star(images: &[ImageId], star: bool) -> Marked {
    Marked { images: images.to_vec(), star: Some(star), ..Marked::default() }
}

/// The pictures' files, by folder and name.
fn files(path: &Path) -> Vec<String> {
    let names = tree(path).into_keys().map(|file| {
        file.strip_prefix(path.canonicalize().unwrap()).unwrap().to_str().unwrap().to_owned()
    });
    names.filter(|name| name.contains(".png") && !name.starts_with("thumbs")).collect()
}

/// Row 30 of the table of faults, once in order and below in any.
#[test]
fn undo_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 3);
    session.thumb(&images[0]).unwrap();
    let start = pictures(&session);
    let (first, second) = (images[..2].to_vec(), images[1..].to_vec());
    session.mark(star(&first, true)).unwrap();
    let starred = pictures(&session);
    session.trash(second.clone()).unwrap();
    session.rename("other").unwrap();
    let end = pictures(&session);
    assert_eq!(files(session.path()).iter().filter(|f| f.starts_with("trash/")).count(), 2);
    assert_eq!(session.head().name(), "other");

    let reopen = |session: Session| {
        drop(session);
        Session::open(&path, Access::Write).unwrap()
    };
    let mut session = reopen(session);
    session.undo().unwrap().unwrap();
    let mut session = reopen(session);
    session.undo().unwrap().unwrap();
    assert_eq!(pictures(&session), starred);
    assert_eq!(session.name(), "s");
    let mut session = reopen(session);
    session.undo().unwrap().unwrap();
    assert_eq!(pictures(&session), start);
    assert_eq!(session.undo().unwrap(), None);
    assert!(session.thumb(&images[0]).is_ok());
    for _ in 0..3 {
        session = reopen(session);
        session.redo().unwrap().unwrap();
    }
    assert_eq!(pictures(&session), end);
    assert_eq!(session.redo().unwrap(), None);
    // A new change ends what could be done again.
    session.undo().unwrap();
    session.mark(star(&first, false)).unwrap();
    assert_eq!(session.redo().unwrap(), None);
    assert_eq!(damage(&session), [""; 0]);
}

/// A random change; one that does not fit is refused and changes nothing.
fn random_edit(session: &mut Session, images: &[ImageId], dice: &mut Dice) {
    let count = 1 + dice.below(images.len());
    let chosen: Vec<_> = (0..count).map(|_| images[dice.below(images.len())].clone()).collect();
    let tag = vec![POISON[dice.below(POISON.len())].to_owned()];
    let before = pictures(session);
    let done = match dice.below(8) {
        0 => session.mark(star(&chosen, dice.below(2) == 0)).map(Some),
        1 => session
            .mark(Marked { images: chosen, reject: Some(true), ..Marked::default() })
            .map(Some),
        2 => session.mark(Marked { images: chosen, tag, ..Marked::default() }).map(Some),
        3 => session.mark(Marked { images: chosen, untag: tag, ..Marked::default() }).map(Some),
        4 => session.trash(chosen).map(Some),
        5 => session.restore(chosen).map(Some),
        6 => session.rename(POISON[dice.below(POISON.len())]).map(Some),
        _ => session.undo(),
    };
    match done {
        Ok(_) => {}
        Err(SessionError::Misfit(_)) => assert_eq!(pictures(session), before),
        Err(error) => panic!("{error}"),
    }
}

/// Row 30: any edits with any restarts between them, undone and done again.
#[test]
fn any_edits_undone_are_as_if_they_had_not_been() {
    for seed in 1..=12 {
        let dir = fast_dir();
        let path = dir.path().join("s");
        let mut session = Session::create(&path, "s").unwrap();
        let images = paint(&mut session, 4);
        let (start, shown) = (pictures(&session), files(session.path()));
        let mut dice = Dice(seed);
        for _ in 0..40 {
            random_edit(&mut session, &images, &mut dice);
            if dice.below(10) == 0 {
                drop(session);
                session = Session::open(&path, Access::Write).unwrap();
            }
        }
        let end = pictures(&session);
        let steps = std::iter::from_fn(|| session.undo().unwrap()).count();
        assert_eq!((pictures(&session), files(session.path())), (start, shown), "seed {seed}");
        for _ in 0..steps {
            session.redo().unwrap().unwrap();
        }
        assert_eq!(pictures(&session), end, "seed {seed}");
        assert_eq!(damage(&session), [""; 0], "seed {seed}");
        assert_eq!(session.state().misfits(), []);
    }
}

#[test]
fn what_is_destroyed_cannot_be_undone_and_undo_does_not_pretend() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 3);
    session.mark(star(&images, true)).unwrap();
    session.trash(images[..1].to_vec()).unwrap();
    session.trash(images[1..2].to_vec()).unwrap();
    let swept = session.empty_trash().unwrap();
    assert_eq!((swept.images, swept.files), (2, 2));
    assert_eq!(files(session.path()).len(), 1);
    // The next to be undone is the star, for the picture that is still there.
    session.undo().unwrap().unwrap();
    assert!(!session.state().image(&images[2]).unwrap().marks.star);
    assert_eq!(session.undo().unwrap(), None);
    assert!(session.restore(images[..1].to_vec()).is_err());
    assert!(matches!(session.read_image(&images[0]), Err(SessionError::Missing(_))));
    assert_eq!(session.empty_trash().unwrap(), Swept::default());
    assert_eq!(damage(&session), [""; 0]);
}
