//! Sources of words that are none.

use super::{Case, assert_refused};
use crate::program::Home;

fn words(arguments: &[&str]) -> Vec<String> {
    ["words", "--yes"].iter().chain(arguments).map(|one| (*one).to_owned()).collect()
}

/// A WAV file's head that promises `bytes` of sound and holds none.
fn promising(bytes: u32) -> Vec<u8> {
    let mut head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    head.extend(16_000u32.to_le_bytes());
    head.extend(32_000u32.to_le_bytes());
    head.extend(b"\x02\0\x10\0data");
    head.extend(bytes.to_le_bytes());
    head
}

/// A WAV file of so many equal samples.
fn flat(count: u32, sample: i16) -> Vec<u8> {
    let mut file = promising(2 * count);
    file.extend((0..count).flat_map(|_| sample.to_le_bytes()));
    file
}

/// A network's folder with a configuration and weights that are none.
fn music_by(home: &Home, config: &str, weights: &str) -> Vec<String> {
    home.file("a.wav", include_bytes!("../perceive/sound.wav"));
    home.file("net/config.json", config);
    home.file(&format!("net/{weights}"), "nothing");
    words(&["--music", "a.wav", "--critic", "net"])
}

#[test]
fn music_that_is_none() {
    assert_refused(&[
        Case {
            name: "music that is not sound",
            arrange: |home: &Home| {
                home.file("a.wav", "this is a text");
                words(&["--music", "a.wav"])
            },
            code: 1,
            words: &["a.wav", "no WAV file"],
        },
        Case {
            name: "music without a sample",
            arrange: |home| {
                home.file("a.wav", promising(0));
                words(&["--music", "a.wav"])
            },
            code: 1,
            words: &["silent"],
        },
        Case {
            name: "silence",
            arrange: |home| {
                home.file("a.wav", flat(16_000, 0));
                words(&["--music", "a.wav"])
            },
            code: 1,
            words: &["silent"],
        },
        Case {
            name: "music that is too long",
            arrange: |home| {
                home.file("a.wav", promising(u32::MAX - 1));
                words(&["--music", "a.wav"])
            },
            code: 1,
            words: &["longer than 600 seconds"],
        },
        Case {
            name: "one label",
            arrange: |home| {
                home.file("a.wav", flat(16_000, 900));
                home.file("l.txt", "calm\n");
                words(&["--music", "a.wav", "--labels", "l.txt"])
            },
            code: 2,
            words: &["two labels at least"],
        },
        Case {
            name: "a share that is none",
            arrange: |_| words(&["--music", "a.wav", "--least", "40"]),
            code: 2,
            words: &["from 0 to 1"],
        },
    ]);
}

#[test]
fn networks_that_hear_no_music() {
    assert_refused(&[
        Case {
            name: "another network",
            arrange: |home: &Home| {
                music_by(home, r#"{"model_type": "whisper"}"#, "model.safetensors")
            },
            code: 3,
            words: &["no CLAP"],
        },
        Case {
            name: "a fused one",
            arrange: |home| {
                let fused = r#"{"model_type": "clap", "audio_config": {"enable_fusion": true}}"#;
                music_by(home, fused, "model.safetensors")
            },
            code: 3,
            words: &["fused", "laion/clap-htsat-unfused"],
        },
        Case {
            name: "one of absurd sizes",
            arrange: |home| {
                let absurd = r#"{"model_type": "clap", "audio_config": {"spec_size": 9999999999}}"#;
                music_by(home, absurd, "model.safetensors")
            },
            code: 3,
            words: &["sizes that no CLAP has"],
        },
        Case {
            name: "a pickle",
            arrange: |home| music_by(home, r#"{"model_type": "clap"}"#, "pytorch_model.bin"),
            code: 3,
            words: &["pickle"],
        },
        Case {
            name: "weights that are none",
            arrange: |home| music_by(home, r#"{"model_type": "clap"}"#, "model.safetensors"),
            code: 3,
            words: &["model.safetensors"],
        },
        Case {
            name: "a network that is not on this machine",
            arrange: |home| {
                home.file("a.wav", include_bytes!("../perceive/sound.wav"));
                words(&["--music", "a.wav"])
            },
            code: 3,
            words: &["predella models pull laion/clap-htsat-unfused"],
        },
    ]);
}

#[test]
fn sources_that_are_none() {
    assert_refused(&[
        Case {
            name: "sound that is not sound",
            arrange: |home: &Home| {
                home.file("a.wav", "this is a text");
                words(&["--speech", "a.wav"])
            },
            code: 1,
            words: &["no WAV file"],
        },
        Case {
            name: "a sound that promises hours",
            arrange: |home| {
                home.file("a.wav", promising(u32::MAX - 1));
                words(&["--speech", "a.wav"])
            },
            code: 1,
            words: &["longer than 600 seconds"],
        },
        Case {
            name: "a sound that ends too soon",
            arrange: |home| {
                home.file("a.wav", promising(32_000));
                words(&["--speech", "a.wav"])
            },
            code: 1,
            words: &["a.wav", "damaged"],
        },
        Case {
            name: "a picture that is none",
            arrange: |home| {
                home.file("a.png", "text");
                words(&["--picture", "a.png"])
            },
            code: 1,
            words: &["a.png", "no picture"],
        },
        Case {
            name: "a folder of another network",
            arrange: |home| {
                home.file("a.txt", "a fox");
                home.file("net/config.json", "{\"model_type\": \"bert\"}");
                words(&["--text", "a.txt", "--rephrase", "--rephraser", "net"])
            },
            code: 3,
            words: &["no T5"],
        },
        Case {
            name: "a network of absurd sizes",
            arrange: |home| {
                home.file("a.txt", "a fox");
                let absurd =
                    r#"{"model_type": "t5", "relative_attention_num_buckets": 99999999999}"#;
                home.file("net/config.json", absurd);
                words(&["--text", "a.txt", "--rephrase", "--rephraser", "net"])
            },
            code: 3,
            words: &["relative_attention_num_buckets"],
        },
        Case {
            name: "a network without heads",
            arrange: |home| {
                home.file("a.wav", include_bytes!("../perceive/sound.wav"));
                let absurd = r#"{"model_type": "whisper", "encoder_attention_heads": 0}"#;
                home.file("net/config.json", absurd);
                words(&["--speech", "a.wav", "--listener", "net"])
            },
            code: 3,
            words: &["encoder_attention_heads = 0"],
        },
        Case {
            name: "a folder that is not there",
            arrange: |home| {
                home.file("a.txt", "a fox");
                words(&["--text", "a.txt", "--rephrase", "--rephraser", "./nowhere"])
            },
            code: 3,
            words: &["nowhere"],
        },
        Case {
            name: "weather without weather",
            arrange: |home| {
                home.file("w.json", "{\"main\": {}}");
                words(&["--weather", "w.json"])
            },
            code: 1,
            words: &["says nothing of the weather"],
        },
        Case {
            name: "a text that is too long",
            arrange: |home| {
                home.file("a.txt", "word ".repeat(20_000));
                words(&["--text", "a.txt"])
            },
            code: 1,
            words: &["larger than"],
        },
        Case {
            name: "a text that is no text",
            arrange: |home| {
                home.file("a.txt", [0xff, 0xfe, 0x00]);
                words(&["--text", "a.txt"])
            },
            code: 2,
            words: &["no UTF-8 text"],
        },
        Case { name: "no source at all", arrange: |_| words(&[]), code: 2, words: &["--picture"] },
    ]);
}
