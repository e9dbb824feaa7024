//! The rules of the house, read off the source: which room may know which, and
//! what every file looks like.

mod source;

use source::{Source, rust_files};

/// A room, and the rooms that it may name. `util` is free for all.
const ARROWS: [(&str, &[&str]); 14] = [
    ("util", &[]),
    ("recipe", &[]),
    ("prompt", &["recipe"]),
    ("config", &["recipe", "prompt"]),
    ("imaging", &["recipe", "config"]),
    ("models", &["recipe", "config"]),
    ("term", &["imaging"]),
    ("engine", LIBRARY),
    ("metrics", BESIDE),
    ("perceive", BESIDE),
    ("session", LIBRARY),
    ("studio", STUDIO),
    ("tui", FRONT),
    ("cli", CLI),
];
const LIBRARY: &[&str] = &["models", "imaging", "prompt", "config", "recipe"];
/// Networks of their own, made of the engine's layers.
const BESIDE: &[&str] = &["engine", "models", "imaging", "prompt", "config", "recipe"];
const STUDIO: &[&str] = &[
    "engine", "metrics", "perceive", "session", "models", "imaging", "prompt", "config", "recipe",
];
const FRONT: &[&str] = &[
    "studio", "term", "engine", "metrics", "perceive", "session", "models", "imaging", "prompt",
    "config", "recipe",
];
const CLI: &[&str] = &[
    "tui", "studio", "term", "engine", "metrics", "perceive", "session", "models", "imaging",
    "prompt", "config", "recipe",
];

/// Rooms that know no tensor.
const NO_CANDLE: [&str; 9] =
    ["term", "session", "prompt", "recipe", "tui", "util", "config", "models", "imaging"];

#[test]
fn every_arrow_points_down() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        wrong.extend(wrong_arrows(&file));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_keeps_the_house_rules() {
    let mut faults = Vec::new();
    for file in rust_files() {
        faults.extend(long_file(&file));
        faults.extend(prints(&file));
        faults.extend(undocumented(&file));
        faults.extend(panics(&file));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Each rule finds what it is there for.
#[test]
fn the_rules_can_fail() {
    let file = |room: &str, text: &str| Source::new(format!("{room}/x.rs"), text);
    for (room, text) in [
        ("recipe", "use crate::engine::Plan;"),
        ("engine", "use crate::{models::ModelFolder, session};"),
        ("engine", "fn f() { crate::term::show() }"),
        ("engine", "use tokio::time;"),
        ("engine", "use crate::metrics::Judges;"),
        ("metrics", "use crate::session::Session;"),
        ("session", "use candle_core::Tensor;"),
        ("attic", "fn f() {}"),
    ] {
        assert!(!wrong_arrows(&file(room, text)).is_empty(), "{room}: {text}");
    }
    for (room, text) in [
        ("engine", "use crate::models::ModelFolder; // like crate::term::show"),
        ("cli", "use crate::{engine::{Plan, Pipeline}, util::text};"),
        ("recipe", "/// See [`crate::engine`].\nfn f() {}"),
        ("models", "const A: &str = \"crate::cli::x\";"),
    ] {
        assert_eq!(wrong_arrows(&file(room, text)), Vec::<String>::new());
    }
    assert!(prints(&file("engine", "fn f() { println!(\"x\"); }")).is_some());
    assert!(prints(&file("engine", "#[cfg(test)]\nmod tests { fn f() { dbg!(1); } }")).is_none());
    assert!(long_file(&file("engine", &"fn f() {}\n".repeat(301))).is_some());
    assert!(undocumented(&file("engine", "#[derive(Debug)]\npub struct X;")).is_some());
    assert!(undocumented(&file("engine", "/// X.\n#[derive(Debug)]\npub struct X;")).is_none());
    assert!(panics(&file("engine", "fn f() { g().unwrap() }")).is_some());
    assert!(panics(&file("engine", "fn f() { g().unwrap_or(1) } // .unwrap()")).is_none());
}

fn wrong_arrows(file: &Source) -> Vec<String> {
    let Some(room) = file.room() else { return Vec::new() };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: the room {room} is not on the map", file.name)];
    };
    let mut wrong = Vec::new();
    for named in file.named_rooms() {
        let known = ARROWS.iter().any(|(name, _)| *name == named);
        if known && named != room && named != "util" && !allowed.contains(&&*named) {
            wrong.push(format!("{}: {room} may not know {named}", file.name));
        }
    }
    if NO_CANDLE.contains(&&*room) && file.code().contains("candle_") {
        wrong.push(format!("{}: {room} may not know tensors", file.name));
    }
    if room == "engine" && file.code().contains("tokio") {
        wrong.push(format!("{}: engine may not know tokio", file.name));
    }
    wrong
}

fn long_file(file: &Source) -> Option<String> {
    let lines = file.without_tests().lines().count();
    (lines > 300).then(|| format!("{}: {lines} lines; split it", file.name))
}

fn prints(file: &Source) -> Option<String> {
    let macros = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
    let code = file.code_without_tests();
    let found = macros.iter().find(|name| {
        code.match_indices(*name).any(|(at, _)| !code[..at].ends_with(char::is_alphanumeric))
    })?;
    (file.name != "cli/output.rs").then(|| format!("{}: {found} outside cli/output.rs", file.name))
}

fn undocumented(file: &Source) -> Option<String> {
    let text = file.without_tests();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let kinds = ["fn ", "struct ", "enum ", "trait ", "const ", "static ", "type ", "unsafe fn "];
    let item = |line: &str| {
        line.strip_prefix("pub ").is_some_and(|rest| kinds.iter().any(|k| rest.starts_with(k)))
    };
    (0..lines.len()).filter(|i| item(lines[*i])).find_map(|i| {
        let mut above = lines[..i].iter().rev().skip_while(|l| is_attribute(l));
        let documented = above.next().is_some_and(|l| l.starts_with("///"));
        (!documented).then(|| format!("{}: line {}: no documentation", file.name, i + 1))
    })
}

fn is_attribute(line: &str) -> bool {
    line.starts_with("#[") || line.ends_with(")]") || line.ends_with("])]") || line.ends_with(',')
}

fn panics(file: &Source) -> Option<String> {
    let words = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("];
    let code = file.code_without_tests();
    let found = words.iter().find(|word| code.contains(*word))?;
    Some(format!("{}: {found} outside tests", file.name))
}
