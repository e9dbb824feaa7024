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

/// The tour holds one set twice with the same noise, aligned and plain.
#[test]
fn alignment_shows_in_the_numbers() {
    let found = measured(&["metrics", "tour", "--json"]).json();
    let sets = found["sets"].as_array().unwrap();
    let pairs: Vec<&Value> = sets.iter().filter(|set| !set["less_plain"].is_null()).collect();
    assert!(!pairs.is_empty(), "{found}");
    for set in pairs {
        assert!(number(set, "/less_plain/set/mean") > 0.02, "{set}");
        let plain = &sets[set["less_plain"]["plain_set"].as_u64().unwrap() as usize];
        assert!(number(set, "/scores/set/mean") > number(plain, "/scores/set/mean"));
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
