//! Wrong strengths, blends and grids.

use super::{Case, assert_refused};
use crate::program::{Home, tiny};

/// A verb with the tiny model, `r.png` (a small picture) and these arguments.
fn verb(home: &Home, verb: &str, more: &str) -> Vec<String> {
    image::RgbImage::new(8, 8).save(home.path().join("r.png")).unwrap();
    let usual = ["--model", tiny().to_str().unwrap(), "fox", "--steps", "4", "--size", "64"]
        .map(str::to_owned);
    let more = more.split_whitespace().map(str::to_owned);
    std::iter::once(verb.to_owned()).chain(usual).chain(more).collect()
}

fn paint(home: &Home, more: &str) -> Vec<String> {
    verb(home, "paint", more)
}

fn grid(home: &Home, more: &str) -> Vec<String> {
    verb(home, "grid", more)
}

const CASES: [Case; 27] = [
    Case {
        name: "a strength above one",
        arrange: |home| paint(home, "owl --strength 1.5"),
        code: 2,
        words: &["strength is 1.5", "0 to 1"],
    },
    Case {
        name: "a dropout of NaN",
        arrange: |home| paint(home, "owl --dropout NaN"),
        code: 2,
        words: &["dropout is NaN"],
    },
    Case {
        name: "a subject with negative keys",
        arrange: |home| paint(home, "owl --subject-keys -1"),
        code: 2,
        words: &["subject's keys is -1"],
    },
    Case {
        name: "more cells than are pooled",
        arrange: |home| paint(home, "owl --pool 33"),
        code: 2,
        words: &["pooled cells is 33", "0 to 32"],
    },
    Case {
        name: "half a cell",
        arrange: |home| paint(home, "owl --pool 0.5"),
        code: 2,
        words: &["--pool"],
    },
    Case {
        name: "swapping in layers that there are not",
        arrange: |home| paint(home, "owl --swap top"),
        code: 2,
        words: &["last-up", "layout"],
    },
    Case {
        name: "a swap by a mask of another length",
        arrange: |home| paint(home, "owl --swap 01"),
        code: 2,
        words: &["2 characters"],
    },
    Case {
        name: "swapping where all look at all",
        arrange: |home| paint(home, "owl --swap up --full-share"),
        code: 2,
        words: &["full sharing", "swap"],
    },
    Case {
        name: "a query guidance of NaN",
        arrange: |home| paint(home, "owl --query-guidance NaN"),
        code: 2,
        words: &["query guidance is NaN", "0 to 20"],
    },
    Case {
        name: "queries of nobody",
        arrange: |home| paint(home, "owl --query-guidance 1 --full-share"),
        code: 2,
        words: &["nobody lends alone"],
    },
    Case {
        name: "steps that end before they begin",
        arrange: |home| paint(home, "owl --share-steps 0.8..0.2"),
        code: 2,
        words: &["end of the sharing is 0.2", "0.8 to 1"],
    },
    Case {
        name: "steps without dots",
        arrange: |home| paint(home, "owl --share-steps 0.5"),
        code: 2,
        words: &["0..0.6"],
    },
    Case {
        name: "an unknown curve",
        arrange: |home| paint(home, "owl --share-steps 0..1:wild"),
        code: 2,
        words: &["sigmoid"],
    },
    Case {
        name: "an unknown group of layers",
        arrange: |home| paint(home, "owl --layers top"),
        code: 2,
        words: &["last-up", "layout"],
    },
    Case {
        name: "layers twice",
        arrange: |home| paint(home, "owl --layers up --plain-layers 3"),
        code: 2,
        words: &["--plain-layers"],
    },
    Case {
        name: "a mask of another length",
        arrange: |home| paint(home, "owl --layers 01"),
        code: 2,
        words: &["2 characters"],
    },
    Case {
        name: "no alignment but a strength",
        arrange: |home| paint(home, "owl --no-align --strength 0.5"),
        code: 2,
        words: &["--no-align"],
    },
    Case {
        name: "a blend without references",
        arrange: |home| paint(home, "owl --blend slerp"),
        code: 2,
        words: &["--reference"],
    },
    Case {
        name: "more presets than references",
        arrange: |home| paint(home, "-r r.png --preset normal --preset famous"),
        code: 2,
        words: &["--preset is given 2 times for 1"],
    },
    Case {
        name: "steps of blended latents",
        arrange: |home| paint(home, "-r r.png -r r.png --blend linear --reference-steps 0..0.5"),
        code: 2,
        words: &["blended latents"],
    },
    Case {
        name: "a grid without an axis",
        arrange: |home| grid(home, "owl"),
        code: 2,
        words: &["--axis"],
    },
    Case {
        name: "an axis without values",
        arrange: |home| grid(home, "owl --axis weight"),
        code: 2,
        words: &["weight=0..2:5"],
    },
    Case {
        name: "an axis of one value",
        arrange: |home| grid(home, "owl --axis weight=0..1:1"),
        code: 2,
        words: &["2 to 64"],
    },
    Case {
        name: "an axis that is no field",
        arrange: |home| grid(home, "owl --axis colour=red,blue"),
        code: 2,
        words: &["colour", "red"],
    },
    Case {
        name: "an axis beyond its range",
        arrange: |home| grid(home, "owl --axis weight=0..-5:3"),
        code: 2,
        words: &["the axis weight at -2.5", "reference weight is -2.5"],
    },
    Case {
        name: "three axes",
        arrange: |home| grid(home, "owl --axis weight=1,2 --axis scale=1,2 --axis seed=1,2"),
        code: 2,
        words: &["one or two axes"],
    },
    Case {
        name: "shares of one reference",
        arrange: |home| grid(home, "-r r.png --axis share=0..1:3"),
        code: 2,
        words: &["two references"],
    },
];

#[test]
fn wrong_modes_are_refused() {
    assert_refused(&CASES);
}
