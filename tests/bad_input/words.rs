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
