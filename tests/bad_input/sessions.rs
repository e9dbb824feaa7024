//! Wrong sessions, actions and runs.

use super::{Case, assert_refused};
use crate::program::Home;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// An empty session `s`, then these words.
fn with_session(home: &Home, text: &str) -> Vec<String> {
    home.run(&["session", "new", "./s"]).done();
    words(text)
}

const CASES: [Case; 16] = [
    Case {
        name: "no session",
        arrange: |_| words("session check nowhere"),
        code: 5,
        words: &["nowhere cannot be read"],
    },
    Case {
        name: "a file for a session",
        arrange: |home| {
            home.file("f", b"x");
            words("replay f")
        },
        code: 5,
        words: &["f is no session"],
    },
    Case {
        name: "a session over another",
        arrange: |home| with_session(home, "session new ./s"),
        code: 2,
        words: &["exists already"],
    },
    Case {
        name: "a nameless session",
        arrange: |_| ["session", "new", "./s", "--name", " "].map(str::to_owned).to_vec(),
        code: 2,
        words: &["name"],
    },
    Case {
        name: "an export over something",
        arrange: |home| with_session(home, "session export s s"),
        code: 2,
        words: &["exists already"],
    },
    Case {
        name: "two choices of export",
        arrange: |home| with_session(home, "session export s out --all --starred"),
        code: 2,
        words: &["--all", "--starred"],
    },
    Case {
        name: "negative days",
        arrange: |home| with_session(home, "session gc s --older=-1"),
        code: 2,
        words: &["--older"],
    },
    Case {
        name: "no folder of sessions",
        arrange: |_| words("session ls nowhere"),
        code: 2,
        words: &["nowhere is no folder"],
    },
    Case {
        name: "a run that is not there",
        arrange: |home| with_session(home, "replay s --run 7"),
        code: 2,
        words: &["no run 7", "replay"],
    },
    Case {
        name: "a device without verifying",
        arrange: |home| with_session(home, "replay s --device cpu"),
        code: 2,
        words: &["--verify"],
    },
    Case {
        name: "no action",
        arrange: |home| with_session(home, "do --session s"),
        code: 2,
        words: &["ACTION"],
    },
    Case {
        name: "an unknown action",
        arrange: |home| with_session(home, "do --session s fly\x1b[2J"),
        code: 2,
        words: &["no action", "predella keys"],
    },
    Case {
        name: "an action without its text",
        arrange: |home| with_session(home, "do --session s add-below"),
        code: 2,
        words: &["add-below=TEXT"],
    },
    Case {
        name: "a text for an action without",
        arrange: |home| with_session(home, "do --session s gallery=now"),
        code: 2,
        words: &["gallery takes no text"],
    },
    Case {
        name: "an action for a screen",
        arrange: |home| with_session(home, "do --session s suspend"),
        code: 2,
        words: &["needs a terminal"],
    },
    Case {
        name: "an empty set",
        arrange: |home| with_session(home, "do --session s paint"),
        code: 2,
        words: &["paint: "],
    },
];

#[test]
fn sessions() {
    assert_refused(&CASES);
}
