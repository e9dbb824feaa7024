//! Help, completions and manual pages.

use crate::program::Home;

const VERBS: [&str; 18] = [
    "paint",
    "grid",
    "info",
    "show",
    "control",
    "prompt",
    "style",
    "session",
    "replay",
    "metrics",
    "do",
    "keys",
    "themes",
    "models",
    "bench",
    "doctor",
    "completions",
    "man",
];

#[test]
fn the_help_is_as_published() {
    let home = Home::new();
    for verb in VERBS.into_iter().chain(["", "session check", "session gc", "session export"]) {
        let arguments: Vec<&str> = verb.split_whitespace().chain(["--help"]).collect();
        let ran = home.run(&arguments).done();
        assert_eq!(ran.stderr, "");
        let name = format!(
            "help_{}",
            if verb.is_empty() { "predella".into() } else { verb.replace(' ', "_") }
        );
        insta::assert_snapshot!(name, ran.stdout);
    }
}

#[test]
fn every_shell_has_completions_and_every_verb_a_page() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).done().stdout;
        assert!(script.contains("reference-weight"), "{shell}: {script}");
    }
    let page = home.run(&["man"]).done().stdout;
    assert!(
        page.contains(".TH predella") && page.contains("EXIT CODES") || page.contains("Exit codes"),
        "{page}"
    );
    for verb in VERBS {
        let page = home.run(&["man", verb]).done().stdout;
        assert!(page.contains(&format!("predella\\-{verb}")), "{page}");
    }
    let ran = home.run(&["man", "dance"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
}

#[test]
fn without_a_verb_and_a_terminal_there_is_no_studio() {
    let ran = Home::new().run::<&str>(&[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("error: the studio needs a terminal"), "{}", ran.all());
    assert!(ran.stderr.contains("predella paint"), "{}", ran.all());
}

#[test]
fn the_version_is_the_packages() {
    let ran = Home::new().run(&["--version"]).done();
    assert_eq!(ran.stdout, format!("predella {}\n", env!("CARGO_PKG_VERSION")));
}
