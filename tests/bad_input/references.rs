//! Wrong reference pictures.

use super::{Case, assert_refused};
use crate::program::{Home, tiny};

/// `paint` with the tiny model, `r.png` (a small picture) and these arguments.
fn paint(home: &Home, more: &[&str]) -> Vec<String> {
    image::RgbImage::new(8, 8).save(home.path().join("r.png")).unwrap();
    let mut all = vec!["paint".to_owned(), "--model".to_owned(), tiny().display().to_string()];
    all.extend(["a fox", "--steps", "2"].iter().chain(more).map(|s| (*s).to_owned()));
    all
}

const CASES: [Case; 17] = [
    Case {
        name: "a set of one token",
        arrange: |home| paint(home, &["an owl", "--size", "32x32"]),
        code: 2,
        words: &["too small to be aligned"],
    },
    Case {
        name: "no such reference",
        arrange: |home| paint(home, &["-r", "none.png"]),
        code: 2,
        words: &["none.png", "No such file"],
    },
    Case {
        name: "a reference that is no picture",
        arrange: |home| {
            home.file("text.png", "hello");
            paint(home, &["-r", "text.png"])
        },
        code: 2,
        words: &["text.png", "no picture"],
    },
    Case {
        name: "a folder as reference",
        arrange: |home| paint(home, &["-r", "."]),
        code: 2,
        words: &["regular file"],
    },
    Case {
        name: "a picture that says it is huge",
        arrange: |home| {
            home.file("huge.png", huge());
            paint(home, &["-r", "huge.png"])
        },
        code: 2,
        words: &["huge.png", "100000 x 100000 pixels"],
    },
    Case {
        name: "a reference without a byte",
        arrange: |home| {
            home.file("nothing.png", "");
            paint(home, &["-r", "nothing.png"])
        },
        code: 2,
        words: &["nothing.png"],
    },
    Case {
        name: "weights that do not sum to one",
        arrange: |home| {
            let two = ["-r", "r.png", "-r", "r.png", "--out", "first"];
            home.run(&paint(home, &two)).done();
            let text = home.run(&["info", "first/01-a-fox.png"]).done().stdout;
            assert!(text.contains("weight: 0.5"), "{text}");
            home.file("r.yaml", text.replacen("weight: 0.5", "weight: 0.9", 1));
            let model = tiny().display().to_string();
            ["paint", "--recipe", "r.yaml", "--model", &model].map(String::from).into()
        },
        code: 2,
        words: &["sum to 1.4", "must sum to 1"],
    },
    Case {
        name: "shares of some",
        arrange: |home| paint(home, &["-r", "r.png=1", "-r", "r.png"]),
        code: 2,
        words: &["some references have a share"],
    },
    Case {
        name: "a share that is no number",
        arrange: |home| paint(home, &["-r", "r.png=NaN", "-r", "r.png=1"]),
        code: 2,
        words: &["share of a reference"],
    },
    Case {
        name: "more captions than references",
        arrange: |home| paint(home, &["-r", "r.png", "--caption", "a", "--caption", "b"]),
        code: 2,
        words: &["2 captions", "1 references"],
    },
    Case {
        name: "a caption without a reference",
        arrange: |home| paint(home, &["--caption", "a"]),
        code: 2,
        words: &["--reference"],
    },
    Case {
        name: "too many references",
        arrange: |home| paint(home, &["-r", "r.png"].repeat(9)),
        code: 2,
        words: &["9 reference pictures", "1 to 8"],
    },
    Case {
        name: "group norms of several",
        arrange: |home| paint(home, &["-r", "r.png", "-r", "r.png", "--share-group-norm"]),
        code: 2,
        words: &["group norms", "one reference"],
    },
    Case {
        name: "inversion with euler",
        arrange: |home| paint(home, &["-r", "r.png", "--scheduler", "euler"]),
        code: 2,
        words: &["inversion needs the ddim scheduler"],
    },
    Case {
        name: "an offset beyond the steps",
        arrange: |home| paint(home, &["-r", "r.png", "--inversion-offset", "2"]),
        code: 2,
        words: &["offset of the inversion is 2", "0 to 1"],
    },
    Case {
        name: "inversion options for noise",
        arrange: |home| {
            paint(home, &["-r", "r.png", "--encode", "noise", "--inversion-guidance", "2"])
        },
        code: 2,
        words: &["nothing is inverted"],
    },
    Case {
        name: "a reference that has changed",
        arrange: |home| {
            let first = paint(home, &["-r", "r.png", "--out", "first"]);
            home.run(&first).done();
            image::RgbImage::new(9, 9).save(home.path().join("r.png")).unwrap();
            let model = tiny().display().to_string();
            ["paint", "--recipe", "first/01-a-fox.png", "--model", &model].map(String::from).into()
        },
        code: 2,
        words: &["r.png", "it has changed"],
    },
];

/// A PNG that says it has 100,000 x 100,000 pixels.
pub fn huge() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(100_000u32.to_be_bytes());
    bytes.extend(100_000u32.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    let sum = crc(&bytes[12..]);
    bytes.extend(sum.to_be_bytes());
    // Pixels would begin here.
    bytes.extend(8u32.to_be_bytes());
    bytes.extend(b"IDAT\x78\x9c\0\0\0\0\0\0");
    let sum = crc(&bytes[37..]);
    bytes.extend(sum.to_be_bytes());
    bytes
}

/// The checksum of a PNG's chunk.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn wrong_references_are_refused() {
    assert_refused(&CASES);
}
