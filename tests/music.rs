//! What music is like, as transformers has it, and the words that the program makes of it.
//! The network is tiny and random: what it says means nothing.

use candle_core::{Device, Tensor};
use predella::models::NetFolder;
use predella::perceive::{Critic, Labels, Sound};
use std::collections::HashMap;

use crate::perceive::data;
use crate::program::{Home, Ran};

/// The labels of tools/perceive/clap.py.
const LABELS: &str = "calm = calm and quiet music\njoyful\nold = old music in the rain\n";
/// The samples a second that the tiny network hears.
const RATE: usize = 48_000;

fn goldens() -> HashMap<String, Tensor> {
    candle_core::safetensors::load(data("golden.safetensors"), &Device::Cpu).unwrap()
}

fn critic() -> Critic {
    Critic::load(&NetFolder::open(&data("tiny-clap")).unwrap(), &Device::Cpu).unwrap()
}

/// Less than it hears at a time, and more.
fn pieces() -> [Vec<f32>; 2] {
    let sound = Sound::from_wav(&std::fs::read(data("sound.wav")).unwrap()).unwrap();
    let short = sound.samples().to_vec();
    let back: Vec<f32> = short.iter().rev().copied().collect();
    let whole = [&short[..], &back, &short, &short].concat();
    assert!(whole.len() > RATE);
    [short, whole]
}

fn off(ours: &Tensor, theirs: &Tensor) -> f32 {
    assert_eq!(ours.dims(), theirs.dims());
    let off = (ours - theirs).unwrap().abs().unwrap().flatten_all().unwrap();
    off.max(0).unwrap().to_scalar().unwrap()
}

#[test]
fn music_is_heard_as_transformers_hears_it() {
    let (critic, goldens) = (critic(), goldens());
    for (samples, name) in pieces().iter().zip(["clap.mel.short", "clap.mel.whole"]) {
        let off = off(&critic.features(samples).unwrap(), &goldens[name]);
        assert!(off < 1e-3, "{name}: {off} dB");
    }
}

#[test]
fn music_and_labels_stand_where_transformers_has_them() {
    let (critic, goldens) = (critic(), goldens());
    let heard: Vec<Tensor> = pieces().iter().map(|p| critic.hear(p).unwrap()).collect();
    let off_heard = off(&Tensor::cat(&heard, 0).unwrap(), &goldens["clap.heard"]);
    assert!(off_heard < 1e-4, "{off_heard}");
    let labels = Labels::of(LABELS).unwrap();
    let read = labels.iter().map(|label| critic.read(&label.description).unwrap());
    let read = Tensor::cat(&read.collect::<Vec<_>>(), 0).unwrap();
    let off_read = off(&read, &goldens["clap.read"]);
    assert!(off_read < 1e-4, "{off_read}");
}

/// The sound's samples in a file that says that they are so many a second.
fn wav(samples: &[f32]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 4;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    file.extend((RATE as u32).to_le_bytes());
    file.extend((RATE as u32 * 4).to_le_bytes());
    file.extend(b"\x04\0\x20\0data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

fn said(home: &Home, arguments: &[&str]) -> Ran {
    let critic = data("tiny-clap");
    let own = ["words", "--yes", "--device", "cpu", "--critic", critic.to_str().unwrap()];
    home.run(&[&own[..], arguments].concat())
}

#[test]
fn the_labels_that_music_is_likest_become_words() {
    let home = Home::new();
    home.file("labels.txt", LABELS);
    home.file("song.wav", wav(&pieces()[0]));
    let song = ["--music", "song.wav", "--labels", "labels.txt"];
    let ran = said(&home, &[&song[..], &["--weather", "fog over the sea", "--json"]].concat());
    let found = ran.done().json();
    let part = &found["parts"][0];
    let shares: Vec<f32> = goldens()["clap.shares"].to_vec1().unwrap();
    for (words, share) in ["calm", "joyful", "old"].iter().zip(shares) {
        let ours = part["likenesses"].as_array().unwrap();
        let ours = ours.iter().find(|one| one["words"] == *words).unwrap();
        let off = (ours["share"].as_f64().unwrap() as f32 - share).abs();
        assert!(off < 1e-3, "{words}: {off}");
    }
    assert_eq!(part["likenesses"][0]["words"], "calm");
    assert_eq!(part["words"], "calm, old");
    assert_eq!(found["prompt"], "calm, old, fog over the sea");
    let ran = said(&home, &[&song[..], &["--best", "1"]].concat()).done();
    assert_eq!(ran.stdout, "calm\n");
    assert!(ran.stderr.contains("calm 42 %, old 32 %, joyful 27 %"), "{}", ran.stderr);
    let ran = said(&home, &[&song[..], &["--best", "3", "--least", "0.3"]].concat()).done();
    assert_eq!(ran.stdout, "calm, old\n");
    home.file("long.txt", format!("calm\n{}\n", "z".repeat(60)));
    let ran = said(&home, &["--music", "song.wav", "--labels", "long.txt"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert!(ran.stderr.contains("this CLAP reads 1 to 46"), "{}", ran.stderr);
}

#[test]
fn a_persons_own_labels_are_added_to_the_programs() {
    let home = Home::new();
    home.file("song.wav", wav(&pieces()[1]));
    let count = |home: &Home| {
        let ran = said(home, &["--music", "song.wav", "--json"]).done();
        ran.json()["parts"][0]["likenesses"].as_array().unwrap().len()
    };
    let own = count(&home);
    home.file(".config/predella/music.txt", "# mine\nold = old music in the rain\ncalm = calm\n");
    assert_eq!(count(&home), own + 1);
}
