//! Measuring. Nothing here looks at how long anything took.

use crate::program::{Home, tiny};

/// `bench` of the tiny model, as briefly as it goes.
fn bench(home: &Home, arguments: &[&str]) -> crate::program::Ran {
    let model = tiny();
    let mut all = vec!["bench", "--model", model.to_str().unwrap(), "--device", "cpu"];
    all.extend(["--seconds", "0", "--size", "64", "--panels", "2", "--steps", "2"]);
    all.extend(arguments);
    home.run(&all)
}

#[test]
fn every_part_is_measured_and_nothing_is_written() {
    let home = Home::new();
    let report = bench(&home, &["--json", "--threads", "1"]).done().json();
    assert_eq!((&report["rows"], &report["threads"]), (&4.into(), &1.into()), "{report}");
    let found = report["measurements"].as_array().unwrap();
    for part in ["load", "kernels", "step", "decode", "set"] {
        assert!(found.iter().any(|m| m["part"] == part), "{part} is missing in {report}");
    }
    for one in found {
        let spread = |key: &str| {
            ["low", "median", "high"]
                .map(|q| one[key][q].as_f64().unwrap_or_else(|| panic!("{one}")))
        };
        let [wall, cpu] = ["wall_ms", "cpu_ms"].map(spread);
        assert!(wall[0] > 0.0 && wall.is_sorted() && cpu.is_sorted(), "{one}");
        assert!(one["samples"].as_u64().unwrap() > 0, "{one}");
    }
    for op in ["conv2d", "linear", "attention", "group_norm", "layer_norm", "geglu", "adain"] {
        assert!(found.iter().any(|m| m["op"] == op), "{op} is missing in {report}");
    }
    let step = |name: &str| found.iter().find(|m| m["name"] == name).unwrap()["macs"].as_u64();
    assert!(step("shared, 4 rows") > step("plain, 4 rows"), "{report}");
    assert_eq!(home.names("."), Vec::<String>::new());
}

#[test]
fn a_table_shows_only_what_was_asked_for() {
    let home = Home::new();
    let table = bench(&home, &["kernels", "--only", "geglu"]).done().stdout;
    assert!(table.contains("GMAC/s") && table.contains("\n  geglu 4 x "), "{table}");
    assert!(!table.contains("conv"), "{table}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let home = Home::new();
    for (arguments, word) in [
        (&["--only", "knitting"][..], "knitting"),
        (&["--steps", "0"], "steps is 0"),
        (&["--seconds", "NaN"], "0 to 3600"),
        (&["--panels", "0"], "1..=64"),
        (&["--size", "63"], "divisible"),
        (&["knitting"], "knitting"),
    ] {
        let model = tiny();
        let mut all = vec!["bench", "--model", model.to_str().unwrap(), "--device", "cpu"];
        all.extend(arguments);
        let ran = home.run(&all);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert!(ran.stderr.contains(word), "{arguments:?}: {}", ran.all());
    }
    let ran = home.run(&["bench", "set", "--random", "sdxl", "--device", "cpu"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert!(ran.stderr.contains("random weights"), "{}", ran.all());
    let ran = home.run(&["bench", "--model", "./nowhere"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
}
