//! Wrong control maps.

use super::references::huge;
use super::{Case, assert_refused};
use crate::goldens::oracle;
use crate::program::{Home, tiny};

/// `paint` with the tiny model, its control net, `r.png` (a square on a ground),
/// `plain.png` (one colour) and these arguments.
fn paint(home: &Home, more: &[&str]) -> Vec<String> {
    pictures(home);
    let net = oracle().join("tiny-sdxl-controlnet").display().to_string();
    let mut all = vec!["paint".to_owned(), "--model".to_owned(), tiny().display().to_string()];
    all.extend(["a fox", "an owl", "--steps", "2", "--control-model", &net].map(str::to_owned));
    all.extend(more.iter().map(|s| (*s).to_owned()));
    all
}

fn control(home: &Home, more: &[&str]) -> Vec<String> {
    pictures(home);
    std::iter::once(&"control").chain(more).map(|s| (*s).to_owned()).collect()
}

fn pictures(home: &Home) {
    let square = image::RgbImage::from_fn(64, 64, |x, y| {
        let inside = (16..48).contains(&x) && (16..48).contains(&y);
        image::Rgb(if inside { [250, 190, 90] } else { [10, 20, 30] })
    });
    square.save(home.path().join("r.png")).unwrap();
    image::RgbImage::new(64, 64).save(home.path().join("plain.png")).unwrap();
}

const CASES: [Case; 22] = [
    Case {
        name: "no such picture",
        arrange: |home| paint(home, &["--control", "canny:none.png"]),
        code: 2,
        words: &["none.png", "No such file"],
    },
    Case {
        name: "no kind",
        arrange: |home| paint(home, &["--control", "r.png"]),
        code: 2,
        words: &["canny:house.png"],
    },
    Case {
        name: "a kind that there is not",
        arrange: |home| paint(home, &["--control", "pose:r.png"]),
        code: 2,
        words: &["pose", "canny, depth, corners, raw"],
    },
    Case {
        name: "a picture without edges",
        arrange: |home| paint(home, &["--control", "canny:plain.png"]),
        code: 2,
        words: &["plain.png", "no edges", "lower"],
    },
    Case {
        name: "a photograph for depth",
        arrange: |home| paint(home, &["--control", "depth:r.png"]),
        code: 2,
        words: &["r.png", "in colours"],
    },
    Case {
        name: "text for a picture",
        arrange: |home| {
            home.file("text.png", "hello");
            paint(home, &["--control", "raw:text.png"])
        },
        code: 2,
        words: &["text.png", "no picture"],
    },
    Case {
        name: "a map that says it is huge",
        arrange: |home| {
            home.file("huge.png", huge());
            paint(home, &["--control", "raw:huge.png"])
        },
        code: 2,
        words: &["huge.png", "100000 x 100000 pixels"],
    },
    Case {
        name: "a map without a byte",
        arrange: |home| {
            home.file("nothing.png", "");
            paint(home, &["--control", "canny:nothing.png"])
        },
        code: 2,
        words: &["nothing.png"],
    },
    Case {
        name: "a strength out of range",
        arrange: |home| paint(home, &["--control", "canny:r.png:9"]),
        code: 2,
        words: &["control scale is 9"],
    },
    Case {
        name: "a panel that there is not",
        arrange: |home| paint(home, &["--control", "canny:r.png@3"]),
        code: 2,
        words: &["no panel 3", "the set has 2"],
    },
    Case {
        name: "two maps for all",
        arrange: |home| paint(home, &["--control", "canny:r.png", "--control", "raw:r.png"]),
        code: 2,
        words: &["two maps", "all panels"],
    },
    Case {
        name: "an end before the start",
        arrange: |home| {
            let window = ["--control-start", "0.8", "--control-end", "0.2"];
            paint(home, &[&["--control", "canny:r.png"][..], &window].concat())
        },
        code: 2,
        words: &["control end is 0.2"],
    },
    Case {
        name: "thresholds the wrong way round",
        arrange: |home| paint(home, &["--control", "canny:r.png", "--low", "90", "--high", "20"]),
        code: 2,
        words: &["high threshold is 20"],
    },
    Case {
        name: "thresholds for a raw map",
        arrange: |home| paint(home, &["--control", "raw:r.png", "--low", "90"]),
        code: 2,
        words: &["canny"],
    },
    Case {
        name: "a net of another family",
        arrange: |home| {
            let net = oracle().join("tiny-sd15-controlnet").display().to_string();
            let mut all = paint(home, &["--control", "canny:r.png"]);
            let at = all.iter().position(|a| a == "--control-model").unwrap();
            all[at + 1] = net;
            all
        },
        code: 2,
        words: &["cannot steer this model", "another family"],
    },
    Case {
        name: "a folder that is no net",
        arrange: |home| {
            let mut all = paint(home, &["--control", "canny:r.png"]);
            let at = all.iter().position(|a| a == "--control-model").unwrap();
            all[at + 1] = ".".into();
            all
        },
        code: 3,
        words: &["config.json"],
    },
    Case {
        name: "a model without a net",
        arrange: |home| {
            let mut all = paint(home, &["--control", "canny:r.png"]);
            let at = all.iter().position(|a| a == "--control-model").unwrap();
            all.drain(at..=at + 1);
            all
        },
        code: 2,
        words: &["no control net", "--control-model"],
    },
    Case {
        name: "a kind that the net does not know",
        arrange: |home| {
            pictures(home);
            ["paint", "a fox", "an owl", "--control", "corners:r.png"].map(str::to_owned).into()
        },
        code: 2,
        words: &["canny and depth", "corners"],
    },
    Case {
        name: "a net without a map",
        arrange: |home| paint(home, &[]),
        code: 2,
        words: &["--control"],
    },
    Case {
        name: "a map of nothing",
        arrange: |home| control(home, &["plain.png", "--kind", "corners"]),
        code: 2,
        words: &["plain.png", "no corners"],
    },
    Case {
        name: "a map over a file",
        arrange: |home| control(home, &["r.png", "--kind", "canny", "--out", "plain.png"]),
        code: 1,
        words: &["plain.png", "--out"],
    },
    Case {
        name: "a map of no size",
        arrange: |home| control(home, &["r.png", "--kind", "canny", "--size", "0x64"]),
        code: 2,
        words: &["width is 0"],
    },
];

#[test]
fn wrong_control_maps_are_refused() {
    assert_refused(&CASES);
}

/// The verb writes what `paint` would follow, and says so to programs.
#[test]
fn a_control_map_is_written_as_asked() {
    let home = Home::new();
    let ran = home.run(&control(&home, &["r.png", "--kind", "canny", "--json"]));
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((said["map"].as_str(), said["width"].as_u64()), (Some("r-canny.png"), Some(64)));
    let map = image::ImageReader::open(home.path().join("r-canny.png")).unwrap();
    let map = map.decode().unwrap().into_rgb8();
    let lit = map.pixels().filter(|pixel| pixel.0 == [255; 3]).count();
    assert!((100..=128).contains(&lit), "{lit} pixels around a square of 32");
    assert_eq!(said["drawn"].as_f64(), Some(lit as f64 / 4096.0));
}
