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
