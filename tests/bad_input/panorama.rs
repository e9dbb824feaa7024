//! Wrong panoramas.

use super::{Case, assert_refused};
use crate::program::{Home, tiny};

/// `paint` with the tiny model at 64 x 64 and these arguments.
fn paint(home: &Home, more: &[&str]) -> Vec<String> {
    image::RgbImage::new(8, 8).save(home.path().join("r.png")).unwrap();
    let mut all = vec!["paint".to_owned(), "--model".to_owned(), tiny().display().to_string()];
    let usual = ["a lake", "--steps", "2", "--size", "64"];
    all.extend(usual.iter().chain(more).map(|s| (*s).to_owned()));
    all
}

const CASES: [Case; 9] = [
    Case {
        name: "a panorama smaller than a window",
        arrange: |home| paint(home, &["--panorama", "32x64"]),
        code: 2,
        words: &["panorama's width is 32", "64"],
    },
    Case {
        name: "a panorama that is no size",
        arrange: |home| paint(home, &["--panorama", "wide"]),
        code: 2,
        words: &["768x512"],
    },
    Case {
        name: "a panorama of half cells",
        arrange: |home| paint(home, &["--panorama", "129x64"]),
        code: 2,
        words: &["129 is not divisible"],
    },
    Case {
        name: "an endless panorama",
        arrange: |home| paint(home, &["--panorama", "99999x64"]),
        code: 2,
        words: &["width is 99999", "8192"],
    },
    Case {
        name: "a stride of nothing",
        arrange: |home| paint(home, &["--panorama", "128x64", "--stride", "0"]),
        code: 2,
        words: &["stride is 0"],
    },
    Case {
        name: "a stride of half a cell",
        arrange: |home| paint(home, &["--panorama", "128x64", "--stride", "9"]),
        code: 2,
        words: &["stride of 9 is not divisible"],
    },
    Case {
        name: "a stride without a panorama",
        arrange: |home| paint(home, &["--stride", "8"]),
        code: 2,
        words: &["--panorama"],
    },
    Case {
        name: "styles along with one style",
        arrange: |home| paint(home, &["--panorama", "128x64", "--along", "-r", "r.png"]),
        code: 2,
        words: &["two references"],
    },
    Case {
        name: "full sharing in a panorama",
        arrange: |home| paint(home, &["a wood", "--panorama", "128x64", "--full-share"]),
        code: 2,
        words: &["full sharing", "panorama"],
    },
];

#[test]
fn wrong_panoramas_are_refused() {
    assert_refused(&CASES);
}
