//! Rows 10 and 12: texts and pictures by strangers.

use predella::recipe::yaml;
use predella::session::{Marked, Outcome, RunEnded, Session};

use super::kit::{draft, recipe};
use crate::faults::pty::{Answer, Terminal};
use crate::program::Home;
use crate::session::kit::{POISON, png};

/// A session whose every text is poison.
fn poisoned(home: &Home) {
    let mut session = Session::create(&home.path().join("s"), "s").unwrap();
    for (number, text) in POISON.iter().enumerate() {
        let mut recipe = recipe(2);
        recipe.style_prompt = (*text).into();
        recipe.panels[1].subject = (*text).into();
        let run = session.queue(recipe, None).unwrap();
        if number % 3 == 0 {
            session.hold(run, text).unwrap();
            continue;
        }
        session.start(run).unwrap();
        let image = session.store_panel(run, 1, &png(number as u32), None).unwrap();
        let reason = Some((*text).to_owned());
        session.end(RunEnded { reason, ..RunEnded::new(run, Outcome::Failed) }).unwrap();
        let tag = vec![(*text).to_owned()];
        session.mark(Marked { images: vec![image], tag, ..Marked::default() }).unwrap();
        session.rename(text).unwrap();
    }
    let mut draft = draft(2);
    draft.subjects = POISON.iter().map(|text| (*text).into()).collect();
    (draft.style_prompt, draft.negative_prompt) = (POISON[4].into(), POISON[5].into());
    let mut head = session.head().clone();
    head.draft = Some(yaml::to_value(&draft).unwrap());
    session.save_head(head).unwrap();
}

/// What a terminal is told beyond text: every sequence must be one that the
/// interface itself writes.
fn stray_sequences(out: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(out);
    let mut stray = Vec::new();
    for part in text.split('\x1b').skip(1) {
        let known = match part.chars().next() {
            Some('[') => {
                let end = part.find(|c: char| ('\x40'..='\x7e').contains(&c) && c != '[');
                let (body, last) = part.split_at(end.unwrap_or(0));
                let plain = body.chars().skip(1).all(|c| c.is_ascii_digit() || ";:?>".contains(c));
                plain
                    && last
                        .starts_with(['m', 'H', 'J', 'K', 'h', 'l', 'q', 't', 'c', 'G', 'C', 'X'])
            }
            // The question for pictures, their deletion, and the end of both.
            Some('_') => part.starts_with("_Gi=31") || part.starts_with("_Ga=d"),
            Some('\\') => true,
            _ => false,
        };
        if !known {
            stray.push(part.chars().take(40).collect());
        }
    }
    let controls = |c: char| c.is_control() && !matches!(c, '\x1b' | '\r' | '\n');
    let turning = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    stray.extend(text.chars().filter(|c| controls(*c) || turning(*c)).map(|c| format!("{c:?}")));
    stray
}

#[test]
fn the_scan_finds_what_it_is_for() {
    for bad in ["\x1b]52;c;aGk=\x07", "\x1b]0;title\x07", "\u{202e}", "\x1bc", "\x07", "\u{9b}2J"] {
        assert!(!stray_sequences(bad.as_bytes()).is_empty(), "{bad:?}");
    }
    assert_eq!(stray_sequences(b"\x1b[38;2;1;2;3mfox\x1b[0m\x1b[?25l"), Vec::<String>::new());
}

/// Row 12: every view, box and message.
#[test]
fn no_text_steers_the_terminal() {
    let home = Home::new();
    poisoned(&home);
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.wait_for("Board");
    for keys in [
        "jjjjjjjj",
        "kkkkkkkkkk",
        "i\x1b",
        "lll",
        "2",
        "lllll",
        "\r",
        "\r",
        "/fox\r",
        "3",
        "4",
        "jjjj",
        "5",
        "6",
        "lll",
        "?",
        "\x1b",
        " m",
        "\x1b",
        "\"",
        "\x1b",
        ":",
        "\x1b",
        "1",
    ] {
        terminal.keys(keys);
        std::thread::sleep(std::time::Duration::from_millis(120));
    }
    terminal.keys("q");
    terminal.end();
    terminal.assert_restored();
    assert_eq!(stray_sequences(&terminal.output()), Vec::<String>::new());
}

/// Row 12, the verbs.
#[test]
fn no_text_steers_the_command_line() {
    let home = Home::new();
    poisoned(&home);
    for arguments in [
        &["session", "check", "s"][..],
        &["session", "ls", "."],
        &["session", "ls", ".", "--json"],
        &["replay", "s"],
        &["replay", "s", "--json"],
        &["session", "export", "s", "out"],
        &["do", "--session", "s", "gallery", "--json"],
    ] {
        let ran = home.run(arguments);
        assert!(!ran.steers(), "{arguments:?}: {}", ran.all());
        assert!(!ran.stderr.contains("panicked"), "{}", ran.all());
    }
}

/// Row 10: pictures that are none, or far too large, are not shown; the others
/// are, and little memory is taken.
#[test]
fn hostile_pictures_are_left_out() {
    let home = Home::new();
    let path = home.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let run = session.queue(super::kit::draft(2).freeze("1"), None).unwrap();
    session.start(run).unwrap();
    let images = [0, 1].map(|panel| session.store_panel(run, panel, &png(panel), None).unwrap());
    session.end(RunEnded::new(run, Outcome::Done)).unwrap();
    drop(session);
    // A picture of 65535 x 65535 pixels, as its header says.
    let file = path.join("images").join(format!("{}.png", images[0]));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 255, 255, 0, 0, 255, 255]);
    std::fs::write(&file, bytes).unwrap();
    let mut terminal = Terminal::studio(&home, &["s"], Answer::Prompt);
    terminal.keys("2");
    terminal.wait_for("2 pictures");
    terminal.keys("\r");
    terminal.wait_for("1/2");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let status = std::fs::read_to_string(format!("/proc/{}/status", terminal.pid())).unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 400_000, "{kilobytes} kB");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}
