//! Pictures that cannot be measured or told in words.

use super::references::huge;
use super::{Case, assert_refused};
use crate::program::Home;

/// A verb of a picture of this content.
fn of(home: &Home, verb: &[&str], picture: &[u8]) -> Vec<String> {
    home.file("a.png", picture);
    verb.iter().chain(&["a.png"]).map(|word| (*word).to_owned()).collect()
}

const CASES: [Case; 8] = [
    Case {
        name: "a text to be measured",
        arrange: |home| of(home, &["metrics"], b"hello"),
        code: 1,
        words: &["a.png", "no picture"],
    },
    Case {
        name: "nothing to be measured",
        arrange: |home| of(home, &["metrics"], b""),
        code: 1,
        words: &["a.png", "no picture"],
    },
    Case {
        name: "a picture too large to be measured",
        arrange: |home| of(home, &["metrics"], &huge()),
        code: 1,
        words: &["a.png", "100000 x 100000 pixels"],
    },
    Case {
        name: "a picture that is not there",
        arrange: |_| ["metrics", "none.png"].map(str::to_owned).into(),
        code: 5,
        words: &["none.png", "No such file"],
    },
    Case {
        name: "a folder that is no session",
        arrange: |_| ["metrics", "."].map(str::to_owned).into(),
        code: 5,
        words: &["no session"],
    },
    Case {
        name: "nothing to be told in words",
        arrange: |home| of(home, &["words", "--yes", "--picture"], b""),
        code: 1,
        words: &["a.png", "no picture"],
    },
    Case {
        name: "a picture too large to be told in words",
        arrange: |home| of(home, &["words", "--yes", "--picture"], &huge()),
        code: 1,
        words: &["a.png", "100000 x 100000 pixels"],
    },
    Case {
        name: "a sound without a byte",
        arrange: |home| {
            home.file("a.wav", "");
            ["words", "--yes", "--speech", "a.wav"].map(str::to_owned).into()
        },
        code: 1,
        words: &["a.wav", "no WAV file"],
    },
];

#[test]
fn what_cannot_be_measured_or_told_is_refused() {
    assert_refused(&CASES);
}
