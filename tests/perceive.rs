//! Pictures, speech and texts in words, as transformers has them, and the program
//! that does so. The networks are tiny and random: what they say means nothing.

use candle_core::{Device, Tensor};
use predella::imaging::{DecodeLimits, decode_file};
use predella::models::NetFolder;
use predella::perceive::{Captioner, Listener, Rephraser, Sound};
use serde_json::Value;
use std::path::{Path, PathBuf};

use crate::program::{Home, Ran};

/// Most tokens in the goldens, with their opening.
const LONGEST: usize = 12;

/// Networks, a picture, a sound and recorded values; see tools/perceive/goldens.py.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/perceive").join(name)
}

fn folder(name: &str) -> NetFolder {
    NetFolder::open(&data(name)).unwrap()
}

fn ids(name: &str) -> Vec<u32> {
    let file = candle_core::safetensors::load(data("golden.safetensors"), &Device::Cpu).unwrap();
    let ids: &Tensor = &file[name];
    ids.to_vec1::<i64>().unwrap().into_iter().map(|id| id as u32).collect()
}

fn words(name: &str) -> String {
    let text = std::fs::read_to_string(data("words.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[name].as_str().unwrap().to_owned()
}

fn sound() -> Sound {
    Sound::from_wav(&std::fs::read(data("sound.wav")).unwrap()).unwrap()
}

#[test]
fn blip_says_what_transformers_says() {
    let mut captioner = Captioner::load(&folder("tiny-blip"), &Device::Cpu).unwrap();
    let picture = decode_file(&data("picture.png"), &DecodeLimits::default()).unwrap();
    assert_eq!(captioner.tokens(&picture, LONGEST).unwrap(), ids("blip.ids"));
    // What was said before leaves no trace.
    assert_eq!(captioner.tokens(&picture, LONGEST).unwrap(), ids("blip.ids"));
}

#[test]
fn whisper_writes_what_transformers_writes() {
    let mut listener = Listener::load(&folder("tiny-whisper"), "en", &Device::Cpu).unwrap();
    assert_eq!(listener.tokens(sound().samples(), LONGEST).unwrap(), ids("whisper.ids"));
    assert!(Listener::load(&folder("tiny-whisper"), "tlh", &Device::Cpu).is_err());
}

/// What Whisper hears is the same to rounding.
#[test]
fn sound_is_heard_as_transformers_hears_it() {
    let file = candle_core::safetensors::load(data("golden.safetensors"), &Device::Cpu).unwrap();
    let listener = Listener::load(&folder("tiny-whisper"), "en", &Device::Cpu).unwrap();
    let ours = listener.heard(sound().samples()).unwrap();
    let off = (ours - &file["whisper.mel"]).unwrap().abs().unwrap().flatten_all().unwrap();
    let off = off.max(0).unwrap().to_scalar::<f32>().unwrap();
    assert!(off < 1e-4, "{off}");
}

#[test]
fn t5_rephrases_as_transformers_does() {
    let mut rephraser = Rephraser::load(&folder("tiny-t5"), &Device::Cpu).unwrap();
    assert_eq!(rephraser.tokens(&words("t5_from"), LONGEST).unwrap(), ids("t5.ids"));
}

#[test]
fn another_network_is_refused_by_name() {
    let (whisper, blip) = (folder("tiny-whisper"), folder("tiny-blip"));
    let errors = [
        Captioner::load(&whisper, &Device::Cpu).err().unwrap(),
        Listener::load(&blip, "en", &Device::Cpu).err().unwrap(),
        Rephraser::load(&blip, &Device::Cpu).err().unwrap(),
    ];
    for (error, name) in errors.iter().zip(["BLIP", "Whisper", "T5"]) {
        assert!(error.to_string().contains(&format!("this is no {name}")), "{error}");
    }
}

fn said(home: &Home, arguments: &[&str]) -> Ran {
    let path = |name: &str| data(name).to_str().unwrap().to_owned();
    let mut all = vec!["words".to_owned(), "--yes".into(), "--device".into(), "cpu".into()];
    for (option, name) in
        [("--captioner", "tiny-blip"), ("--listener", "tiny-whisper"), ("--rephraser", "tiny-t5")]
    {
        all.extend([option.to_owned(), path(name)]);
    }
    all.extend(arguments.iter().map(|one| match *one {
        "picture.png" | "sound.wav" => path(one),
        one => one.to_owned(),
    }));
    home.run(&all)
}

#[test]
fn all_sources_come_to_one_prompt() {
    let home = Home::new();
    home.file("rain.txt", "EDDB 281620Z 24025G38KT 4000 -SHRA OVC030 07/05 Q1002");
    home.file("story.txt", "a castle\nby  night");
    let arguments = ["--picture", "picture.png", "--speech", "sound.wav"];
    let more = ["--weather", "rain.txt", "--text", "story.txt", "--style", "ink", "--json"];
    let found = said(&home, &[&arguments[..], &more].concat()).done().json();
    let parts = found["parts"].as_array().unwrap();
    assert_eq!(parts[2]["words"], "light rain showers, overcast sky, cold, strong wind");
    assert_eq!(parts[3]["words"], "a castle by night");
    let joined: Vec<&str> = parts.iter().map(|part| part["words"].as_str().unwrap()).collect();
    assert_eq!(found["prompt"], format!("{}, ink", joined.join(", ")));
    assert!(parts[0]["words"].as_str().unwrap().starts_with(&words("blip")), "{found}");
}

#[test]
fn words_go_on_to_the_painter() {
    let home = Home::new();
    let ran = said(&home, &["--weather", "fog over the sea"]).done();
    assert_eq!(ran.stdout, "fog over the sea\n");
    let args = ["paint", "-", "--dry-run", "--json"];
    let found = home.run_with(&args, ran.stdout.as_bytes()).done().json();
    assert_eq!(found["recipe"]["panels"][0]["subject"], "fog over the sea", "{found}");
}

#[test]
fn without_an_editor_nothing_is_guessed() {
    let home = Home::new();
    let ran = home.run(&["words", "--weather", "fog"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    let ran = home.run(&["words", "--picture", data("picture.png").to_str().unwrap(), "--yes"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
    assert!(ran.stderr.contains("predella models pull Salesforce"), "{}", ran.stderr);
}
