//! Wrong options, prompts, recipes and folders.

use super::{Case, assert_refused};
use crate::program::{Home, tiny};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `paint` with the tiny model and these arguments.
fn paint(more: &[&str]) -> Vec<String> {
    let mut all = vec!["paint".to_owned(), "--model".to_owned(), tiny().display().to_string()];
    all.extend(more.iter().map(|s| (*s).to_owned()));
    all
}

/// A recipe of the tiny model with one line changed.
fn recipe(home: &Home, from: &str, to: &str) -> Vec<String> {
    home.paint(&["a fox", "--out", "first"]).done();
    let text = home.run(&["info", "first/01-a-fox.png"]).done().stdout;
    assert!(text.contains(from), "{text}");
    home.file("r.yaml", text.replacen(from, to, 1));
    words("paint --recipe r.yaml")
}

const OPTIONS: [Case; 27] = [
    Case { name: "no prompt", arrange: |_| paint(&[]), code: 2, words: &["no prompt"] },
    Case {
        name: "empty prompt",
        arrange: |_| paint(&["a fox", " "]),
        code: 2,
        words: &["panel 2", "empty"],
    },
    Case { name: "empty pipe", arrange: |_| paint(&["-"]), code: 2, words: &["no prompt"] },
    Case {
        name: "0 steps",
        arrange: |_| paint(&["a", "--steps", "0"]),
        code: 2,
        words: &["steps is 0", "1 to 1000"],
    },
    Case {
        name: "10,000 steps",
        arrange: |_| paint(&["a", "--steps", "10000"]),
        code: 2,
        words: &["steps is 10000"],
    },
    Case {
        name: "negative steps",
        arrange: |_| paint(&["a", "--steps=-1"]),
        code: 2,
        words: &["--steps"],
    },
    Case {
        name: "NaN guidance",
        arrange: |_| paint(&["a", "--guidance", "NaN"]),
        code: 2,
        words: &["guidance scale is NaN"],
    },
    Case {
        name: "negative weight",
        arrange: |_| paint(&["a", "b", "--reference-weight", "-1"]),
        code: 2,
        words: &["reference weight is -1"],
    },
    Case {
        name: "infinite scale",
        arrange: |_| paint(&["a", "b", "--score-scale", "inf"]),
        code: 2,
        words: &["score scale is inf"],
    },
    Case {
        name: "odd size",
        arrange: |_| paint(&["a", "--size", "65x64"]),
        code: 2,
        words: &["65", "divisible"],
    },
    Case {
        name: "no size",
        arrange: |_| paint(&["a", "--size", "0"]),
        code: 2,
        words: &["width is 0"],
    },
    Case {
        name: "huge size",
        arrange: |_| paint(&["a", "--size", "99999x64"]),
        code: 2,
        words: &["width is 99999"],
    },
    Case {
        name: "a size in words",
        arrange: |_| paint(&["a", "--size", "big"]),
        code: 2,
        words: &["768x512"],
    },
    Case {
        name: "short mask",
        arrange: |_| paint(&["a", "b", "--layer-mask", "1"]),
        code: 2,
        words: &["mask"],
    },
    Case {
        name: "wrong mask",
        arrange: |_| paint(&["a", "b", "--layer-mask", "1x"]),
        code: 2,
        words: &["mask", "'x'"],
    },
    Case {
        name: "too many panels",
        arrange: |_| paint(&["a", "-n", "1001"]),
        code: 2,
        words: &["1001 panels", "1000"],
    },
    Case {
        name: "half a bracket",
        arrange: |_| paint(&["a fox", "a (red bear"]),
        code: 2,
        words: &["the ( at character 3", "\\("],
    },
    Case {
        name: "a wild weight",
        arrange: |_| paint(&["a (fox:99)"]),
        code: 2,
        words: &["weight 99", "0 to 5"],
    },
    Case {
        name: "too many alternatives",
        arrange: |_| paint(&["{1..99} {1..99}"]),
        code: 2,
        words: &["9801 prompts", "1000"],
    },
    Case {
        name: "no such list",
        arrange: |_| paint(&["a __beast__"]),
        code: 2,
        words: &["no list __beast__", "wildcards"],
    },
    Case {
        name: "several styles",
        arrange: |_| paint(&["a fox", "--style", "{oil|ink}"]),
        code: 2,
        words: &["style", "alternatives"],
    },
    Case {
        name: "last seed",
        arrange: |_| paint(&["a", "b", "--seed", "18446744073709551615"]),
        code: 2,
        words: &["seeds pass"],
    },
    Case {
        name: "two wills",
        arrange: |_| paint(&["a", "b", "--no-align", "--score-scale", "2"]),
        code: 2,
        words: &["--no-align"],
    },
    Case {
        name: "no such device",
        arrange: |_| paint(&["a", "--device", "abacus"]),
        code: 2,
        words: &["cpu", "cuda:N"],
    },
    Case {
        name: "half on the CPU",
        arrange: |_| paint(&["a", "--device", "cpu", "--precision", "f16"]),
        code: 2,
        words: &["f16 needs a GPU"],
    },
    Case {
        name: "no memory",
        arrange: |_| paint(&["a", "b", "--memory", "100k"]),
        code: 4,
        words: &["MB", "free"],
    },
    Case {
        name: "steering option",
        arrange: |_| paint(&["a", "--steps", "\x1b[2J\u{202e}"]),
        code: 2,
        words: &["--steps"],
    },
];

#[test]
fn options() {
    assert_refused(&OPTIONS);
}

const FILES: [Case; 14] = [
    Case {
        name: "no file",
        arrange: |_| paint(&["--file", "gone.txt"]),
        code: 2,
        words: &["gone.txt"],
    },
    Case {
        name: "no prompt in the file",
        arrange: |home| {
            home.file("p.txt", b"\n# a fox\n  \n");
            paint(&["--file", "p.txt"])
        },
        code: 2,
        words: &["no prompt"],
    },
    Case {
        name: "a folder",
        arrange: |_| paint(&["--file", "."]),
        code: 2,
        words: &["cannot read"],
    },
    Case {
        name: "no text",
        arrange: |home| {
            home.file("p.txt", b"a fox\nno \xff text\n");
            paint(&["--file", "p.txt"])
        },
        code: 2,
        words: &["p.txt, line 2", "UTF-8"],
    },
    Case {
        name: "a long file",
        arrange: |home| {
            home.file("p.txt", "a fox\n".repeat(1_000_000));
            paint(&["--file", "p.txt"])
        },
        code: 2,
        words: &["longer than 4 MiB"],
    },
    Case {
        name: "a wrong list",
        arrange: |home| {
            home.file("p.yaml", "- a fox\n- subject: a bear\n  sed: 7\n");
            paint(&["--file", "p.yaml"])
        },
        code: 2,
        words: &["p.yaml, line 3", "sed"],
    },
    Case {
        name: "aliases of aliases",
        arrange: |home| {
            let mut bomb = "- &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
            for n in 1..30 {
                let m = n - 1;
                bomb.push_str(&format!(
                    "- &a{n} [*a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}]\n"
                ));
            }
            home.file("p.yaml", bomb);
            paint(&["--file", "p.yaml"])
        },
        code: 2,
        words: &["p.yaml"],
    },
    Case {
        name: "deep nesting",
        arrange: |home| {
            home.file("p.yaml", "[".repeat(100_000));
            paint(&["--file", "p.yaml"])
        },
        code: 2,
        words: &["p.yaml"],
    },
    Case {
        name: "a picture without recipe",
        arrange: |_| {
            let image = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/images/canny_a.png");
            words(&format!("paint --recipe {image}"))
        },
        code: 2,
        words: &["no recipe"],
    },
    Case {
        name: "an unknown field",
        arrange: |home| recipe(home, "steps:", "stepz:"),
        code: 2,
        words: &["r.yaml, line", "stepz"],
    },
    Case {
        name: "a later version",
        arrange: |home| recipe(home, "version: 1", "version: 2"),
        code: 2,
        words: &["version 2"],
    },
    Case {
        name: "another model",
        arrange: |home| recipe(home, "  hash: ", "  hash: 00"),
        code: 3,
        words: &["not the model of the recipe", "--model"],
    },
    Case {
        name: "a steering recipe",
        arrange: |home| recipe(home, "subject: a fox", "subject: \"a \\e[2J fox\""),
        code: 2,
        words: &["control characters", "exactly"],
    },
    Case {
        name: "a recipe and prompts",
        arrange: |_| words("paint --recipe r.yaml a fox"),
        code: 2,
        words: &["--recipe"],
    },
];

#[test]
fn files() {
    assert_refused(&FILES);
}

const FOLDERS: [Case; 2] = [
    Case {
        name: "a file in the way",
        arrange: |home| {
            home.file("out", b"");
            paint(&["a", "--out", "out"])
        },
        code: 2,
        words: &["cannot write", "--out"],
    },
    Case {
        name: "a system folder",
        arrange: |_| paint(&["a", "--out", "/proc/out"]),
        code: 2,
        words: &["cannot write"],
    },
];

#[test]
#[cfg(target_os = "linux")]
fn folders() {
    assert_refused(&FOLDERS);
}

/// A fault that is known early is not paid for with the loading of a model.
#[test]
fn the_folder_is_tried_before_the_weights_are_read() {
    let home = Home::new();
    let model = home.path().join("m");
    super::copy_folder(&tiny(), &model);
    let weights = model.join("unet/diffusion_pytorch_model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    // A tensor of another name: only loading can find that.
    let at = bytes.windows(7).position(|w| w == b"conv_in").unwrap();
    bytes[at..at + 7].copy_from_slice(b"conv_xx");
    crate::program::write(&weights, &bytes);
    home.file("out", b"");
    let run = |out: &str| home.run(&["paint", "a", "--size", "64", "--model", "./m", "--out", out]);
    assert_eq!(run("free").code, Some(3), "{}", run("free").all());
    assert_eq!(run("out").code, Some(2), "{}", run("out").all());
}
