use std::time::UNIX_EPOCH;

use super::super::event::*;
use super::super::frozen::Frozen;
use super::super::ids::{ImageId, RunId};
use super::super::measured::{BlockMeasured, RunMeasured};
use super::super::queued::*;
use super::super::samples::sample;
use super::super::scores::{ImageScored, RunScored};
use super::*;

fn entry(event: impl Into<Event>) -> Entry {
    Entry { seq: Seq(12), at: Stamp::new(UNIX_EPOCH), event: event.into() }
}

fn image(name: &str) -> ImageId {
    ImageId::new(name).unwrap()
}

/// One of each kind, with every field set.
fn one_of_each() -> Vec<Entry> {
    let (run, images) = (RunId(u64::MAX), vec![image("1-1-a"), image("2")]);
    let ended = RunEnded {
        reason: Some("no memory\n...\n---\n".into()),
        timings: [("denoise".to_owned(), 1.25)].into(),
        device: Some("cuda:0".into()),
        engine: Some("0.1.0".into()),
        model: Some("ab".into()),
        fallbacks: vec!["tiled VAE".into()],
        ..RunEnded::new(run, Outcome::Failed)
    };
    vec![
        entry(Created { version: 1, name: "fox: in snow".into(), program: "0.1.0".into() }),
        entry(RunQueued {
            parent: Some(RunId(3)),
            row: Some(InRow { name: "weight".into(), value: "0.5".into() }),
            recipe: sample().into(),
        }),
        entry(RunStarted { run, attempt: 2 }),
        entry(PanelDone {
            run,
            panel: 3,
            image: image("000001-03-0a"),
            sha256: "0a".repeat(32),
            bytes: 123,
            seconds: Some(0.5),
        }),
        entry(PanelFailed { run, panel: 0, reason: "NaN".into() }),
        entry(ended),
        entry(RunHeld { run, reason: "crashed".into() }),
        entry(RunReleased { run }),
        entry(QueueOrdered { runs: vec![RunId(2), RunId(1)] }),
        entry(RunScored {
            run,
            judges: [("clip".to_owned(), "judge-clip".to_owned())].into(),
            set: [("set".to_owned(), 0.75)].into(),
            images: vec![ImageScored {
                image: image("2"),
                scores: [("object".to_owned(), -0.5)].into(),
            }],
            outlier: Some(image("2")),
        }),
        entry(RunMeasured {
            run,
            blocks: vec![BlockMeasured {
                name: "mid_block.attentions.0".into(),
                count: 12,
                shares: vec!["212 - 1000".into(), "0 - 3".into()],
                before: [0.25, 1.5, 0.0, 1.0, 2.0, 3.0],
                behind: [0.0, 1.0, 0.0, 1.0, 2.0, 3.0],
            }],
        }),
        entry(Marked {
            images: images.clone(),
            star: Some(true),
            reject: Some(false),
            tag: vec!["~".into(), "1e3".into()],
            untag: vec!["".into()],
        }),
        entry(Trashed { images: images.clone() }),
        entry(Restored { images: images.clone() }),
        entry(Purged { images: images.clone() }),
        entry(Lost { images }),
        entry(Renamed { name: "...".into() }),
        entry(Undone { entry: Seq(4) }),
        entry(Redone { entry: Seq(4) }),
    ]
}

/// The body between the marks.
fn body(document: &str) -> &str {
    document.strip_prefix("---\n").unwrap().strip_suffix("...\n").unwrap()
}

#[test]
fn every_kind_is_read_as_it_was_written() {
    for entry in one_of_each() {
        let text = entry.to_document().unwrap();
        assert_eq!(Entry::from_yaml(body(&text)).unwrap(), entry, "{text}");
        assert!(text.contains(&format!("\n{}:\n", entry.event.kind())), "{text}");
    }
}

#[test]
fn a_cut_document_never_counts() {
    for entry in one_of_each() {
        let text = entry.to_document().unwrap();
        for cut in 0..text.len() {
            let scan = scan(&text.as_bytes()[..cut]).unwrap();
            // Without its last line feed alone it is still whole.
            let whole = usize::from(cut + 1 == text.len());
            assert_eq!(scan.pieces.len(), whole, "{:?}", &text[..cut]);
        }
    }
}

#[test]
fn hostile_texts_are_kept_as_they_are() {
    let seeds = [0, 1, u64::MAX, 18_446_744_073_709_551_611];
    let texts = [
        "...",
        "---",
        "\n...\n---\n",
        "...\n",
        "\r\n...\r\n",
        "a\rb",
        "a\u{85}...\u{85}---",
        "\u{2028}...\n",
        "\u{2029}---\n...",
        "\u{feff}...",
        "\0",
        "\x1b[2J",
        "\u{202e}gnp",
        "- a",
        "* a\n&a b\n*a",
        "&a *a",
        "key: value",
        "? x",
        "|\n  x",
        ">-",
        "!tag",
        "%YAML 1.2",
        "# no",
        "'",
        "\"",
        "\\",
        "  lead\n x",
        "tail  \n\n\n",
        "\t\n...\n\t",
        "~",
        "null",
        "yes",
        "0x10",
        "1e3",
        "2026-02-28",
        "\u{10ffff}\u{fffe}",
        "\u{7f}\u{9b}31m",
        "[[[[",
        "{{{{",
        "日本\n...",
    ];
    for (n, text) in texts.iter().enumerate() {
        let mut recipe = sample();
        recipe.panels[0].subject = (*text).into();
        recipe.panels[1].seed = seeds[n % seeds.len()];
        recipe.negative_prompt = Some((*text).into());
        let entry = entry(RunQueued { parent: None, row: None, recipe: recipe.into() });
        let document = entry.to_document().unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(Entry::from_yaml(body(&document)).unwrap(), entry, "{text:?}");
        for cut in 0..document.len() - 1 {
            assert_eq!(scan(&document.as_bytes()[..cut]).unwrap().pieces, [], "{text:?} at {cut}");
        }
    }
}

#[test]
fn windows_line_ends_change_nothing() {
    for entry in one_of_each() {
        let text = entry.to_document().unwrap().replace('\n', "\r\n");
        let scan = scan(text.as_bytes()).unwrap();
        assert_eq!(Entry::from_yaml(&text[scan.pieces[0].body.clone()]).unwrap(), entry, "{text}");
    }
}

#[test]
fn what_a_later_version_adds_is_let_through() {
    let read = |text: &str| Entry::from_yaml(text).unwrap().event;
    let head = "seq: 1\nat: 1970-01-01T00:00:00.000Z\n";
    assert_eq!(read(&format!("{head}dreamt:\n  of: sheep\n")), Event::Unknown("dreamt".into()));
    assert_eq!(read(&format!("{head}dreamt: 1\nalso: 2\n")).kind(), "dreamt");
    let event = read(&format!("{head}run_released:\n  run: 4\n  by: somebody\nhost: here\n"));
    assert_eq!(event, RunReleased { run: RunId(4) }.into());
    assert!(entry(Event::Unknown("dreamt".into())).to_document().is_err());
}

#[test]
fn a_recipe_of_a_later_version_does_not_hide_its_run() {
    let known = entry(RunQueued { parent: Some(RunId(2)), row: None, recipe: sample().into() });
    let text = known.to_document().unwrap().replace("steps:", "paces:");
    let read = Entry::from_yaml(body(&text)).unwrap();
    let Event::RunQueued(RunQueued { parent, recipe, .. }) = read.event else { panic!() };
    assert_eq!((read.seq, parent, recipe.panels()), (Seq(12), Some(RunId(2)), 2));
    let Frozen::Foreign(foreign) = recipe else { panic!() };
    assert_eq!(foreign.text, body(&text));
    assert!(foreign.error.message.contains("paces") && foreign.error.line.is_some());
}

#[test]
fn faults_name_their_line() {
    for (text, line, words) in [
        ("seq: 1\nat: 1970-01-01T00:00:00.000Z\nrun_released:\n  run: -1\n", 4, "-1"),
        ("seq: 1\nat: noon\nrun_released:\n  run: 1\n", 2, "noon"),
        ("seq: 1\nat: 1970-01-01T00:00:00.000Z\ntrashed:\n  images: [../x]\n", 4, "../x"),
    ] {
        let error = Entry::from_yaml(text).unwrap_err();
        assert!(error.message.contains(words), "{error:?}");
        assert_eq!(error.line, Some(line), "{error:?}");
    }
    for text in [
        "",
        "- 1",
        "seq: 1\nat: 1970-01-01T00:00:00.000Z\n",
        "at: 1970-01-01T00:00:00.000Z\nrun_released: {run: 1}\n",
        "seq: 1\nat: 1970-01-01T00:00:00.000Z\nrun_released: {run: 1}\nundone: {entry: 1}\n",
        "seq: 1\nseq: 1\nat: 1970-01-01T00:00:00.000Z\nrun_released: {run: 1}\n",
    ] {
        assert!(Entry::from_yaml(text).is_err(), "{text}");
    }
}

#[test]
fn a_large_entry_is_refused_before_it_is_written() {
    let error = entry(Renamed { name: "x".repeat(MAX_ENTRY) }).to_document().unwrap_err();
    assert!(matches!(error, SessionError::TooLarge { .. }), "{error}");
}
