//! Input that is odd but can be painted: it is, and says what is odd.

use crate::goldens::oracle;
use crate::program::{Home, tiny};
use image::{ImageBuffer, Luma};
use predella::engine::read_picture;

#[test]
fn one_prompt_has_nothing_to_align_to() {
    let home = Home::new();
    let ran = home.paint(&["a fox", "--seed", "1"]).done();
    assert!(ran.stderr.contains("nothing to align to"), "{}", ran.all());
    assert_eq!(home.names("predella-out"), ["01-a-fox.png"]);
}

#[test]
fn what_is_cut_off_a_long_prompt_is_shown() {
    let home = Home::new();
    let long = format!("a fox {} and the very last words", "with many colours ".repeat(40));
    let ran = home.paint(&["a bear", &long, "--json"]).done();
    let warning = ran.json()["warnings"][0].as_str().unwrap().to_owned();
    assert!(warning.starts_with("prompt 2 has "), "{warning}");
    let cut = warning.split_once("cut off: \"").unwrap().1.trim_end_matches('"');
    assert!(long.ends_with(cut) && cut.len() < long.len(), "{cut:?}");
    assert!(ran.stderr.contains(cut), "{}", ran.all());
}

/// Grey, and grey with sixteen bits, steers as the same in colours does.
#[test]
fn grey_and_deep_maps_are_followed() {
    let home = Home::new();
    let light = |x: u32, y: u32| if (16..48).contains(&x) && y > 20 { 200u8 } else { 40 };
    let path = |name: &str| home.path().join(name);
    ImageBuffer::from_fn(64, 64, |x, y| image::Rgb([light(x, y); 3]))
        .save(path("rgb.png"))
        .unwrap();
    ImageBuffer::from_fn(64, 64, |x, y| Luma([light(x, y)])).save(path("grey.png")).unwrap();
    let deep = ImageBuffer::from_fn(64, 64, |x, y| Luma([u16::from(light(x, y)) * 257]));
    deep.save(path("deep.png")).unwrap();
    let net = oracle().join("tiny-sdxl-controlnet").display().to_string();
    let paint = |kind: &str, name: &str| {
        let (map, out) = (format!("{kind}:{name}.png"), format!("{kind}-{name}"));
        let steered = ["--control-model", &net, "--control", &map, "--out", &out];
        home.paint(&[&["a fox", "an owl", "--seed", "1"], &steered[..]].concat()).done();
        read_picture(&path(&format!("{out}/02-an-owl.png"))).unwrap().0
    };
    for kind in ["canny", "depth", "raw"] {
        let colours = paint(kind, "rgb");
        for name in ["grey", "deep"] {
            assert!(paint(kind, name) == colours, "{kind} {name}");
        }
    }
}

#[test]
fn control_characters_are_taken_out_and_counted() {
    let home = Home::new();
    let ran = home
        .paint(&[
            "a \x1b7fox\x07\u{202e}",
            "a bear",
            "--style",
            "in\u{9b}k",
            "--seed",
            "1",
            "--json",
        ])
        .done();
    assert!(!ran.steers(), "{}", ran.all());
    let result = ran.json();
    assert_eq!(result["panels"][0]["prompt"], "a 7fox, ink");
    let warnings = result["warnings"].to_string();
    assert!(
        warnings.contains("prompt 1 held 3") && warnings.contains("the style held 1"),
        "{warnings}"
    );
}

#[test]
fn nothing_hostile_reaches_the_terminal_from_any_verb() {
    let home = Home::new();
    let name = "\x1b]0;owned\x07\u{202e}.png";
    home.file(name, b"no picture");
    home.file("folder\x1b[31m/model_index.json", b"{\"_class_name\":\"\\u001b[2JPipeline\"}");
    let model = tiny();
    for arguments in [
        vec!["info", name],
        vec!["show", name],
        vec!["paint", "--recipe", name],
        vec!["paint", "--file", name],
        vec!["paint", "a", "--model", "./folder\x1b[31m"],
        vec!["paint", "a", "--model", "\x1b[2J/x"],
        vec!["models", "verify", "./folder\x1b[31m"],
        vec!["models", "pull", "\x1b[2J"],
        vec!["man", "\x1b[2J"],
        vec!["\x1b[2J"],
        vec![
            "paint",
            "a",
            "--steps",
            "1",
            "--size",
            "64",
            "--out",
            "out\x1b[2J",
            "--model",
            model.to_str().unwrap(),
        ],
    ] {
        for json in [&[][..], &["--json"]] {
            let ran = home.run(&[&arguments[..], json].concat());
            assert!(!ran.steers(), "{arguments:?}: {:?}", ran.all());
            assert!(!ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.all());
        }
    }
}
