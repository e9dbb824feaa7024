//! Models that are missing, damaged or lie.

use std::path::Path;

use super::{Case, assert_refused, copy_folder};
use crate::program::{Home, tiny, write};

const UNET: &str = "unet/diffusion_pytorch_model.safetensors";

/// A copy of a model, changed, and the arguments to paint with it.
fn changed(home: &Home, from: &Path, change: impl Fn(&Path)) -> Vec<String> {
    let folder = home.path().join("m");
    copy_folder(from, &folder);
    change(&folder);
    ["paint", "a fox", "--steps", "1", "--device", "cpu", "--model", "./m"]
        .map(str::to_owned)
        .to_vec()
}

fn bytes(home: &Home, change: fn(&mut Vec<u8>)) -> Vec<String> {
    changed(home, &tiny(), |folder| {
        let mut bytes = std::fs::read(folder.join(UNET)).unwrap();
        change(&mut bytes);
        write(&folder.join(UNET), &bytes);
    })
}

/// Replaces a value in a JSON file.
fn json(
    home: &Home,
    file: &'static str,
    field: &'static str,
    value: serde_json::Value,
) -> Vec<String> {
    changed(home, &tiny(), |folder| {
        let path = folder.join(file);
        let mut document: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(document.get(field).is_some(), "{file} has no {field}");
        document[field] = value.clone();
        write(&path, document.to_string().as_bytes());
    })
}

/// Changes the safetensors header and its length.
fn header(bytes: &mut Vec<u8>, change: impl Fn(&str) -> String) {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let old = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    let new = change(old);
    assert_ne!(old, new);
    let mut all = (new.len() as u64).to_le_bytes().to_vec();
    all.extend(new.as_bytes());
    all.extend(&bytes[8 + length..]);
    *bytes = all;
}

fn arguments(model: &str) -> Vec<String> {
    ["paint", "a fox", "--model", model].map(str::to_owned).to_vec()
}

const PLACES: [Case; 7] = [
    Case {
        name: "no folder",
        arrange: |_| arguments("./nowhere"),
        code: 3,
        words: &["no model folder", "nowhere"],
    },
    Case {
        name: "a slip",
        arrange: |_| arguments("minni"),
        code: 3,
        words: &["did you mean", "mini"],
    },
    Case {
        name: "another folder",
        arrange: |_| arguments("."),
        code: 3,
        words: &["model_index.json"],
    },
    Case {
        name: "not downloaded",
        arrange: |_| arguments("acme/none"),
        code: 3,
        words: &["not on this machine", "models pull"],
    },
    Case {
        name: "one file",
        arrange: |home| {
            home.file("m.safetensors", b"x");
            arguments("./m.safetensors")
        },
        code: 3,
        words: &["one file", "folder"],
    },
    Case {
        name: "a pickle",
        arrange: |home| {
            home.file("m.ckpt", b"x");
            arguments("./m.ckpt")
        },
        code: 3,
        words: &["pickle"],
    },
    Case {
        name: "steering name",
        arrange: |_| arguments("./\x1b]0;x\x07"),
        code: 3,
        words: &["no model folder"],
    },
];

#[test]
fn places() {
    assert_refused(&PLACES);
}

const WEIGHTS: [Case; 14] = [
    Case { name: "empty", arrange: |home| bytes(home, Vec::clear), code: 3, words: &["unet"] },
    Case {
        name: "cut in the header",
        arrange: |home| bytes(home, |b| b.truncate(100)),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "cut in the data",
        arrange: |home| bytes(home, |b| b.truncate(b.len() / 2)),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "one byte short",
        arrange: |home| bytes(home, |b| b.truncate(b.len() - 1)),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "endless header",
        arrange: |home| bytes(home, |b| b[..8].fill(0xff)),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "no JSON",
        arrange: |home| bytes(home, |b| b[8] = b'x'),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "all zeros",
        arrange: |home| bytes(home, |b| b.fill(0)),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "a web page",
        arrange: |home| bytes(home, |b| *b = b"<!DOCTYPE html><html>".to_vec()),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "offsets beyond the file",
        arrange: |home| {
            bytes(home, |b| {
                header(b, |text| {
                    text.replacen("data_offsets\":[0,", "data_offsets\":[9000000000,", 1)
                })
            })
        },
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "a shape that its bytes do not fill",
        arrange: |home| {
            bytes(home, |b| header(b, |text| text.replacen("\"shape\":[", "\"shape\":[2,", 1)))
        },
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "a shape beyond all numbers",
        arrange: |home| {
            bytes(home, |b| {
                header(b, |text| {
                    text.replacen("\"shape\":[", "\"shape\":[4294967296,4294967296,4294967296,", 1)
                })
            })
        },
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "an unknown type",
        arrange: |home| bytes(home, |b| header(b, |text| text.replacen("\"F32\"", "\"Q99\"", 1))),
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "another tensor",
        arrange: |home| {
            bytes(home, |b| {
                header(b, |text| text.replacen("conv_in.bias", "conv_in.\u{202e}xx", 1))
            })
        },
        code: 3,
        words: &["unet", "conv_in"],
    },
    Case {
        name: "weights of another part",
        arrange: |home| {
            changed(home, &tiny(), |folder| {
                std::fs::copy(
                    folder.join("vae/diffusion_pytorch_model.safetensors"),
                    folder.join(UNET),
                )
                .unwrap();
            })
        },
        code: 3,
        words: &["unet"],
    },
];

#[test]
fn weights() {
    assert_refused(&WEIGHTS);
}

/// The embedded model's own files, cut and put on disk.
#[test]
fn a_cut_copy_of_mini() {
    assert_refused(&[Case {
        name: "mini, cut",
        arrange: |home| {
            let mini = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/mini");
            changed(home, &mini, |folder| {
                let path = folder.join("vae/diffusion_pytorch_model.safetensors");
                let bytes = std::fs::read(&path).unwrap();
                write(&path, &bytes[..bytes.len() - 64]);
            })
        },
        code: 3,
        words: &["vae"],
    }]);
}

const CONFIGS: [Case; 9] = [
    Case {
        name: "another pipeline",
        arrange: |home| json(home, "model_index.json", "_class_name", "FluxPipeline".into()),
        code: 3,
        words: &["FluxPipeline"],
    },
    Case {
        name: "another activation",
        arrange: |home| json(home, "unet/config.json", "act_fn", "mish".into()),
        code: 3,
        words: &["unet/config.json", "act_fn"],
    },
    Case {
        name: "another block",
        arrange: |home| {
            json(
                home,
                "unet/config.json",
                "down_block_types",
                serde_json::json!(["Magic", "Magic", "Magic"]),
            )
        },
        code: 3,
        words: &["unet/config.json", "Magic"],
    },
    Case {
        name: "another prediction",
        arrange: |home| {
            json(home, "scheduler/scheduler_config.json", "prediction_type", "sample".into())
        },
        code: 3,
        words: &["prediction_type"],
    },
    Case {
        name: "words for numbers",
        arrange: |home| json(home, "unet/config.json", "cross_attention_dim", "many".into()),
        code: 3,
        words: &["unet/config.json"],
    },
    Case {
        name: "no width",
        arrange: |home| json(home, "unet/config.json", "block_out_channels", serde_json::json!([])),
        code: 3,
        words: &["unet/config.json"],
    },
    Case {
        name: "a monstrous width",
        arrange: |home| {
            json(
                home,
                "unet/config.json",
                "block_out_channels",
                serde_json::json!([1_099_511_627_776_u64, 1_099_511_627_776_u64]),
            )
        },
        code: 3,
        words: &["unet"],
    },
    Case {
        name: "half a file",
        arrange: |home| {
            changed(home, &tiny(), |folder| write(&folder.join("vae/config.json"), b"{\"a\":"))
        },
        code: 3,
        words: &["vae/config.json"],
    },
    Case {
        name: "no tokenizer",
        arrange: |home| {
            changed(home, &tiny(), |folder| {
                std::fs::remove_dir_all(folder.join("tokenizer")).unwrap()
            })
        },
        code: 3,
        words: &["tokenizer"],
    },
];

#[test]
fn configurations() {
    assert_refused(&CONFIGS);
}
