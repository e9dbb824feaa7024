//! `predella metrics` from outside.

use crate::program::{Home, Ran};
use serde_json::Value;

/// Pictures of a style each, with their recipes: the worked examples hold some.
fn measured(arguments: &[&str]) -> Ran {
    let home = Home::new();
    let ran = home.run(arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    ran
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {value}"))
}

/// The tour holds one set twice with the same noise, aligned and plain. What is said of
/// the pair is the difference of both; the protocol's test finds which way it goes.
#[test]
fn a_set_is_compared_with_itself_unaligned() {
    let found = measured(&["metrics", "tour", "--json"]).json();
    let sets = found["sets"].as_array().unwrap();
    let pairs: Vec<&Value> = sets.iter().filter(|set| !set["less_plain"].is_null()).collect();
    assert!(!pairs.is_empty(), "{found}");
    for set in pairs {
        let plain = &sets[set["less_plain"]["plain_set"].as_u64().unwrap() as usize];
        for score in ["set", "object", "prompt"] {
            let path = format!("/scores/{score}/mean");
            let difference = number(set, &path) - number(plain, &path);
            let said = number(set, &format!("/less_plain/{score}/mean"));
            assert!((said - difference).abs() < 1e-6 && said != 0.0, "{score}: {said} in {set}");
        }
        assert_eq!(set["scores"]["clip"]["name"], "judge-clip");
        assert_eq!(set["scores"]["panels"][0]["reference"], Value::Null);
    }
}

#[test]
fn every_number_stands_under_its_judge() {
    let ran = measured(&["metrics", "tour"]);
    let head = ran.stdout.lines().find(|line| line.contains("judge-")).unwrap();
    assert_eq!(head.matches("judge-clip").count(), 2, "{head}");
    assert!(head.contains("judge-style"), "{head}");
    assert!(!ran.steers(), "{}", ran.stdout);
}

/// Numbers go into a session's history when that is asked for, and nowhere else.
#[test]
fn numbers_are_kept_in_a_session() {
    let home = Home::new();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sessions/tour");
    let folder = home.path().join("mine");
    crate::bad_input::copy_folder(&shipped, &folder);
    let scores = || {
        let session = predella::session::Session::open(&folder, predella::session::Access::Read);
        let session = session.unwrap();
        assert!(session.state().misfits().is_empty());
        session.state().runs().iter().filter_map(|run| run.scores.clone()).collect::<Vec<_>>()
    };
    assert_eq!(home.run(&["metrics", "mine"]).code, Some(0));
    assert!(scores().is_empty());
    let ran = home.run(&["metrics", "mine", "--keep"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let kept = scores();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[1].images.len(), 4);
    assert_ne!(kept[1].set["set"], kept[0].set["set"]);
    assert_eq!(kept[0].judges["clip"], "judge-clip");
    let picture = folder.join("images").join(format!("{}.png", kept[0].images[0].image));
    let ran = home.run(&["metrics", picture.to_str().unwrap(), "--keep"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
}
