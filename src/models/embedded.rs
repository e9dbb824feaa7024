//! The model that comes with the program.

use super::{ModelError, ModelFolder};

/// The name of the model that comes with the program.
pub const MINI: &str = "mini";

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
    ($($name:literal),* $(,)?) => {
        &[$(($name, {
            static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/models/mini/", $name
            )));
            &FILE.0
        })),*]
    };
}

/// Every file of models/mini, sorted; a test holds the list to the folder.
#[cfg(feature = "embedded-model")]
static FILES: &[(&str, &[u8])] = files![
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
