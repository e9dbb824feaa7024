//! `predella bench paper`: goes on where it was, and finds what the paper found.

use crate::program::{Home, Ran, tiny};
use serde_json::Value;

fn paper(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = vec!["bench", "paper", "--device", "cpu"];
    all.extend(arguments);
    home.run(&all)
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
    let mean = |name: &str, value: &str| arm(&more, name)[value]["mean"].as_f64();
    let apart = mean("aligned", "set").unwrap() - mean("plain", "set").unwrap();
    let paired = mean("aligned", "set_over_plain").unwrap();
    assert!((apart - paired).abs() < 1e-9 && paired != 0.0, "{apart} {paired}");
    assert_eq!(mean("plain", "set_over_plain"), None);
    assert!(home.names("predella-paper").contains(&"002-aligned.png".to_owned()));
    let text = std::fs::read_to_string(home.path().join("predella-paper/report.md")).unwrap();
    assert!(text.contains("judge-clip") && text.contains("| aligned |"), "{text}");
    let other = paper(&home, &[&few[..], &["--seed", "9"]].concat());
    assert_eq!(other.code, Some(2), "{}", other.all());
    assert!(other.stderr.contains("another model"), "{}", other.stderr);
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
    for (name, other, sign) in
        [("aligned", "set_over_plain", 1.0), ("no-adain", "set_over_aligned", -1.0)]
    {
        let [mean, std, n] =
            ["mean", "std", "n"].map(|part| arm(&report, name)[other][part].as_f64().unwrap());
        assert!(sign * mean > std / n.sqrt(), "{name} {other}: {mean} ± {std}");
    }
    for name in ["no-adain", "aligned"] {
        assert_eq!(arm(&report, name)["first_kept"], serde_json::json!([6, 6]), "{name}");
    }
}
