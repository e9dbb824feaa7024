//! Folders with faults, made file by file.

#![allow(clippy::disallowed_methods)]

use super::*;
use crate::models::HeaderFault;

/// A safetensors file with one tensor of these bytes.
pub(in crate::models) fn tensor_file(name: &str, data: &[u8]) -> Vec<u8> {
    tensor_files(&[(name, data)])
}

/// A safetensors file with these tensors, one after the other.
fn tensor_files(tensors: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut entries, mut all) = (Vec::new(), Vec::new());
    for (name, data) in tensors {
        let (start, n) = (all.len(), data.len());
        all.extend_from_slice(data);
        let span = format!("[{start},{}]", all.len());
        entries.push(format!(r#""{name}":{{"dtype":"U8","shape":[{n}],"data_offsets":{span}}}"#));
    }
    let header = format!("{{{}}}", entries.join(","));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &all].concat()
}

const TINY_INDEX: &[u8] = br#"{"_class_name":"StableDiffusionPipeline",
    "unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],
    "text_encoder":["transformers","CLIPTextModel"],"text_encoder_2":[null,null]}"#;

/// A small whole model, with these files added or replaced.
pub(in crate::models) fn tiny(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let weights = tensor_file("w", &[1, 2, 3]);
    let base = ["unet/model", "vae/model", "text_encoder/model"]
        .map(|name| (format!("{name}.safetensors"), &weights[..]));
    let base = base.iter().map(|(name, bytes)| (name.as_str(), *bytes));
    for (name, bytes) in [(INDEX, TINY_INDEX)].into_iter().chain(base).chain(files.iter().copied())
    {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    dir
}

fn open(dir: &tempfile::TempDir) -> ModelFolder {
    ModelFolder::open(dir.path()).unwrap()
}

#[test]
fn a_whole_model_gives_its_files() {
    let dir = tiny(&[("unet/config.json", b"{\"in_channels\":4}"), ("text_encoder_2/x", b"")]);
    let model = open(&dir);
    assert_eq!(model.class(), PipelineClass::StableDiffusion);
    assert_eq!(model.json("unet/config.json").unwrap()["in_channels"], 4);
    assert_eq!(model.text("tokenizer/merges.txt").unwrap(), None);
    assert!(model.has("vae") && !model.has("tokenizer"));
    assert!(!model.has("text_encoder_2"), "the index declares it null");
    let weights = model.weights("unet", None).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["w"]);
    let view = weights.clone().get("w").map(|w| (w.dtype, w.shape.to_vec(), w.data.to_vec()));
    assert_eq!(view, Some((crate::models::Dtype::U8, vec![3], vec![1, 2, 3])));
    assert_eq!(weights.get("v"), None);
    assert_eq!(model.verify(None).unwrap(), 9);
}

#[test]
fn a_model_is_whole_only_with_all_that_its_index_names() {
    assert!(open(&tiny(&[])).complete(None).is_ok());
    for (lost, words) in [
        ("vae", "has no vae"),
        ("unet/model.safetensors", "has no weights for unet"),
        ("text_encoder", "has no text_encoder"),
    ] {
        let dir = tiny(&[("unet/config.json", b"{}")]);
        let path = dir.path().join(lost);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
        let error = open(&dir).complete(None).unwrap_err().to_string();
        assert!(error.contains(words), "{error} / {words}");
    }
    let dir = tiny(&[("vae/config.json", b"{")]);
    let error = open(&dir).verify(None).unwrap_err().to_string();
    assert!(error.starts_with("vae/config.json cannot be read"), "{error}");
}

#[test]
fn weights_can_be_shared_between_threads() {
    fn check<T: Send + Sync + Clone>() {}
    check::<Weights>();
    check::<ModelFolder>();
}

#[test]
fn what_is_no_model_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let text = |path: &Path| {
        let error = ModelFolder::open(path).unwrap_err();
        format!("{error} / {}", error.hint())
    };
    assert!(text(&dir.path().join("none")).contains("no model folder at"));
    assert!(text(dir.path()).contains("has no model_index.json"));
    let file = dir.path().join("sd.safetensors");
    std::fs::write(&file, b"").unwrap();
    assert!(text(&file).contains("is one file"), "{}", text(&file));
    let pickle = dir.path().join("sd.ckpt");
    std::fs::write(&pickle, b"").unwrap();
    assert!(text(&pickle).contains("run code"), "{}", text(&pickle));
    for (index, words) in [
        ("{\"_class_name\":\"FluxPipeline\"}", "is a FluxPipeline, which predella cannot"),
        ("{}", "without a class name"),
        ("[", "model_index.json cannot be read"),
        ("{\"_class_name\":\"\x1b[2J\"}", "control character"),
        ("{\"_class_name\":\"\\u001b[2J\"}", "is a ␛[2J"),
    ] {
        std::fs::write(dir.path().join(INDEX), index).unwrap();
        assert!(text(dir.path()).contains(words), "{} / {words}", text(dir.path()));
    }
}

#[test]
fn damaged_weights_are_refused_by_name() {
    let good = tensor_file("w", &[1, 2, 3]);
    let cases: [(&[u8], &str); 5] = [
        (b"", "is empty"),
        (&good[..good.len() - 2], "is cut off: 2 bytes are missing"),
        (b"<!doctype html><html>", "claims a header"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (&[&good[..], b"!"].concat(), "1 bytes after its last tensor"),
    ];
    for (bytes, words) in cases {
        let dir = tiny(&[("unet/model.safetensors", bytes)]);
        let error = open(&dir).weights("unet", None).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("unet/model.safetensors ") && text.contains(words), "{text}");
        let lfs = matches!(&error, ModelError::Weights { fault: HeaderFault::LfsPointer, .. });
        assert!(error.hint().contains(if lfs { "git lfs pull" } else { "download it again" }));
        assert_eq!(open(&dir).verify(None).unwrap_err().to_string(), text);
    }
}

#[test]
fn pickles_are_never_opened() {
    let dir = tiny(&[("vae/diffusion_pytorch_model.bin", b"\x80\x04.")]);
    std::fs::remove_file(dir.path().join("vae/model.safetensors")).unwrap();
    let error = open(&dir).weights("vae", None).unwrap_err();
    assert!(error.to_string().starts_with("vae/diffusion_pytorch_model.bin is a pickle"));
    std::fs::remove_dir_all(dir.path().join("vae")).unwrap();
    let error = open(&dir).weights("vae", None).unwrap_err();
    assert!(matches!(error, ModelError::MissingWeights { .. }), "{error}");
}

#[test]
fn only_regular_files_are_read() {
    let dir = tiny(&[("unet/config.json/inside", b"")]);
    let model = open(&dir);
    assert!(matches!(model.json("unet/config.json"), Err(ModelError::NotAFile(_))));
    std::fs::remove_file(dir.path().join("unet/model.safetensors")).unwrap();
    std::fs::create_dir(dir.path().join("unet/model.safetensors")).unwrap();
    assert!(matches!(model.weights("unet", None), Err(ModelError::NotAFile(_))));
    #[cfg(unix)]
    {
        // Opening a pipe that nobody writes to would wait for ever.
        let pipe = dir.path().join("vae/config.json");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(model.json("vae/config.json"), Err(ModelError::NotAFile(_))));
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let dir = tiny(&[]);
    let model = open(&dir);
    for name in ["../x.json", "/etc/passwd", "unet/../../x", "", "unet\\x", "a\0b"] {
        assert!(matches!(model.bytes(name), Err(ModelError::BadName(_))), "{name:?}");
        assert!(matches!(model.weights(name, None), Err(ModelError::BadName(_))), "{name:?}");
        assert!(!model.has(name), "{name:?}");
    }
    assert!(matches!(model.weights("unet", Some("../x")), Err(ModelError::BadName(_))));
}

#[test]
fn a_file_of_an_absurd_size_is_not_read() {
    let dir = tiny(&[]);
    let file = std::fs::File::create(dir.path().join("unet/config.json")).unwrap();
    file.set_len(super::super::MAX_TEXT + 1).unwrap();
    assert!(matches!(open(&dir).json("unet/config.json"), Err(ModelError::TooLarge { .. })));
}

#[cfg(unix)]
#[test]
fn links_into_a_cache_are_followed() {
    let dir = tiny(&[("blobs/abc", &tensor_file("linked", &[9]))]);
    let path = dir.path().join("unet/model.safetensors");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("../blobs/abc", &path).unwrap();
    let weights = open(&dir).weights("unet", None).unwrap();
    assert_eq!(weights.get("linked").unwrap().data, [9]);
}

#[test]
fn shards_are_held_to_their_index() {
    let name = "unet/diffusion_pytorch_model.safetensors.index.json";
    let with = |map: &str, second: &[(&str, &[u8])]| {
        let dir = tiny(&[
            ("unet/1.safetensors", &tensor_file("a", &[1])),
            ("unet/2.safetensors", &tensor_files(second)),
            (name, format!(r#"{{"weight_map":{{{map}}}}}"#).as_bytes()),
        ]);
        std::fs::remove_file(dir.path().join("unet/model.safetensors")).unwrap();
        open(&dir).weights("unet", None)
    };
    let both = r#""a":"1.safetensors","b":"2.safetensors""#;
    let weights = with(both, &[("b", &[2, 2])]).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(weights.get("b").unwrap().data, [2, 2]);
    assert_eq!((weights.total_bytes(), weights.files().len()), (3, 2));
    for (map, second, words) in [
        (both, "c", "unet/2.safetensors does not fit its index: it lacks b"),
        (r#""a":"3.safetensors""#, "b", "has no unet/3.safetensors"),
        (r#""a":"../1.safetensors""#, "b", "not a plain name"),
        (r#""a":"1.bin""#, "b", "is a pickle"),
    ] {
        let error = with(map, &[(second, &[2])]).unwrap_err().to_string();
        assert!(error.contains(words), "{error} / {words}");
    }
    let error = with(both, &[("b", &[2]), ("a", &[3])]).unwrap_err().to_string();
    assert!(error.contains("a is in another shard too"), "{error}");
}
