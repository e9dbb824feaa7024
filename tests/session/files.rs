//! Checking, mending, sweeping and copying.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use predella::session::*;
use predella::util::clock::StoppedClock;

use super::kit::*;

fn texts(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::to_string).collect()
}

fn image_file(path: &Path, id: &ImageId) -> std::path::PathBuf {
    path.join("images").join(format!("{id}.png"))
}

#[test]
fn a_check_tells_loss_from_litter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 5);
    session.trash(images[3..4].to_vec()).unwrap();
    std::fs::remove_file(image_file(&path, &images[0])).unwrap();
    let altered = png(2001).iter().map(|byte| byte ^ 1).collect::<Vec<_>>();
    std::fs::write(image_file(&path, &images[1]), altered).unwrap();
    std::fs::write(path.join("images/notes.txt"), "mine").unwrap();
    std::fs::write(path.join("images/.predella-abc.tmp"), "half").unwrap();
    std::fs::copy(image_file(&path, &images[2]), path.join(format!("trash/{}.png", images[2])))
        .unwrap();
    std::fs::rename(path.join(format!("trash/{}.png", images[3])), image_file(&path, &images[3]))
        .unwrap();
    let before = tree(&path);
    let report = session.check(Depth::Full).unwrap();
    assert_eq!(report.findings.len(), 6, "{:?}", texts(&report.findings));
    assert_eq!(
        report.damage().cloned().collect::<Vec<_>>(),
        [Finding::Missing(images[0].clone()), Finding::Altered(images[1].clone())]
    );
    assert!(report.findings.contains(&Finding::Misplaced(images[3].clone())));
    assert_eq!((report.entries, report.runs, report.images), (10, 1, 5));
    // The altered file has the same length, which is all that a quick look sees.
    let quick = session.check(Depth::Quick).unwrap();
    assert_eq!(quick.damage().count(), 1);
    assert_eq!(tree(&path), before, "a check changes nothing");
}

#[test]
fn a_repair_mends_everything_and_keeps_what_it_cuts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 4);
    let run = session.queue(recipe(1), None).unwrap();
    session.start(run).unwrap();
    let late = session.store_panel(run, 0, &png(77), None).unwrap();
    drop(session);
    std::fs::remove_file(image_file(&path, &images[0])).unwrap();
    std::fs::write(image_file(&path, &images[1]), "painted over").unwrap();
    let history = std::fs::read_to_string(path.join("history.yaml")).unwrap();
    // The last entry, of the late picture, is damaged; so is one in the middle.
    let last = history.rfind("---\n").unwrap();
    let damaged = history[..last].replacen("attempt: 1", "attempt: x", 1)
        + "junk\n"
        + &history[last..].replace("panel: 0", "panel: [")
        + "---\nseq: 99\nat: 1970-01-01T00:00:00.000Z\nrenamed:\n  name: t\n...\n";
    std::fs::write(path.join("history.yaml"), &damaged).unwrap();
    std::fs::write(path.join("session.yaml"), "version: [").unwrap();

    let session = Session::open(&path, Access::Write).unwrap();
    assert!(matches!(session.why_read_only(), Some(ReadOnly::Damaged(_))));
    drop(session);
    let before = tree(&path);
    let (session, repaired) = Session::repair(&path).unwrap();
    assert_eq!(damage(&session), [""; 0]);
    assert_eq!(session.why_read_only(), None);
    assert_eq!(session.name(), "t");
    assert_eq!(session.read_image(&late).unwrap(), png(77));
    let place = |id| session.state().image(id).unwrap().place;
    assert_eq!([0, 1, 2].map(|n| place(&images[n])), [Place::Lost, Place::Lost, Place::Shown]);
    let kept: Vec<_> = repaired.kept.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let has = |words: &str| {
        kept.iter().any(|file| file.windows(words.len()).any(|window| window == words.as_bytes()))
    };
    for words in ["attempt: x", "junk\n", "panel: [", "version: [", "painted over"] {
        assert!(has(words), "{words:?} is gone");
    }
    assert!(repaired.mended.len() >= 6, "{:?}", texts(&repaired.mended));
    drop(session);
    // Nothing else changed, and a second repair finds nothing to do.
    let after = tree(&path);
    for (file, bytes) in before {
        let name = file.file_name().unwrap().to_str().unwrap();
        let was_mended = matches!(name, "history.yaml" | "session.yaml" | "running.yaml")
            || file == image_file(&path.canonicalize().unwrap(), &images[1]);
        assert!(was_mended || after.get(&file) == Some(&bytes), "{name}");
    }
    let (session, repaired) = Session::repair(&path).unwrap();
    assert_eq!((repaired.mended, repaired.kept), (vec![], vec![]));
    drop(session);
    // A lost picture that comes back is found.
    std::fs::write(image_file(&path, &images[0]), png(2000)).unwrap();
    let (session, repaired) = Session::repair(&path).unwrap();
    assert_eq!(repaired.mended, [Finding::Found(images[0].clone())]);
    assert_eq!(session.state().image(&images[0]).unwrap().place, Place::Shown);
}

#[test]
fn a_session_without_its_history_is_mended_from_its_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    drop(Session::create(&path, "kept name").unwrap());
    std::fs::remove_file(path.join("history.yaml")).unwrap();
    let session = Session::open(&path, Access::Write).unwrap();
    assert!(matches!(session.why_read_only(), Some(ReadOnly::Damaged(_))));
    drop(session);
    let (session, repaired) = Session::repair(&path).unwrap();
    assert_eq!((session.name(), &repaired.mended[..]), ("kept name", &[Finding::NoHistory][..]));
}

#[test]
fn only_gc_destroys_and_only_what_is_of_no_use() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 3);
    session.thumb(&images[0]).unwrap();
    session.trash(images[..1].to_vec()).unwrap();
    let write = |name: &str| std::fs::write(path.join(name), "x").unwrap();
    let litter = [
        "images/000009-00-aabbccdd.png",
        "images/.predella-a.tmp",
        ".predella-b.tmp",
        ".torn-20260101T000000Z",
        ".cut-20260101T000000Z",
        "trash/000009-00-aabbccdd.png",
        "thumbs/000009-00-aabbccdd.png",
    ];
    let precious = ["images/notes.txt", "notes.txt", "images/fox.png", "trash/mine.png"];
    litter.iter().chain(&precious).for_each(|name| write(name));
    let kept = |name: &&&str| path.join(name).exists();
    let swept = session.gc(Duration::from_secs(3600)).unwrap();
    // The trash goes at once; what is young may belong to something in progress.
    assert_eq!((swept.images, swept.files), (1, 2));
    assert_eq!(litter.iter().filter(kept).count(), litter.len());
    drop(session);
    let tomorrow = Arc::new(StoppedClock(SystemTime::now() + Duration::from_secs(86_400)));
    let mut session = Session::open_with(&path, Access::Write, tomorrow).unwrap();
    let swept = session.gc(Duration::from_secs(3600)).unwrap();
    assert_eq!((swept.images, swept.files, swept.bytes), (0, litter.len(), litter.len() as u64));
    assert_eq!(litter.iter().filter(kept).count(), 0);
    assert_eq!(precious.iter().filter(kept).count(), precious.len());
    assert_eq!(session.read_image(&images[1]).unwrap(), png(2001));
    assert_eq!(damage(&session), [""; 0]);
}

#[test]
fn an_export_is_whole_and_holds_what_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "../evil\n...").unwrap();
    let images = paint(&mut session, 4);
    let mark = |n: usize| Marked { images: vec![images[n].clone()], ..Marked::default() };
    session.mark(Marked { star: Some(true), tag: vec!["../x".into()], ..mark(0) }).unwrap();
    session.mark(Marked { reject: Some(true), ..mark(1) }).unwrap();
    session.trash(images[2..3].to_vec()).unwrap();
    let names = |to: &Path| {
        let short = |file: &Path| file.strip_prefix(to).unwrap().to_str().unwrap().to_owned();
        tree(to).keys().map(|file| short(file)).collect::<Vec<_>>()
    };
    let file = |n: usize| format!("images/{}.png", images[n]);
    let (index, recipe) = ("index.yaml".to_owned(), "recipes/000002.yaml".to_owned());
    for (choice, expected) in [
        (Choice::Kept, vec![file(0), file(3), index.clone(), recipe.clone()]),
        (Choice::Starred, vec![file(0), index.clone(), recipe.clone()]),
        (Choice::All, vec![file(0), file(1), file(3), index.clone(), recipe.clone()]),
    ] {
        let to = dir.path().join(format!("{choice:?}"));
        let exported = session.export(&to, choice).unwrap();
        assert_eq!((exported.images, exported.failed.len()), (expected.len() - 2, 0));
        assert_eq!(names(&to), expected);
        assert_eq!(std::fs::read(to.join(file(0))).unwrap(), png(2000));
        let read: predella::recipe::Recipe = predella::recipe::yaml::from_str(
            &std::fs::read_to_string(to.join("recipes/000002.yaml")).unwrap(),
        )
        .unwrap();
        assert_eq!(read, super::kit::recipe(4));
        let text = std::fs::read_to_string(to.join("index.yaml")).unwrap();
        assert!(text.contains("prompt: a fox, watercolour"), "{text}");
        assert!(text.contains("seed: 18446744073709551615"), "{text}");
        assert!(matches!(session.export(&to, choice), Err(SessionError::Exists(_))));
    }
    // A picture that is not the one that was stored is not passed on.
    std::fs::write(image_file(&path, &images[3]), "secret").unwrap();
    let exported = session.export(&dir.path().join("again"), Choice::Kept).unwrap();
    assert_eq!((exported.images, exported.failed.len()), (1, 1));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 5);
}

#[test]
fn thumbnails_are_made_again_when_they_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let images = paint(&mut session, 1);
    let thumb = path.join("thumbs").join(format!("{}.png", images[0]));
    let first = session.thumb(&images[0]).unwrap();
    assert!(thumb.is_file());
    for damage in [&b"junk"[..], b""] {
        std::fs::write(&thumb, damage).unwrap();
        assert_eq!(session.thumb(&images[0]).unwrap(), first);
        assert_ne!(std::fs::read(&thumb).unwrap(), damage);
    }
    drop(session);
    std::fs::remove_file(&thumb).unwrap();
    let reader = Session::open(&path, Access::Read).unwrap();
    assert_eq!(reader.thumb(&images[0]).unwrap(), first);
    assert!(!thumb.exists(), "a reader writes nothing");
}
