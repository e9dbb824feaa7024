//! Wrong panoramas.

use super::{Case, assert_refused};
use crate::goldens::oracle;
use crate::program::{Home, tiny};

/// `paint` with the tiny model at 64 x 64, its control net, `plain.png` (one colour),
/// `bright.png` (two of them) and these arguments.
fn steered(home: &Home, more: &[&str]) -> Vec<String> {
    image::RgbImage::new(128, 64).save(home.path().join("plain.png")).unwrap();
    let bright = image::RgbImage::from_fn(128, 64, |x, _| image::Rgb([(x / 64 * 255) as u8, 9, 9]));
    bright.save(home.path().join("bright.png")).unwrap();
    let net = oracle().join("tiny-sdxl-controlnet").display().to_string();
    let usual = ["a wood", "--panorama", "128x64", "--control-model", &net];
    paint(home, &[&usual[..], more].concat())
}

/// `paint` with the tiny model at 64 x 64 and these arguments.
fn paint(home: &Home, more: &[&str]) -> Vec<String> {
    image::RgbImage::new(8, 8).save(home.path().join("r.png")).unwrap();
    let mut all = vec!["paint".to_owned(), "--model".to_owned(), tiny().display().to_string()];
    let usual = ["a lake", "--steps", "2", "--size", "64"];
    all.extend(usual.iter().chain(more).map(|s| (*s).to_owned()));
    all
}

const CASES: [Case; 16] = [
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
        name: "styles along of what is blended before",
        arrange: |home| {
            let two = ["-r", "r.png", "-r", "r.png", "--blend", "slerp"];
            paint(home, &[&["--panorama", "128x64", "--along"][..], &two].concat())
        },
        code: 2,
        words: &["two references", "attention"],
    },
    Case {
        name: "styles along without a panorama",
        arrange: |home| paint(home, &["--along", "-r", "r.png", "-r", "r.png"]),
        code: 2,
        words: &["--panorama"],
    },
    Case {
        name: "a panorama that follows nothing",
        arrange: |home| steered(home, &["--control", "canny:plain.png"]),
        code: 2,
        words: &["plain.png", "no edges"],
    },
    Case {
        name: "a photograph for a panorama's depth",
        arrange: |home| steered(home, &["--control", "depth:bright.png"]),
        code: 2,
        words: &["bright.png", "in colours"],
    },
    Case {
        name: "a kind of map that there is not",
        arrange: |home| steered(home, &["--control", "pose:bright.png"]),
        code: 2,
        words: &["pose", "canny, depth, corners, raw"],
    },
    Case {
        name: "a map for a panorama that there is not",
        arrange: |home| steered(home, &["--control", "raw:bright.png@3"]),
        code: 2,
        words: &["no panel 3", "the set has 2"],
    },
    Case {
        name: "a map that is no picture for a panorama",
        arrange: |home| {
            home.file("map.png", "");
            steered(home, &["--control", "raw:map.png"])
        },
        code: 2,
        words: &["map.png"],
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
