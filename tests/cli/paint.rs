//! `predella paint`.

use std::path::Path;
use std::process::Stdio;

use crate::program::{Home, Ran, tiny};

fn bytes(home: &Home, name: &str) -> Vec<u8> {
    std::fs::read(home.path().join(name)).unwrap()
}

fn pixels(home: &Home, name: &str) -> Vec<u8> {
    let reader = image::ImageReader::open(home.path().join(name)).unwrap();
    reader.decode().unwrap().to_rgb8().into_raw()
}

#[test]
fn each_prompt_becomes_a_numbered_picture() {
    let home = Home::new();
    let ran = home.paint(&["a fox", "A Castle!", "--style", "ink", "--seed", "7"]).done();
    assert_eq!(ran.stdout, "predella-out/01-a-fox.png\npredella-out/02-a-castle.png\n");
    assert!(ran.stderr.contains("seed 7"), "{}", ran.all());
    let first = bytes(&home, "predella-out/01-a-fox.png");
    home.paint(&["a fox", "--seed", "8", "--sheet"]).done();
    let names = home.names("predella-out");
    assert_eq!(names, ["01-a-fox.png", "02-a-castle.png", "03-03-sheet.png", "03-a-fox.png"]);
    assert_eq!(bytes(&home, "predella-out/01-a-fox.png"), first, "nothing is overwritten");
}

#[test]
fn json_is_one_document_that_names_everything() {
    let home = Home::new();
    let ran =
        home.paint(&["a fox", "a bear", "-n", "2", "--seed", "5", "--json", "--sheet"]).done();
    let result = ran.json();
    assert_eq!(result["status"], "done");
    assert_eq!(result["error"], serde_json::Value::Null);
    let panels = result["panels"].as_array().unwrap();
    let seeds: Vec<_> = panels.iter().map(|p| p["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [5, 6, 7, 8]);
    let prompts: Vec<_> = panels.iter().map(|p| p["prompt"].as_str().unwrap()).collect();
    assert_eq!(prompts, ["a fox", "a fox", "a bear", "a bear"]);
    for path in panels.iter().map(|p| &p["path"]).chain([&result["sheet"]]) {
        assert!(home.path().join(path.as_str().unwrap()).exists(), "{path}");
    }
    for number in ["load", "paint", "total"] {
        assert!(result["seconds"][number].as_f64().unwrap() > 0.0);
    }
    if cfg!(target_os = "linux") {
        assert!(result["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
    }
}

#[test]
fn a_recipe_is_repainted_byte_for_byte() {
    let home = Home::new();
    let look =
        ["--guidance", "3", "--scheduler", "euler", "--adain", "q,k,v", "--score-scale", "1.2"];
    home.paint(
        &[&["a fox", "a bear", "an owl", "--style", "ink", "--seed", "3"], &look[..]].concat(),
    )
    .done();
    let again = |from: &str, to: &str, more: &[&str]| {
        let model = tiny();
        let paint = ["paint", "--recipe", from, "--out", to, "--model", model.to_str().unwrap()];
        home.run(&[&paint[..], more].concat()).done()
    };
    again("predella-out/02-a-bear.png", "again", &["--chunk", "1", "--threads", "1"]);
    let recipe = home.run(&["info", "predella-out/03-an-owl.png"]).done().stdout;
    home.file("r.yaml", recipe);
    again("r.yaml", "third", &["--chunk", "2"]);
    for name in ["01-a-fox.png", "02-a-bear.png", "03-an-owl.png"] {
        let first = bytes(&home, &format!("predella-out/{name}"));
        assert!(first == bytes(&home, &format!("again/{name}")), "{name} differs");
        assert!(first == bytes(&home, &format!("third/{name}")), "{name} differs");
    }
}

#[test]
fn a_panel_added_later_is_the_same_file_as_in_the_set() {
    let home = Home::new();
    let look = ["--style", "ink", "--seed", "9", "--guidance", "4"];
    home.paint(&[&["a fox", "a bear", "an owl", "--out", "whole"], &look[..]].concat()).done();
    home.paint(&[&["a fox", "a bear"], &look[..]].concat()).done();
    let model = tiny();
    let add = ["paint", "--add-to", "predella-out/01-a-fox.png", "an owl", "--model"];
    let ran = home.run(&[&add[..], &[model.to_str().unwrap()]].concat()).done();
    assert_eq!(ran.stdout, "predella-out/03-an-owl.png\n");
    assert!(bytes(&home, "whole/03-an-owl.png") == bytes(&home, "predella-out/03-an-owl.png"));
    // What the set is cannot be changed by the way.
    let refused = home.run(&[&add[..], &[model.to_str().unwrap(), "--steps", "3"]].concat());
    assert_eq!(refused.code, Some(2), "{}", refused.all());
}

#[test]
fn a_recipe_file_is_a_start_that_options_change() {
    let home = Home::new();
    home.paint(&["a fox", "a bear", "--seed", "3"]).done();
    let recipe = home.run(&["info", "predella-out/01-a-fox.png"]).done().stdout;
    home.file("r.yaml", recipe);
    let model = tiny();
    let paint = ["paint", "--file", "r.yaml", "--model", model.to_str().unwrap(), "--json"];
    let changed = home
        .run(&[&paint[..], &["--out", "b", "--steps", "3", "--seed", "9"]].concat())
        .done()
        .json();
    assert_eq!(changed["recipe"]["steps"], 3);
    assert_eq!(changed["recipe"]["size"]["width"], 64);
    assert_eq!(changed["recipe"]["panels"][1]["seed"], 10);
}

#[test]
fn prompts_come_from_pipes_and_files_too() {
    let home = Home::new();
    home.file("list.yaml", "- a cat\n- subject: a dog\n  seed: 99\n");
    let model = tiny();
    let paint = ["paint", "--model", model.to_str().unwrap(), "--dry-run", "--json", "--seed", "1"];
    let ran = home.run_with(&[&paint[..], &["-"]].concat(), b"# mine\na fox\n\n  a bear\n").done();
    let subjects = |ran: &Ran| {
        let json = ran.json();
        let panels = json["recipe"]["panels"].as_array().unwrap().clone();
        let pair = |p: &serde_json::Value| {
            (p["subject"].as_str().unwrap().to_owned(), p["seed"].as_u64().unwrap())
        };
        panels.iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(subjects(&ran), [("a fox".into(), 1), ("a bear".into(), 2)]);
    let ran = home.run(&[&paint[..], &["a hen", "--file", "list.yaml"]].concat()).done();
    assert_eq!(subjects(&ran), [("a hen".into(), 1), ("a cat".into(), 2), ("a dog".into(), 99)]);
}

#[test]
fn alignment_changes_the_panels_and_never_the_anchor() {
    let home = Home::new();
    let paint = |out: &str, more: &[&str]| {
        home.paint(
            &[&["a fox", "a bear", "--seed", "3", "--guidance", "3", "--out", out], more].concat(),
        )
        .done();
        (
            pixels(&home, &format!("{out}/01-a-fox.png")),
            pixels(&home, &format!("{out}/02-a-bear.png")),
        )
    };
    let (anchor, panel) = paint("aligned", &[]);
    for (out, options) in [
        ("plain", &["--no-align"][..]),
        ("no-adain", &["--no-adain"]),
        ("scaled", &["--score-scale", "2"]),
        ("weak", &["--reference-weight", "0.1"]),
        ("norms", &["--share-group-norm"]),
        ("few", &["--plain-layers", "1"]),
        ("half", &["--only-self-level", "0.5"]),
    ] {
        let (same, other) = paint(out, options);
        assert!(same == anchor, "{out} changed the anchor");
        assert!(other != panel, "{out} changed nothing");
    }
    let (_, same) = paint("layer-norm", &["--share-layer-norm"]);
    assert!(same == panel, "sharing layer norms is told to change nothing");
}

#[test]
fn a_dry_run_says_all_and_writes_nothing() {
    let home = Home::new();
    let ran = home
        .paint(&["a fox", "a bear", "an owl", "--seed", "3", "--chunk", "2", "--dry-run", "--json"])
        .done();
    let mut plan = ran.json();
    assert!(plan["estimate"]["seconds"].as_f64().unwrap() > 0.0);
    assert!(plan["estimate"]["macs_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(plan["plan"]["chunks"], serde_json::json!([[0, 1], [2]]));
    assert_eq!(plan["recipe"]["panels"][2]["seed"], 5);
    plan = shape(&plan);
    insta::assert_snapshot!("dry_run", serde_json::to_string_pretty(&plan).unwrap());
    let ran = home.paint(&["a fox", "a bear", "--dry-run"]).done();
    for word in ["a fox", "memory", "time", "sharing", "chunks"] {
        assert!(ran.stdout.contains(word), "{}", ran.all());
    }
    assert_eq!(home.names("predella-out"), Vec::<String>::new());
}

/// A document with each value replaced by its type, and lists by their first item.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), shape(v))).collect(),
    }
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let home = Home::new();
    let model = tiny();
    let mut command = home.program();
    command
        .args(["paint", "a fox", "a bear", "--steps", "2", "--size", "64", "--model"])
        .arg(model);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap()).done();
    assert!(!ran.stderr.to_lowercase().contains("pipe"), "{}", ran.all());
    assert_eq!(home.names("predella-out").len(), 2);
}

#[test]
fn no_picture_and_no_colour_goes_into_a_pipe() {
    let home = Home::new();
    let ran = home.paint(&["a fox", "--show", "--seed", "1"]).done();
    assert!(!ran.steers(), "{}", ran.all());
    assert!(Path::new(ran.stdout.trim()).ends_with("01-a-fox.png"), "{}", ran.all());
    assert!(ran.stderr.contains("no terminal"), "{}", ran.all());
    let quiet = home.paint(&["a fox", "--seed", "1", "--quiet"]).done();
    assert_eq!(quiet.stderr, "");
}

/// Watching changes nothing, and what is seen has the shape of the run.
#[test]
fn alignment_is_explained_step_by_step() {
    let home = Home::new();
    let plain = home.paint(&["a fox", "a bear", "--seed", "1", "--out", "plain"]).done();
    let arguments = ["a fox", "a bear", "--seed", "1", "--out", "seen", "--explain"];
    let watched = home.paint(&arguments).done();
    assert!(watched.stderr.contains("attention to what lends the style"), "{}", watched.stderr);
    assert_eq!(plain.stdout.lines().count(), watched.stdout.lines().count());
    for name in home.names("plain") {
        let read = |folder: &str| std::fs::read(home.path().join(folder).join(&name)).unwrap();
        assert!(read("plain") == read("seen"), "{name}");
    }
    let json = home.paint(&[&arguments[..], &["--reference-weight", "100", "--json"]].concat());
    let seen = json.done().json()["explained"].clone();
    assert_eq!(seen["schedule"].as_array().unwrap().len(), 2);
    let noise = |i: usize| seen["schedule"][i]["noise"].as_f64().unwrap();
    assert!(noise(0) > noise(1) && noise(0) < 1.0 && noise(1) > 0.0);
    let attention = seen["attention"].as_array().unwrap();
    assert!(!attention.is_empty() && attention.len().is_multiple_of(2));
    for one in attention {
        let share = one["shares"][0].as_f64().unwrap();
        assert!((0.9..=1.0).contains(&share), "a hundredfold weight and {one}");
    }
    let alone = home.paint(&["a fox", "--explain", "--json"]).done().json();
    assert_eq!(alone["explained"]["attention"], serde_json::json!([]));
}
