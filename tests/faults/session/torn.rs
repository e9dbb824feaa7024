//! A history that ends anywhere.

use predella::session::*;

use super::script::open;
use crate::session::kit::*;

/// A history full of prompts that look like its own marks and numbers.
fn hostile_history(path: &std::path::Path) -> Vec<u8> {
    let mut session = Session::create(path, "s").unwrap();
    for text in POISON {
        let mut recipe = recipe(2);
        recipe.panels[0].subject = text.into();
        recipe.style_prompt = format!("{text}\nseed: 18446744073709551611\n...\n---\n");
        session.queue(recipe, None).unwrap();
    }
    drop(session);
    std::fs::read(path.join("history.yaml")).unwrap()
}

/// Where the documents of a history end.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mark = b"\n...\n";
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark)).map(|at| at + mark.len()).collect()
}

#[test]
fn cut_at_every_byte_it_shows_whole_entries_alone() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let bytes = hostile_history(&path);
    let all = Session::open(&path, Access::Read).unwrap().entries().to_vec();
    let ends = ends(&bytes);
    assert_eq!(ends.len(), all.len(), "a prompt looks like the end of an entry");
    for cut in 0..=bytes.len() {
        std::fs::write(path.join("history.yaml"), &bytes[..cut]).unwrap();
        let session = Session::open(&path, Access::Read).unwrap();
        // Only the very last line feed may be missing.
        let whole = ends.iter().filter(|end| **end <= cut + 1).count();
        assert_eq!(session.entries(), &all[..whole], "cut at {cut}");
        let length = cut.saturating_sub(ends[..whole].last().copied().unwrap_or(0));
        let torn = Finding::Torn { bytes: length as u64, kept: None };
        let expected = if length == 0 { vec![] } else { vec![torn] };
        assert_eq!(session.findings(), expected, "cut at {cut}");
    }
}

#[test]
fn a_writer_moves_the_torn_tail_aside_and_goes_on() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let bytes = hostile_history(&path);
    let ends = ends(&bytes);
    // Each byte of one entry, and every hundredth of the rest.
    let range = ends[4]..=ends[5];
    let cuts = (0..=bytes.len()).filter(|cut| cut % 101 == 0 || range.contains(cut));
    for cut in cuts {
        let copied = dir.path().join(format!("{cut}"));
        copy(&path, &copied);
        std::fs::write(copied.join("history.yaml"), &bytes[..cut]).unwrap();
        let mut session = open(&copied);
        let whole = ends.iter().filter(|end| **end <= cut + 1).count();
        let tail = &bytes[ends[..whole].last().map_or(0, |end| *end.min(&cut))..cut];
        match session.findings() {
            [] => assert_eq!(tail, b"", "cut at {cut}"),
            [Finding::Torn { bytes, kept: Some(kept) }] => {
                assert_eq!((*bytes, &*std::fs::read(kept).unwrap()), (tail.len() as u64, tail));
            }
            other => panic!("{other:?}"),
        }
        let run = session.queue(recipe(1), None).unwrap();
        drop(session);
        let session = open(&copied);
        assert_eq!((session.findings(), session.entries().len()), (&[][..], whole + 1));
        assert_eq!(session.state().runs().last().unwrap().id, run);
        std::fs::remove_dir_all(&copied).unwrap();
    }
}

#[test]
fn zeros_at_the_end_are_a_torn_tail() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let bytes = hostile_history(&path);
    let entries = Session::open(&path, Access::Read).unwrap().entries().len();
    let last = bytes.len() - 60;
    // As a disk leaves it that had made the file longer, but lost what was in it.
    for torn in [
        [&bytes[..], &[0; 4096]].concat(),
        [&bytes[..last], &[0; 60]].concat(),
        [&bytes[..last], &[0; 40], &bytes[last + 40..]].concat(),
    ] {
        std::fs::write(path.join("history.yaml"), &torn).unwrap();
        let session = open(&path);
        let kept = if torn.len() > bytes.len() { entries } else { entries - 1 };
        assert_eq!(session.entries().len(), kept);
        assert!(matches!(session.findings(), [Finding::Torn { kept: Some(_), .. }]));
    }
}

#[test]
fn a_history_of_windows_is_read_and_gone_on_with() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let bytes = hostile_history(&path);
    let all = Session::open(&path, Access::Read).unwrap().entries().to_vec();
    let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
    std::fs::write(path.join("history.yaml"), text.trim_end()).unwrap();
    let mut session = open(&path);
    assert_eq!((session.entries(), session.findings()), (&all[..], &[][..]));
    session.queue(recipe(1), None).unwrap();
    drop(session);
    let session = open(&path);
    assert_eq!((session.entries().len(), session.findings()), (all.len() + 1, &[][..]));
}
