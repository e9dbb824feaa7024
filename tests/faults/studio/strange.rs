//! Rows 24 to 28: surroundings that nobody planned for.

use super::kit::session;
use crate::faults::pty::{Answer, Terminal};
use crate::program::Home;

/// Row 27.
#[test]
fn poor_surroundings_get_a_clear_word() {
    for (line, code, words) in [
        ("env -i TERM=dumb HOME=. \"$PREDELLA\"", 2, "cannot place text"),
        ("env -i TERM=xterm \"$PREDELLA\" 2>&1 </dev/null", 2, "needs a terminal"),
        ("\"$PREDELLA\" | cat", 2, "needs a terminal"),
        ("\"$PREDELLA\" nowhere/at/all/\"$(printf 'a\\033b')\" </dev/null", 2, "needs a terminal"),
    ] {
        let home = Home::new();
        let mut terminal = Terminal::shell(&home, &format!("{line}; exit ${{PIPESTATUS:-$?}}"));
        let ended = terminal.end();
        let screen = terminal.screen();
        assert!(screen.contains(words) && !screen.contains("panicked"), "{line}\n{screen}");
        assert!(ended == code || line.contains('|'), "{line}: {ended}\n{screen}");
    }
}

/// Row 27: no home, no locale, an empty path: a session that is named opens.
#[test]
fn a_named_session_needs_no_home() {
    let home = Home::new();
    session(&home, 2);
    let mut terminal = Terminal::shell(&home, "exec env -i TERM=xterm PATH= \"$PREDELLA\" s");
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("2 pictures in");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

/// Row 26: few file descriptors.
#[test]
fn few_descriptors_are_enough() {
    let home = Home::new();
    session(&home, 2);
    let mut terminal = Terminal::shell(&home, "ulimit -n 64; exec \"$PREDELLA\" s");
    terminal.wait_for("Subjects · 2");
    terminal.keys("\r");
    terminal.wait_for("2 pictures in");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

/// Row 26: ten thousand pictures with long prompts, on few descriptors: all of
/// them are walked through, and little memory is taken.
#[test]
fn ten_thousand_pictures_are_walked_through() {
    let home = Home::new();
    let path = home.path().join("s");
    long_history(&path, 2_500);
    let mut terminal = Terminal::shell(&home, "ulimit -n 64; exec \"$PREDELLA\" s");
    terminal.wait_for("Subjects");
    terminal.keys("2");
    terminal.wait_for("10000 pictures");
    terminal.keys("G");
    terminal.wait_for("10000/10000");
    for _ in 0..60 {
        terminal.keys("\x15");
    }
    terminal.keys("gg");
    terminal.wait_for(" 1/10000");
    terminal.keys("/7\r");
    let status = std::fs::read_to_string(format!("/proc/{}/status", terminal.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 500_000, "{kilobytes} kB");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

/// A session of so many sets of four, whose pictures were lost.
fn long_history(path: &std::path::Path, runs: usize) {
    drop(predella::session::Session::create(path, "s").unwrap());
    let file = path.join("history.yaml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let long = "山水画の中の狐".repeat(29);
    let subjects = (0..4).map(|i| format!("{long} {i}").into()).collect();
    let recipe = predella::recipe::Draft { subjects, ..super::kit::draft(2) }.freeze("1");
    let recipe = predella::recipe::yaml::to_string(&recipe).unwrap();
    let recipe = recipe.trim_end().replace('\n', "\n    ");
    let mut seq = 1;
    let mut add = |body: String| {
        seq += 1;
        text += &format!("---\nseq: {seq}\nat: 2026-02-28T09:05:07.250Z\n{body}...\n");
        seq
    };
    for _ in 0..runs {
        let run = add(format!("run_queued:\n  recipe:\n    {recipe}\n"));
        add(format!("run_started:\n  run: {run}\n  attempt: 1\n"));
        for panel in 0..4 {
            add(format!(
                "panel_done:\n  run: {run}\n  panel: {panel}\n  image: {run:06}-0{panel}-0a\n  \
                 sha256: {run:032x}{panel:032x}\n  bytes: 1000000\n  seconds: 3.25\n"
            ));
        }
        add(format!("run_ended:\n  run: {run}\n  outcome: done\n  device: cpu\n"));
    }
    crate::program::write(&file, text.as_bytes());
}

/// Row 28: a theme of one's own is taken as its file is saved, and one that
/// cannot be used changes nothing and is told.
#[test]
fn themes_follow_their_files() {
    let home = Home::new();
    session(&home, 2);
    let shipped = include_str!("../../../themes/dusk.toml");
    let mine = |background: &str| shipped.replace("#16161d", background);
    home.file(".config/predella/themes/mine.toml", mine("#010203"));
    let more = [("PREDELLA_THEME", "mine")];
    let mut terminal = Terminal::with(&home, &["s"], Answer::Prompt, &more);
    terminal.wait_for("Subjects");
    let painted = |terminal: &Terminal, colour: &str| {
        String::from_utf8_lossy(&terminal.output()).contains(colour)
    };
    assert!(painted(&terminal, "48;2;1;2;3"));
    home.file(".config/predella/themes/mine.toml", mine("#040506"));
    terminal.wait("new colours", || painted(&terminal, "48;2;4;5;6"));
    home.file(".config/predella/themes/mine.toml", "about = \"half\"\nbackgr");
    terminal.wait_for("mine.toml");
    terminal.keys("2");
    terminal.wait_for("Nothing is painted yet");
    home.file(".config/predella/themes/mine.toml", mine("#070809"));
    terminal.wait("mended colours", || painted(&terminal, "48;2;7;8;9"));
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    let ran = home.run(&["themes"]).done();
    assert!(ran.stdout.contains("mine"), "{}", ran.all());
}

/// Row 28: a bad keymap and a bad theme: one message, and everything works.
#[test]
fn bad_settings_are_told_and_left_out() {
    for (keymap, words) in [
        ("[keys]\nfly = \"f\"\n", "fly: there is no such action"),
        ("[keys\n", "keymap.toml"),
        ("[keys]\npaint = \"ctrl-m\"\n", "cannot be told"),
        ("keys = 3\n", "[keys]"),
    ] {
        let home = Home::new();
        session(&home, 2);
        home.file(".config/predella/keymap.toml", keymap);
        let more = [("PREDELLA_THEME", "")];
        let mut terminal = Terminal::with(&home, &["s"], Answer::Prompt, &more);
        terminal.wait_for(words);
        terminal.keys("2");
        terminal.wait_for("Nothing is painted yet");
        terminal.keys("q");
        assert_eq!(terminal.end(), 0);
        let ran = home.run(&["keys"]);
        assert_eq!(ran.code, Some(2), "{}", ran.all());
        assert!(ran.stderr.contains(words) && ran.stdout.contains("paint"), "{}", ran.all());
    }
    let home = Home::new();
    session(&home, 2);
    let more = [("PREDELLA_THEME", "plaid\x1b[2J")];
    let mut terminal = Terminal::with(&home, &["s"], Answer::Prompt, &more);
    terminal.wait_for("there is no theme");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

/// A newcomer: the tour is on the screen, Enter paints the set anew, and then
/// the pictures are their own.
#[test]
fn a_newcomer_sees_the_tour_and_then_their_own() {
    let home = Home::new();
    let mut terminal = Terminal::studio(&home, &[], Answer::Prompt);
    terminal.wait_for("Welcome");
    terminal.wait_for("a sailboat");
    terminal.keys("2");
    terminal.wait_for("8 pictures");
    terminal.keys("s");
    terminal.wait_for("the tour's pictures");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    // The example itself opens for reading.
    let mut terminal = Terminal::studio(&home, &["tour"], Answer::Prompt);
    terminal.wait_for("read-only");
    terminal.keys("1\r");
    terminal.wait_for("opened for reading");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}
