//! Sets of the published protocol that cannot be painted.

use super::{Case, assert_refused};
use crate::program::{Home, tiny};

/// The protocol with a list of pictures, of which `a.png` is one and `b.png` is none.
fn lent(home: &Home, list: &str, more: &[&str]) -> Vec<String> {
    let picture = include_bytes!("../../tools/bench/references/cactus-pixel.jpg");
    home.file("lent/a.png", picture);
    home.file("lent/b.png", "hello");
    home.file("lent/list.txt", list);
    let model = tiny();
    let mut all = vec!["bench", "paper", "--references", "lent/list.txt"];
    all.extend(["--model", model.to_str().unwrap(), "--device", "cpu", "--size", "64"]);
    all.extend(more);
    all.into_iter().map(str::to_owned).collect()
}

const GOOD: &str = "# a comment\n\na.png | a cactus | pixel art | a fox | a bear\n";

const CASES: [Case; 13] = [
    Case {
        name: "a line with one subject",
        arrange: |home| lent(home, "\na.png | a cactus | pixel art | a fox", &[]),
        code: 2,
        words: &["lent/list.txt, line 2: ", "a.png", "CAPTION"],
    },
    Case {
        name: "a picture without a caption",
        arrange: |home| lent(home, "a.png | | pixel art | a fox | a bear", &[]),
        code: 2,
        words: &["lent/list.txt, line 1: ", "CAPTION"],
    },
    Case {
        name: "a picture that is a text",
        arrange: |home| lent(home, &format!("{GOOD}b.png | a cat | | a fox | a bear"), &[]),
        code: 2,
        words: &["lent/list.txt, line 4: ", "b.png", "no picture"],
    },
    Case {
        name: "a picture that is not there",
        arrange: |home| lent(home, "c.png | a cat | | a fox | a bear", &[]),
        code: 2,
        words: &["lent/list.txt, line 1: ", "c.png", "No such file"],
    },
    Case {
        name: "a picture that is a folder",
        arrange: |home| lent(home, ". | a cat | | a fox | a bear", &[]),
        code: 2,
        words: &["lent/list.txt, line 1: "],
    },
    Case {
        name: "a list without a line",
        arrange: |home| lent(home, "# nothing\n", &[]),
        code: 2,
        words: &["no sets in lent/list.txt"],
    },
    Case {
        name: "a list that is no text",
        arrange: |home| {
            let arguments = lent(home, GOOD, &[]);
            home.file("lent/list.txt", [0xff, 0xfe, 0x00]);
            arguments
        },
        code: 2,
        words: &["lent/list.txt is no text"],
    },
    Case {
        name: "an arm of first pictures",
        arrange: |home| lent(home, GOOD, &["--arms", "plain,aligned"]),
        code: 2,
        words: &["in aligned the first picture lends", "leave out --references"],
    },
    Case {
        name: "an arm of pictures without any",
        arrange: |_| ["bench", "paper", "--arms", "noise"].map(str::to_owned).into(),
        code: 2,
        words: &["in noise a picture lends", "--references"],
    },
    Case {
        name: "an offset beyond the steps",
        arrange: |home| lent(home, GOOD, &["--steps", "4"]),
        code: 2,
        words: &["set 1, ddim-5: the offset of the inversion is 5", "--arms"],
    },
    Case {
        name: "two files of sets",
        arrange: |home| lent(home, GOOD, &["--file", "lent/list.txt"]),
        code: 2,
        words: &["--file", "cannot be used with"],
    },
    Case {
        name: "prompts without a style that no picture tells",
        arrange: |_| ["bench", "paper", "--unnamed"].map(str::to_owned).into(),
        code: 2,
        words: &["--references"],
    },
    Case {
        name: "a line that is no set",
        arrange: |home| {
            home.file("sets.txt", "ink | a fox | a bear\nink | a fox");
            ["bench", "paper", "--file", "sets.txt"].map(str::to_owned).into()
        },
        code: 2,
        words: &["sets.txt, line 2: ", "STYLE | SUBJECT"],
    },
];

#[test]
fn sets_that_cannot_be_painted_are_refused() {
    assert_refused(&CASES);
}
