//! Words taken from files onto the studio's board, from a script. The networks are
//! tiny and random: what they say means nothing.

use serde_json::Value;

use crate::perceive::data;
use crate::program::{Home, Ran};

/// Puts a tiny network where a download of that name would be.
fn install(home: &Home, repository: &str, tiny: &str) {
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    let folder = format!("hub/models--{}", repository.replace('/', "--"));
    home.file(&format!("{folder}/refs/main"), COMMIT);
    for entry in std::fs::read_dir(data(tiny)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        home.file(&format!("{folder}/snapshots/{COMMIT}/{name}"), bytes);
    }
}

fn done(home: &Home, actions: &[&str]) -> Ran {
    home.run(&[&["do", "--session", "s", "--json"], actions].concat())
}

fn subjects(ran: &Ran) -> Vec<String> {
    let subjects = ran.json()["draft"]["subjects"].clone();
    let text = |subject: &Value| match subject {
        Value::String(text) => text.clone(),
        more => more["subject"].as_str().or(more["text"].as_str()).unwrap().to_owned(),
    };
    subjects.as_array().unwrap().iter().map(text).collect()
}

#[test]
fn files_become_words_on_the_board() {
    let home = Home::new();
    home.run(&["session", "new", "s"]).done();
    install(&home, "Salesforce/blip-image-captioning-base", "tiny-blip");
    install(&home, "openai/whisper-small", "tiny-whisper");
    install(&home, "laion/clap-htsat-unfused", "tiny-clap");
    let path = |name: &str| data(name).to_str().unwrap().to_owned();
    home.file("rain.metar", "EDDB 281620Z 24025G38KT 4000 -SHRA OVC030 07/05 Q1002");
    home.file("castle.txt", "a castle\nby night\n");
    let castle = format!("words={}", home.path().join("castle.txt").display());
    let rain = format!("words={}", home.path().join("rain.metar").display());
    let ran = done(&home, &[&castle, &rain]).done();
    let wet = "a castle by night, light rain showers, overcast sky, cold, strong wind";
    assert_eq!(subjects(&ran), [wet]);
    let (picture, speech) = (path("picture.png"), path("sound.wav"));
    let ran = done(&home, &[&format!("words={picture}"), &format!("words={speech}")]).done();
    let found = subjects(&ran);
    let said = std::fs::read_to_string(data("words.json")).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].starts_with(said["blip"].as_str().unwrap()), "{found:?}");
    assert!(found[2].starts_with("in in red"), "{found:?}");
    let ran = done(&home, &["top", "up", &format!("music={speech}")]).done();
    let style = ran.json()["draft"]["style_prompt"].as_str().unwrap().to_owned();
    assert!(!style.is_empty(), "{}", ran.all());
    let ran = done(&home, &["undo"]).done();
    assert_eq!(subjects(&ran).len(), 3);
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let home = Home::new();
    home.run(&["session", "new", "s"]).done();
    let speech = data("sound.wav").to_str().unwrap().to_owned();
    for (action, words) in [
        (format!("words={}", data("picture.png").display()), "predella models pull Salesforce/"),
        (format!("words={speech}"), "predella models pull openai/whisper-small"),
        (format!("music={speech}"), "predella models pull laion/clap-htsat-unfused"),
        ("music=/nowhere/song.wav".to_owned(), "cannot be read"),
        ("words=/nowhere/a.txt".to_owned(), "cannot be read"),
        ("words".to_owned(), "words takes a text"),
    ] {
        let ran = done(&home, &[&action]);
        assert_eq!(ran.code, Some(2), "{action}: {}", ran.all());
        assert!(ran.stderr.contains(words), "{action}: {}", ran.all());
    }
}
