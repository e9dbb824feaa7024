//! Pictures among the lines of a plain command, in terminals of every kind.

use super::pty::{Answer, Terminal};
use crate::program::Home;

/// The question's end, which every terminal that answers at all answers.
const QUESTION: &str = "\x1b[c";
const KITTY: &str = "\x1bP>|kitty(0.41.1)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62;52;c";
const SIXEL: &str = "\x1bP>|XTerm(398)\x1b\\\x1b[6;18;9t\x1b[?64;1;4;22c";

/// A home with two pictures.
fn home() -> Home {
    let home = Home::new();
    for name in ["a.png", "b.png"] {
        let picture =
            image::RgbImage::from_fn(20, 20, |x, y| image::Rgb([x as u8 * 12, y as u8, 9]));
        picture.save(home.path().join(name)).unwrap();
    }
    home
}

/// What is written when both pictures are shown in a terminal that answers so.
fn shown(answer: Answer, more: &[(&str, &str)]) -> String {
    let home = home();
    let mut terminal = Terminal::with(&home, &["show", "a.png", "b.png"], answer, more);
    assert_eq!(terminal.end(), 0, "{}", terminal.screen());
    terminal.assert_restored();
    let screen = terminal.screen();
    assert!(screen.contains("a.png") && screen.contains("b.png"), "{screen}");
    String::from_utf8_lossy(&terminal.output()).into_owned()
}

/// The beginning, for people; a picture is long.
fn begun(out: &str) -> String {
    out.chars().take(400).collect()
}

fn asked(out: &str) -> usize {
    out.matches(QUESTION).count()
}

#[test]
fn a_silent_terminal_shows_half_blocks() {
    let out = shown(Answer::Never, &[]);
    assert!(out.contains('▄') && !out.contains("\x1b_Ga=T"), "{:?}", begun(&out));
    assert_eq!(asked(&out), 1, "{:?}", begun(&out));
}

#[test]
fn each_terminal_is_drawn_to_in_its_own_form_and_asked_once() {
    for (answer, form) in
        [(KITTY, "\x1b_Ga=T,"), (SIXEL, "\x1bP9;1;0q"), ("\x1bP>|vt\x1b\\\x1b[?62c", "▄")]
    {
        let out = shown(Answer::Says(answer), &[]);
        let forms = [out.contains("\x1b_Ga=T,"), out.contains("\x1bP"), out.contains('▄')];
        assert!(
            out.contains(form) && forms.iter().filter(|f| **f).count() == 1,
            "{:?}",
            begun(&out)
        );
        assert_eq!(asked(&out), 1, "{:?}", begun(&out));
    }
    let out = shown(Answer::Says(KITTY), &[]);
    let numbers: Vec<&str> = out.split(",i=").skip(1).map(|n| &n[..8]).collect();
    assert!(numbers.len() == 2 && numbers[0] != numbers[1], "{numbers:?}");
    assert!(!shown(Answer::Says(KITTY), &[]).contains(numbers[0]), "a later one takes no place");
}

#[test]
fn what_is_forced_is_not_asked_for() {
    for (name, form) in [
        ("kitty", "\x1b_Ga=T,"),
        ("sixel", "\x1bP"),
        ("iterm", "\x1b]1337;File=inline=1"),
        ("blocks", "▄"),
    ] {
        let out = shown(Answer::Never, &[("PREDELLA_GRAPHICS", name)]);
        assert!(out.contains(form) && asked(&out) == 0, "{name}: {:?}", begun(&out));
    }
}

/// The question goes past a pipe on standard input.
#[test]
fn behind_a_pipe_the_terminal_is_asked_all_the_same() {
    let home = home();
    let line = "echo | $PREDELLA show a.png; echo code-$?";
    let mut terminal = Terminal::shell_in(&home, line, Answer::Says(SIXEL));
    terminal.wait_for("code-0");
    assert_eq!(terminal.end(), 0);
    let out = String::from_utf8_lossy(&terminal.output()).into_owned();
    assert!(out.contains("\x1bP") && asked(&out) == 1, "{:?}", begun(&out));
    terminal.assert_restored();
}

/// Who changes the terminal from the background is stopped.
#[test]
fn a_job_in_the_background_asks_nothing() {
    let home = home();
    let line = "set -m; $PREDELLA show a.png & wait $!; echo code-$?";
    let mut terminal = Terminal::shell_in(&home, line, Answer::Never);
    terminal.wait_for("code-0");
    assert_eq!(terminal.end(), 0);
    let out = String::from_utf8_lossy(&terminal.output()).into_owned();
    assert!(out.contains('▄') && asked(&out) == 0, "{:?}", begun(&out));
}

#[test]
fn what_was_typed_ahead_is_left_to_the_next_command() {
    let home = home();
    let line = "read first; $PREDELLA show a.png; read next; echo code-$?-$next";
    let mut terminal = Terminal::shell_in(&home, line, Answer::Says(KITTY));
    terminal.keys("one\ntwo\n");
    terminal.wait_for("code-0-two");
    assert_eq!(terminal.end(), 0);
    let out = String::from_utf8_lossy(&terminal.output()).into_owned();
    assert!(out.contains('▄') && asked(&out) == 0, "{:?}", begun(&out));
}

#[test]
fn an_interrupt_during_the_question_ends_the_command() {
    let home = home();
    let line = "$PREDELLA show a.png; echo code-$?";
    let mut terminal = Terminal::shell_in(&home, line, Answer::Never);
    terminal.wait("question", || asked(&String::from_utf8_lossy(&terminal.output())) == 1);
    terminal.keys("\x03");
    terminal.wait_for("code-130");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}
