//! The model that comes with the program, its control net, and its judges.

use super::source::Source;
use super::{ModelError, ModelFolder, NetFolder};

/// The name of the model that comes with the program.
pub const MINI: &str = "mini";
/// The name of its control net.
pub(super) const CONTROL_NAME: &str = "mini-control";

/// Opens it: from inside the program, or from disk when it was built without.
pub(super) fn open() -> Result<ModelFolder, ModelError> {
    #[cfg(feature = "embedded-model")]
    return ModelFolder::from_files(MINI, FILES);
    #[cfg(not(feature = "embedded-model"))]
    return on_disk(std::env::var_os("PREDELLA_MODELS"), std::env::current_exe().ok());
}

/// A byte array on a 64-byte boundary, so that weights can be read in place.
#[cfg(feature = "embedded-model")]
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

#[cfg(feature = "embedded-model")]
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, {
            static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/models/", $folder, "/", $name
            )));
            &FILE.0
        })),*]
    };
}

/// Every file of models/mini, sorted; a test holds the list to the folder.
#[cfg(feature = "embedded-model")]
static FILES: &[(&str, &[u8])] = files![
    "mini":
    "README.md",
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "text_encoder_2/config.json",
    "text_encoder_2/model.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "tokenizer_2/merges.txt",
    "tokenizer_2/special_tokens_map.json",
    "tokenizer_2/tokenizer_config.json",
    "tokenizer_2/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
    "vocabulary.json",
];

/// Every file of models/mini-control.
#[cfg(feature = "embedded-model")]
static CONTROL: &[(&str, &[u8])] =
    files!["mini-control": "config.json", "diffusion_pytorch_model.safetensors"];

/// The control net of the model that comes with the program: inside it too, or
/// beside that model on disk.
pub(super) fn control(model: &ModelFolder) -> Option<Source> {
    if let Some(path) = model.path() {
        let beside = path.with_file_name(CONTROL_NAME);
        return beside.is_dir().then_some(Source::Disk(beside));
    }
    #[cfg(feature = "embedded-model")]
    return Some(Source::Files(CONTROL));
    #[cfg(not(feature = "embedded-model"))]
    return None;
}

/// The judge of pictures and texts that comes with the program.
pub const JUDGE_CLIP: &str = "judge-clip";
/// The judge of style that comes with the program.
pub const JUDGE_STYLE: &str = "judge-style";

/// Every file of the judges that is read.
#[cfg(feature = "embedded-model")]
static JUDGES: [(&str, super::source::Files); 2] = [
    (
        JUDGE_CLIP,
        files![
            "judge-clip":
            "config.json",
            "merges.txt",
            "model.safetensors",
            "preprocessor_config.json",
            "special_tokens_map.json",
            "tokenizer_config.json",
            "vocab.json",
        ],
    ),
    (
        JUDGE_STYLE,
        files!["judge-style": "config.json", "model.safetensors", "preprocessor_config.json"],
    ),
];

/// A judge by its name: from inside the program, or from disk beside the model
/// when it was built without.
pub(super) fn judge(name: &str) -> Result<NetFolder, ModelError> {
    #[cfg(feature = "embedded-model")]
    if let Some((name, files)) = JUDGES.iter().find(|(known, _)| *known == name) {
        return Ok(NetFolder::new(name, Source::Files(files)));
    }
    let mini = open()?;
    let beside = mini.path().map(|path| path.with_file_name(name));
    let none = || ModelError::NoFolder(name.to_owned());
    NetFolder::open_as(&beside.ok_or_else(none)?, name)
}

/// The first of `$PREDELLA_MODELS/mini`, `models/mini` beside the program and
/// `../share/predella/models/mini` that is there.
#[cfg(any(test, not(feature = "embedded-model")))]
fn on_disk(
    models: Option<std::ffi::OsString>,
    program: Option<std::path::PathBuf>,
) -> Result<ModelFolder, ModelError> {
    let mut looked = Vec::new();
    looked.extend(models.map(|folder| std::path::PathBuf::from(folder).join(MINI)));
    if let Some(bin) = program.as_deref().and_then(std::path::Path::parent) {
        looked.push(bin.join("models").join(MINI));
        looked.extend(bin.parent().map(|up| up.join("share/predella/models").join(MINI)));
    }
    match looked.iter().find(|path| path.is_dir()) {
        Some(path) => ModelFolder::open_as(path, MINI),
        None => Err(ModelError::NoMini(looked)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::super::ControlFolder;
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/mini")
    }

    #[cfg(feature = "embedded-model")]
    #[test]
    fn the_program_carries_every_file_of_the_folder() {
        let mut names = Vec::new();
        let mut folders = vec![folder()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder()).unwrap();
                    names.push(name.to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        names.sort();
        let carried: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(carried, names);
        for (name, bytes) in FILES {
            assert_eq!(bytes.as_ptr() as usize % 64, 0, "{name} is not aligned");
        }
    }

    #[test]
    fn its_control_net_comes_with_it() {
        let models = folder().parent().unwrap().to_owned();
        let disk = ControlFolder::of(&ModelFolder::open_as(&folder(), MINI).unwrap()).unwrap();
        let given = ControlFolder::of(&ModelFolder::embedded().unwrap()).unwrap();
        let named = ControlFolder::open(&models.join(CONTROL_NAME)).unwrap();
        let hashes = [disk.unwrap(), given.unwrap(), named].map(|net| net.hash().unwrap());
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }

    #[test]
    fn its_judges_come_with_it() {
        for name in [JUDGE_CLIP, JUDGE_STYLE] {
            let on_disk = NetFolder::open(&folder().with_file_name(name)).unwrap();
            let given = NetFolder::judge(name).unwrap();
            assert_eq!(given.hash().unwrap(), on_disk.hash().unwrap(), "{name}");
        }
        assert!(NetFolder::judge("judge-dredd").is_err());
    }

    #[test]
    fn without_it_the_folder_is_looked_up() {
        let models = folder().parent().unwrap().to_owned();
        assert_eq!(on_disk(Some(models.clone().into()), None).unwrap().name(), MINI);
        let program = models.parent().unwrap().join("predella");
        assert_eq!(on_disk(None, Some(program)).unwrap().name(), MINI);
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("bin/predella");
        let error = on_disk(None, Some(program)).unwrap_err();
        assert!(error.to_string().contains("share/predella/models/mini"), "{error}");
    }
}
