//! Sessions painted again.

use crate::cli::session::painted;
use crate::program::Home;

#[test]
fn a_session_is_told_and_painted_again_the_same() {
    let home = Home::new();
    painted(&home);
    let told = home.run(&["replay", "s"]).done().stdout;
    assert!(told.contains("done      2/2  a fox, a bear"), "{told}");
    let runs = home.run(&["replay", "s", "--json"]).done().json();
    assert_eq!(runs[0]["recipe"]["panels"][1]["subject"], "a bear");
    let ran = home.run(&["replay", "s", "--verify"]).done();
    assert!(ran.stdout.contains("2 identical, 0 within tolerance, 0 different"), "{}", ran.all());
}

/// Row 25 of the table of faults; chunks and threads are in `invariance`.
#[test]
fn another_picture_is_named_with_its_cause() {
    let home = Home::new();
    painted(&home);
    // The history says another model and another engine painted it.
    let path = home.path().join("s/history.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let seed = text.find("seed: 2").unwrap();
    let mut changed = text.clone();
    changed.replace_range(seed..seed + 7, "seed: 9");
    let engine = format!("engine: {}", env!("CARGO_PKG_VERSION"));
    let at = changed.rfind(&engine).unwrap();
    changed.replace_range(at..at + engine.len(), "engine: 0.0.1");
    crate::program::write(&path, changed.as_bytes());
    let ran = home.run(&["replay", "s", "--verify"]);
    assert_eq!(ran.code, Some(6), "{}", ran.all());
    assert!(ran.stdout.contains("engine was 0.0.1, is "), "{}", ran.all());
    assert!(ran.stderr.contains("1 of 2 panels are different"), "{}", ran.all());
    let told = home.run(&["replay", "s", "--verify", "--json"]).json();
    assert_eq!((&told["identical"], &told["different"]), (&1.into(), &1.into()), "{told}");
    assert_eq!(told["runs"][0]["panels"][1]["result"], "different");
}

#[test]
fn a_model_that_is_gone_is_said() {
    let home = Home::new();
    painted(&home);
    let path = home.path().join("s/history.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let model = crate::program::tiny().display().to_string();
    crate::program::write(&path, text.replace(&model, "nobody/nothing").as_bytes());
    let ran = home.run(&["replay", "s", "--verify"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
    assert!(ran.stdout.contains("missing"), "{}", ran.all());
}

/// The examples that come with the program are painted by its model, and are
/// painted again the same: the smallest set of each.
#[test]
fn the_examples_are_painted_again() {
    let home = Home::new();
    for name in ["weights", "styles"] {
        let runs = home.run(&["replay", name, "--json"]).done().json();
        let run = runs[0]["run"].to_string();
        let ran = home.run(&["replay", name, "--verify", "--run", &run, "--json"]);
        let words = "after a change of the model: sh sessions/repaint.sh";
        assert_eq!(ran.code, Some(0), "{words}\n{}", ran.all());
    }
}

/// All examples are whole, small, for reading, and by the same model.
#[test]
fn the_examples_are_sound_and_of_one_model() {
    let home = Home::new();
    let mut hashes = std::collections::BTreeSet::new();
    for name in ["tour", "weights", "styles"] {
        home.run(&["session", "check", name]).done();
        let runs = home.run(&["replay", name, "--json"]).done().json();
        hashes.extend(runs.as_array().unwrap().iter().map(|r| r["ended"]["model"].to_string()));
        let ran = home.run(&["do", "--session", name, "paint"]);
        assert_eq!(ran.code, Some(2), "{}", ran.all());
        assert!(ran.stderr.contains("read-only"), "{}", ran.all());
    }
    let mini = home.run(&["models", "verify", "mini", "--json"]).done().json();
    let now = std::collections::BTreeSet::from([mini[0]["hash"].to_string()]);
    assert_eq!(hashes, now, "paint them anew: sh sessions/repaint.sh");
}
