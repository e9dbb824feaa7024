//! Weights, alternatives and lists, from the command line to the hidden states.

use crate::goldens::oracle;
use crate::program::{Home, tiny};
use candle_core::{Device, Tensor};
use predella::engine::text::PromptEncoder;
use predella::models::ModelFolder;

/// The hidden states of one prompt, a row a token.
fn rows(hidden: &Tensor) -> Vec<Vec<f32>> {
    hidden.squeeze(0).unwrap().to_vec2().unwrap()
}

#[test]
fn weights_move_the_states_of_their_words_alone() {
    for name in ["tiny-sdxl", "tiny-sd15"] {
        let folder = ModelFolder::open(&oracle().join(name)).unwrap();
        let text = PromptEncoder::load(&folder, &Device::Cpu).unwrap();
        let weighted = |prompt: &str| text.encode_weighted(prompt).unwrap();
        let plain = text.encode("a toy train").unwrap();
        let empty = rows(&text.encode("").unwrap().hidden);
        assert_eq!(rows(&weighted("a (toy:1) train").hidden), rows(&plain.hidden), "{name}");

        // Nothing is left of words that count nothing; the frame stays.
        let silent = rows(&weighted("(a toy train:0)").hidden);
        let tokens = text.encoders()[0].tokens("a toy train").unwrap();
        let end = *text.encoders()[0].tokens("").unwrap().get(1).unwrap();
        let words = tokens.iter().position(|id| *id == end).unwrap() - 1;
        assert!(words >= 3);
        for (at, row) in silent.iter().enumerate() {
            let expected =
                if (1..=words).contains(&at) { &empty[at] } else { &rows(&plain.hidden)[at] };
            let near = row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(near, "{name}, token {at}");
        }

        // Only the weighted word's rows move, along the line through the empty prompt's.
        let strong = rows(&weighted("a toy (train:2)").hidden);
        let (mut moved, plain) = (0, rows(&plain.hidden));
        for (at, row) in strong.iter().enumerate() {
            let far = |i: usize| (empty[at][i] + 2.0 * (plain[at][i] - empty[at][i])) - row[i];
            if row == &plain[at] {
                continue;
            }
            moved += 1;
            assert!((0..row.len()).all(|i| far(i).abs() < 1e-4), "{name}, token {at}");
        }
        assert!(moved > 0 && moved < words, "{name}: {moved} of {words}");
    }
}

#[test]
fn alternatives_and_lists_become_the_panels_of_a_set() {
    let home = Home::new();
    home.file(".config/predella/wildcards/tree.txt", "# trees\nbirch\nlarch\n");
    let model = tiny().display().to_string();
    let arguments =
        ["a {red|blue} house", "a (__tree__:1.5)", "--seed", "3", "--json", "--steps", "2"];
    let ran = home
        .run(&[&["paint", "--model", &model, "--size", "64"][..], &arguments].concat())
        .done()
        .json();
    let panels = ran["recipe"]["panels"].as_array().unwrap();
    let subjects: Vec<&str> = panels.iter().map(|p| p["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects[..2], ["a red house", "a blue house"]);
    assert!(["a (birch:1.5)", "a (larch:1.5)"].contains(&subjects[2]), "{subjects:?}");
    let again = home
        .run(&[&["paint", "--model", &model, "--size", "64"][..], &arguments].concat())
        .done()
        .json();
    assert_eq!(again["recipe"], ran["recipe"]);
}

#[test]
fn a_prompt_is_shown_with_its_tokens_and_weights() {
    let home = Home::new();
    let model = tiny().display().to_string();
    let prompt = ["prompt", "a {toy|red} (train:1.3)", "--model", &model];
    let text = home.run(&prompt).done().stdout;
    assert!(text.contains("a toy (train:1.3)\n") && text.contains("a red (train:1.3)\n"), "{text}");
    let found = home.run(&[&prompt[..], &["--json"]].concat()).done().json();
    let encoders = found[0]["encoders"].as_array().unwrap();
    assert_eq!(encoders.len(), 2);
    let weights: Vec<f64> = encoders[0]["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["weight"].as_f64().unwrap())
        .collect();
    assert_eq!(weights[0], 1.0);
    assert!((weights.last().unwrap() - 1.3).abs() < 1e-6, "{weights:?}");
}
