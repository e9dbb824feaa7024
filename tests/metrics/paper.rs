//! `predella bench paper`: goes on where it was, and finds what the paper found.

use crate::program::{Home, Ran, tiny};
use crate::references::waves;
use image::{ImageFormat, RgbImage};
use predella::engine::read_picture;
use predella::imaging::pixel_hash;
use serde_json::Value;
use std::io::Cursor;
use std::path::Path;

fn paper(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = vec!["bench", "paper", "--device", "cpu"];
    all.extend(arguments);
    home.run(&all)
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn arm<'a>(report: &'a Value, name: &str) -> &'a Value {
    let arms = report["arms"].as_array().unwrap_or_else(|| panic!("{report}"));
    arms.iter().find(|arm| arm["arm"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
}

#[test]
fn a_run_goes_on_from_what_is_done() {
    let home = Home::new();
    let model = tiny();
    let few = ["--model", model.to_str().unwrap(), "--steps", "2", "--size", "64", "--json"];
    let first = paper(&home, &[&few[..], &["--sets", "1", "--arms", "plain,aligned"]].concat());
    let first = first.done().json();
    let done = home.path().join("predella-paper/done.json");
    let before = std::fs::read_to_string(&done).unwrap();
    let more = paper(&home, &[&few[..], &["--sets", "2", "--arms", "plain,aligned"]].concat());
    let more = more.done().json();
    let after: Value = serde_json::from_str(&std::fs::read_to_string(&done).unwrap()).unwrap();
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(after["done"].as_array().unwrap().len(), 4);
    assert_eq!(&after["done"].as_array().unwrap()[..2], &before["done"].as_array().unwrap()[..]);
    assert_eq!(arm(&first, "aligned")["set"]["n"], 1);
    assert_eq!(arm(&more, "aligned")["set"]["n"], 2);
    assert_eq!(arm(&more, "aligned")["first_kept"], serde_json::json!([2, 2]));
    let mean =
        |name: &str, value: &str| arm(&more, name).pointer(value).and_then(|m| m["mean"].as_f64());
    let apart = mean("aligned", "/set").unwrap() - mean("plain", "/set").unwrap();
    let paired = mean("aligned", "/over_plain/set").unwrap();
    assert!((apart - paired).abs() < 1e-9 && paired != 0.0, "{apart} {paired}");
    assert_eq!(
        (mean("plain", "/over_plain/set"), mean("aligned", "/over_usual/set")),
        (None, None)
    );
    assert!(home.names("predella-paper").contains(&"002-aligned.png".to_owned()));
    let text = std::fs::read_to_string(home.path().join("predella-paper/report.md")).unwrap();
    assert!(text.contains("judge-clip") && text.contains("| aligned |"), "{text}");
    let other = paper(&home, &[&few[..], &["--seed", "9"]].concat());
    assert_eq!(other.code, Some(2), "{}", other.all());
    assert!(other.stderr.contains("another model"), "{}", other.stderr);
}

#[test]
fn a_picture_lends_its_style_as_it_does_to_paint() {
    let home = Home::new();
    home.file("lent/a.png", png(&waves(1)));
    home.file("lent/b.png", png(&waves(2)));
    let list = "a.png | a house | ink | a fox | a bear\nb.png | a tree | oil | a car | a cat\n";
    home.file("lent/list.txt", list);
    let model = tiny();
    let few = ["--model", model.to_str().unwrap(), "--steps", "2", "--size", "64", "--json"];
    let arms = ["--arms", "plain,ddim-0,ddim-half,noise,famous-noise"];
    let asked = [&few[..], &arms, &["--references", "lent/list.txt"]].concat();
    let report = paper(&home, &asked).done().json();
    assert_eq!(
        (&report["usual"], &report["protocol"]["mode"]),
        (&"ddim-0".into(), &"picture".into())
    );
    let mean = |name: &str, value: &str| {
        arm(&report, name).pointer(value).and_then(|m| m["mean"].as_f64())
    };
    for value in ["reference", "leakage", "object", "prompt", "set"] {
        let apart = |name: &str| mean(name, &format!("/{value}")).unwrap();
        let paired = mean("noise", &format!("/over_usual/{value}")).unwrap();
        let apart = apart("noise") - apart("ddim-0");
        assert!((apart - paired).abs() < 1e-9 && paired != 0.0, "{value}: {apart} {paired}");
    }
    for (name, inverted) in
        [("plain", false), ("noise", false), ("ddim-0", true), ("ddim-half", true)]
    {
        assert_eq!(mean(name, "/inversion").is_some(), inverted, "{name}");
    }
    let text = std::fs::read_to_string(home.path().join("predella-paper/report.md")).unwrap();
    assert!(text.contains("less ddim-0") && text.contains("0, 5 and 10 of 50"), "{text}");

    // The same picture as by `paint`, from the same noise.
    let painted = |more: &[&str]| {
        home.paint(&[&["a fox", "a bear", "--style", "ink", "--seed", "0"], more].concat()).done();
        let (picture, _) = read_picture(&home.path().join("predella-out/01-a-fox.png")).unwrap();
        std::fs::remove_dir_all(home.path().join("predella-out")).unwrap();
        pixel_hash(&picture)
    };
    let done = home.path().join("predella-paper/done.json");
    let before = std::fs::read_to_string(&done).unwrap();
    let record: Value = serde_json::from_str(&before).unwrap();
    let first = |name: &str| {
        let lines = record["done"].as_array().unwrap();
        lines.iter().find(|line| line["arm"] == name).unwrap()["done"]["first"].clone()
    };
    let lent = ["--reference", "lent/a.png", "--caption", "a house, ink"];
    assert_eq!(first("ddim-0"), painted(&lent));
    assert_eq!(first("ddim-half"), painted(&[&lent[..], &["--inversion-offset", "1"]].concat()));
    assert_eq!(first("plain"), painted(&["--no-align"]));

    // What is done is not done again; and the mode is the folder's.
    paper(&home, &asked).done();
    assert_eq!(std::fs::read_to_string(&done).unwrap(), before);
    for other in [&few[..], &[&asked[..], &["--unnamed"]].concat()] {
        let ran = paper(&home, other);
        assert_eq!(ran.code, Some(2), "{}", ran.all());
        assert!(ran.stderr.contains("mode"), "{}", ran.stderr);
    }
}

#[test]
fn a_style_that_no_prompt_names_is_told_by_the_picture() {
    let home = Home::new();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/bench/references/list.txt");
    let model = tiny();
    let first = |arms: &str, more: &[&str]| {
        let few =
            ["--model", model.to_str().unwrap(), "--steps", "2", "--size", "64", "--sets", "1"];
        let asked = ["--references", list.to_str().unwrap(), "--arms", arms, "--out", arms];
        paper(&home, &[&few[..], &asked, more].concat()).done();
        let done = std::fs::read_to_string(home.path().join(arms).join("done.json")).unwrap();
        std::fs::remove_dir_all(home.path().join(arms)).unwrap();
        let record: Value = serde_json::from_str(&done).unwrap();
        assert_eq!(record["done"][0]["lent"]["caption"], "a castle", "{record}");
        record["done"][0]["done"]["first"].clone()
    };
    for name in ["plain", "noise"] {
        assert_ne!(first(name, &[]), first(name, &["--unnamed"]), "{name}");
    }
}

/// The order that the paper reports, on the small model by its own judge: aligned
/// before aligned without AdaIN before plain; and a reference that nothing changes.
#[test]
#[ignore = "paints 72 pictures: cargo test --release --test main -- --ignored finds_what"]
fn finds_what_the_paper_found() {
    let home = Home::new();
    let asked = ["--sets", "6", "--steps", "10", "--arms", "plain,no-adain,aligned", "--json"];
    let report = paper(&home, &asked).done().json();
    let set = |name: &str| arm(&report, name)["set"]["mean"].as_f64().unwrap();
    let (plain, without, aligned) = (set("plain"), set("no-adain"), set("aligned"));
    assert!(aligned > without && without > plain, "{aligned} {without} {plain}");
    // The same noise in all arms: the differences stand out of their own error.
    for (name, other, sign) in [("aligned", "over_plain", 1.0), ("no-adain", "over_usual", -1.0)] {
        let [mean, std, n] = ["mean", "std", "n"]
            .map(|part| arm(&report, name)[other]["set"][part].as_f64().unwrap());
        assert!(sign * mean > std / n.sqrt(), "{name} {other}: {mean} ± {std}");
    }
    for name in ["no-adain", "aligned"] {
        assert_eq!(arm(&report, name)["first_kept"], serde_json::json!([6, 6]), "{name}");
    }
}
