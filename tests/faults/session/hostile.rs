//! Sessions from strangers: they may fail, but never hang, run, or write
//! outside their folder.

use std::path::Path;
use std::time::{Duration, Instant};

use predella::session::*;
use predella::util::text::sanitise;

use crate::session::kit::*;

/// What comes of opening a session for writing.
#[derive(Debug, Clone, Copy)]
enum Comes {
    /// An error with these words.
    Refused(&'static str),
    /// A reader, for a reason with these words.
    Reader(&'static str),
    /// A writer that noticed something with these words.
    Writer(&'static str),
    /// A writer, as if nothing were.
    Untouched,
}

/// A session with two pictures beside a folder that is none of its business.
fn prepared(dir: &Path) -> Vec<ImageId> {
    let mut session = Session::create(&dir.join("s"), "s").unwrap();
    let images = paint(&mut session, 2);
    session.trash(images[1..].to_vec()).unwrap();
    std::fs::create_dir(dir.join("victim")).unwrap();
    std::fs::write(dir.join("victim/precious.png"), "precious").unwrap();
    std::fs::write(dir.join("victim/000002-00-00000000.png"), "precious too").unwrap();
    images
}

/// Everything that a person could do with a session, whatever comes of it.
fn try_everything(path: &Path, images: &[ImageId]) {
    let shown = |text: &str| assert_eq!(sanitise(text), text, "not safe to show");
    for access in [Access::Read, Access::Write] {
        match Session::open(path, access) {
            Err(error) => shown(&error.to_string()),
            Ok(session) => {
                session.findings().iter().for_each(|finding| shown(&finding.to_string()));
                session.why_read_only().iter().for_each(|why| shown(&why.to_string()));
                if let Ok(report) = session.check(Depth::Full) {
                    report.findings.iter().for_each(|finding| shown(&finding.to_string()));
                }
                for image in images {
                    let _ = (session.read_image(image), session.thumb(image));
                }
                let _ = session.export(&path.with_file_name("export"), Choice::All);
                let _ = std::fs::remove_dir_all(path.with_file_name("export"));
            }
        }
    }
    match Session::repair(path) {
        Err(error) => shown(&error.to_string()),
        Ok((mut session, repaired)) => {
            repaired.mended.iter().for_each(|finding| shown(&finding.to_string()));
            assert_eq!(damage(&session), [""; 0], "after a repair");
            let _ = session.trash(images[..1].to_vec());
            let _ = session.undo();
            let _ = session.rename("...");
            let _ = session.gc(Duration::ZERO);
            drop(session);
            let session = Session::open(path, Access::Write).unwrap();
            assert_eq!(damage(&session), [""; 0], "after changes");
        }
    }
}

/// Poisons a session and tries everything with it, in bounded time.
fn expect(name: &str, poison: impl FnOnce(&Path, &[ImageId]), comes: Comes) {
    let dir = fast_dir();
    let images = prepared(dir.path());
    let (path, victim) = (dir.path().join("s"), dir.path().join("victim"));
    let before = tree(&victim);
    poison(&path, &images);
    let start = Instant::now();
    let session = Session::open(&path, Access::Write);
    let came = match &session {
        Err(error) => format!("refused: {error}"),
        Ok(session) => match session.why_read_only() {
            Some(why) => format!("reader: {why}"),
            None => format!(
                "writer: {}",
                session.findings().iter().map(Finding::to_string).collect::<String>()
            ),
        },
    };
    drop(session);
    let (kind, words) = match comes {
        Comes::Refused(words) => ("refused: ", words),
        Comes::Reader(words) => ("reader: ", words),
        Comes::Writer(words) => ("writer: ", words),
        Comes::Untouched => ("writer: ", ""),
    };
    assert!(came.starts_with(kind) && came.contains(words), "{name}: {came}");
    assert!(!matches!(comes, Comes::Untouched) || came == kind, "{name}: {came}");
    try_everything(&path, &images);
    assert!(start.elapsed() < Duration::from_secs(60), "{name} took {:?}", start.elapsed());
    assert_eq!(tree(&victim), before, "{name} wrote outside");
}

/// Adds to the history of a session of seven entries.
fn add(path: &Path, text: &str) {
    let history = path.join("history.yaml");
    let bytes = [std::fs::read(&history).unwrap(), text.as_bytes().to_vec()].concat();
    std::fs::write(history, bytes).unwrap();
}

/// An eighth entry.
fn entry(event: &str) -> String {
    format!("---\nseq: 8\nat: 2026-02-28T09:05:07.250Z\n{event}\n...\n")
}

fn expect_entry(event: &str, comes: Comes) {
    let name: String = event.chars().take(60).collect();
    expect(&name, |path, _| add(path, &entry(event)), comes);
}

/// Aliases that stand for 9 to the power of 9.
fn bomb() -> String {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for pair in ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"] {
        let (from, to) = pair.split_at(1);
        text += &format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 9].join(", "));
    }
    text
}

#[test]
fn entries_that_are_bombs() {
    let long = "x".repeat(400_000);
    let aliases = "*a, ".repeat(100_000);
    let brackets = "[".repeat(200_000);
    let nested = (0..1000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    for (event, comes) in [
        // What is not known is not looked into.
        (format!("{}dreamt: *i", bomb()), Comes::Writer("unknown kind")),
        (format!("{}renamed: {{name: *i}}", bomb()), Comes::Reader("line")),
        (format!("{}trashed: {{images: *i}}", bomb()), Comes::Reader("line")),
        (format!("n: &a {long}\nmarked: {{images: [1], tag: [{aliases}]}}"), Comes::Reader("line")),
        (format!("dreamt: {brackets}"), Comes::Reader("brackets")),
        (format!("renamed:\n{nested}"), Comes::Reader("line")),
        (format!("renamed: {{name: {}}}", "x".repeat(2_000_000)), Comes::Reader("too large")),
        (format!("renamed: {{name: {long}}}"), Comes::Reader("1 to 1000")),
    ] {
        expect_entry(&event, comes);
    }
}

#[test]
fn entries_that_lie() {
    let done = |run: u32, panel: u32, image: &str, hash: &str| {
        format!(
            "panel_done:\n  run: {run}\n  panel: {panel}\n  image: {image}\n  sha256: {hash}\n  bytes: 1"
        )
    };
    let hash = "0a".repeat(32);
    let many = "~, ".repeat(100_000);
    for (event, comes) in [
        (done(2, 0, "../victim/precious", &hash), Comes::Reader("no name of a picture")),
        (done(2, 0, "/etc/passwd", &hash), Comes::Reader("no name of a picture")),
        (done(2, 0, "..", &hash), Comes::Reader("no name of a picture")),
        (done(2, 0, "'1\\0'", &hash), Comes::Reader("no name of a picture")),
        (done(2, 0, "000002-00-0a", &hash), Comes::Reader("painted already")),
        (done(2, 4_000_000_000, "000002-00-0a", &hash), Comes::Reader("no panel 4000000001")),
        (done(9, 0, "000009-00-0a", &hash), Comes::Reader("no run 9")),
        (done(2, 0, "000002-00-0a", "short"), Comes::Reader("64 hexadecimal")),
        ("trashed:\n  images: []".into(), Comes::Reader("names nothing")),
        ("trashed:\n  images: [000009-00-0a]".into(), Comes::Reader("no picture")),
        ("undone:\n  entry: 3".into(), Comes::Reader("not the next")),
        ("redone:\n  entry: 3".into(), Comes::Reader("not the next")),
        ("created: {version: 1, name: t, program: x}".into(), Comes::Reader("made already")),
        ("queue_ordered: {runs: [1, 2, 3]}".into(), Comes::Reader("runs that wait")),
        ("renamed: {name: \"\\e[2J\\u202e\"}\nx: \"\\e[2J\"".into(), Comes::Untouched),
        ("\"\\e[2J\\u202ekind\": 1".into(), Comes::Writer("unknown kind")),
        ("run_released: {run: \"\\e[2J\"}".into(), Comes::Reader("line")),
        (
            format!("run_queued: {{recipe: {{panels: [{many}], steps: 1}}}}"),
            Comes::Writer("recipe of run 8"),
        ),
    ] {
        expect_entry(&event, comes);
    }
}

#[test]
fn histories_that_lie() {
    let renamed = |seq: u64| entry("renamed:\n  name: t").replace("seq: 8", &format!("seq: {seq}"));
    for (name, text, comes) in [
        ("same number", renamed(8) + &renamed(8), Comes::Reader("comes after entry 8")),
        ("falling numbers", renamed(9) + &renamed(8), Comes::Reader("comes after entry 9")),
        ("last number", renamed(u64::MAX), Comes::Untouched),
        ("no text", "---\n\u{1}\n...\n".into(), Comes::Reader("line")),
        ("junk", "junk\n".to_owned() + &renamed(8), Comes::Reader("belongs to no entry")),
        ("unended", "---\nseq: 8\n".to_owned() + &renamed(9), Comes::Reader("no end mark")),
        ("a million", "---\n...\n".repeat(1_000_001), Comes::Refused("1000000 entries")),
    ] {
        expect(name, |path, _| add(path, &text), comes);
    }
    let hole = |path: &Path, _: &[ImageId]| {
        let file = std::fs::OpenOptions::new().write(true).open(path.join("history.yaml"));
        file.unwrap().set_len(1 << 30).unwrap();
    };
    expect("a gigabyte", hole, Comes::Refused("1.1 GB"));
    let binary = |path: &Path, _: &[ImageId]| {
        let text = [&b"---\n"[..], &[0xff, 0xfe, b'\n'], b"...\n"].concat();
        let history = path.join("history.yaml");
        std::fs::write(&history, [std::fs::read(&history).unwrap(), text].concat()).unwrap();
    };
    expect("binary", binary, Comes::Reader("not text"));
}

#[test]
fn heads_that_lie() {
    let head = "version: 1\nname: s\ncreated: 2026-02-28T09:05:07.250Z\n";
    for (text, comes) in [
        (
            head.replace("version: 1", "version: 99"),
            Comes::Reader("format 99, of a newer predella"),
        ),
        ("version: 2\nname: [of, another, shape]\n".into(), Comes::Reader("format 2")),
        (head.replace("version: 1", "version: 0"), Comes::Reader("no format 0")),
        (head.replace("version: 1", "version: -1"), Comes::Reader("line 1")),
        (head.replace("2026", "noon"), Comes::Reader("line 3")),
        (String::new(), Comes::Reader("session.yaml")),
        (format!("{head}{}view: {{x: *i}}\n", bomb()), Comes::Reader("aliases")),
        (format!("{head}view: {}\n", "[".repeat(100_000)), Comes::Reader("brackets")),
        (format!("{head}x: {}\n", "x".repeat(2_000_000)), Comes::Reader("larger than")),
        (format!("{head}view: {{\"\\e[2J\": \"\\u202e\"}}\nlater: [1]\n"), Comes::Untouched),
    ] {
        let name: String = text.chars().take(60).collect();
        expect(&name, |path, _| std::fs::write(path.join("session.yaml"), &text).unwrap(), comes);
    }
}

#[test]
fn notes_that_lie() {
    let bomb = bomb() + "run: *i\n";
    for text in [&*bomb, "run: 2\nattempt: 1\nsince: x\npid: 1\n", "\u{0}", "run: 99"] {
        let poison = |path: &Path, _: &[ImageId]| {
            std::fs::write(path.join("running.yaml"), text).unwrap();
            std::fs::write(path.join(".holder.yaml"), text).unwrap();
        };
        expect(text.get(..20).unwrap_or(text), poison, Comes::Untouched);
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let replace = |path: &Path, target: &Path| {
        let _ = (std::fs::remove_file(path), std::fs::remove_dir_all(path));
        symlink(target, path).unwrap();
    };
    for file in ["history.yaml", "session.yaml", "running.yaml", ".lock", ".holder.yaml"] {
        let poison = |path: &Path, _: &[ImageId]| {
            replace(&path.join(file), &path.with_file_name("victim").join("precious.png"));
        };
        let comes = match file {
            "history.yaml" => Comes::Refused("not a regular file"),
            _ => Comes::Reader("not a regular file"),
        };
        expect(file, poison, comes);
    }
    for folder in ["images", "trash", "thumbs"] {
        let poison = |path: &Path, _: &[ImageId]| {
            replace(&path.join(folder), &path.with_file_name("victim"));
        };
        expect(folder, poison, Comes::Reader("not a regular file or folder"));
    }
    let pipe = |path: &Path| {
        let _ = std::fs::remove_file(path);
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let history = |path: &Path, _: &[ImageId]| pipe(&path.join("history.yaml"));
    expect("a pipe", history, Comes::Refused("not a regular file"));
    // Pictures: a link to a file, and a pipe that would block whoever opens it.
    let picture = |path: &Path, images: &[ImageId]| {
        let target = path.with_file_name("victim").join("precious.png");
        replace(&path.join(format!("images/{}.png", images[0])), &target);
        replace(&path.join(format!("thumbs/{}.png", images[0])), &target);
        pipe(&path.join(format!("trash/{}.png", images[1])));
        pipe(&path.join("images/000002-00-00000000.png"));
    };
    expect("pictures", picture, Comes::Untouched);
}

#[test]
fn an_export_never_passes_on_what_a_picture_links_to() {
    let dir = fast_dir();
    let images = prepared(dir.path());
    let (path, to) = (dir.path().join("s"), dir.path().join("export"));
    let picture = path.join(format!("images/{}.png", images[0]));
    std::fs::remove_file(&picture).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.path().join("victim/precious.png"), &picture).unwrap();
    let session = Session::open(&path, Access::Read).unwrap();
    let exported = session.export(&to, Choice::All).unwrap();
    assert_eq!((exported.images, exported.failed.len()), (0, 1));
    assert!(!tree(&to).values().any(|bytes| bytes == b"precious"));
}
