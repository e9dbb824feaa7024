//! A model's identity: one SHA-256 over every file that decides its pixels.

use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::source::Source;
use super::weights::{io_error, open_regular};
use super::{ModelError, ModelFolder};
use crate::util::fs::write_atomic;

/// Files from this size on have their hash remembered.
const LARGE: u64 = 8 * 1024 * 1024;
/// Bytes read at a time.
const BLOCK: usize = 1024 * 1024;

impl ModelFolder {
    /// The model's SHA-256 in hex, over the files that are used when no variant
    /// is asked for.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub fn hash(&self) -> Result<String, ModelError> {
        self.hash_of(None)
    }

    /// The model's SHA-256 in hex, over `model_index.json`, the configuration
    /// and tokenizer files of its parts and the weights that `variant` picks.
    ///
    /// For each file, sorted by name: its name, a zero byte, its length as
    /// eight bytes little endian, and the SHA-256 of its content. The content
    /// hash of a large file is remembered in the cache folder under its path,
    /// size and time of change, so that a model is not read twice for it.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub fn hash_of(&self, variant: Option<&str>) -> Result<String, ModelError> {
        let cache = crate::config::paths::cache_dir().map(|dir| dir.join("hashes"));
        self.hash_cached(variant, cache.as_deref())
    }

    fn hash_cached(
        &self,
        variant: Option<&str>,
        cache: Option<&Path>,
    ) -> Result<String, ModelError> {
        hash_with(self.source(), &self.identity(variant)?, cache)
    }
}

/// One SHA-256 in hex over these files, as [`ModelFolder::hash_of`] says.
pub(super) fn hash_files(source: &Source, names: &[String]) -> Result<String, ModelError> {
    let cache = crate::config::paths::cache_dir().map(|dir| dir.join("hashes"));
    hash_with(source, names, cache.as_deref())
}

fn hash_with(
    source: &Source,
    names: &[String],
    cache: Option<&Path>,
) -> Result<String, ModelError> {
    let mut whole = Sha256::new();
    for name in names {
        let (length, content) = match (source, source.embedded(name)) {
            (Source::Disk(folder), _) => file_hash(name, &folder.join(name), cache)?,
            (_, Some(bytes)) => (bytes.len() as u64, Sha256::digest(bytes).into()),
            (_, None) => return Err(io_error(name, std::io::ErrorKind::NotFound.into())),
        };
        whole.update(name.as_bytes());
        whole.update([0]);
        whole.update(length.to_le_bytes());
        whole.update(content);
    }
    Ok(hex(&whole.finalize()))
}

/// SHA-256 of some bytes, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of all that a reader gives, and how many bytes that were.
pub(super) fn digest(mut source: impl Read) -> std::io::Result<(u64, [u8; 32])> {
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut length = 0;
    loop {
        match source.read(&mut block) {
            Ok(0) => return Ok((length, hash.finalize().into())),
            Ok(n) => {
                hash.update(block.get(..n).unwrap_or_default());
                length += n as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Length and SHA-256 of a file, from the cache where it is remembered.
fn file_hash(name: &str, path: &Path, cache: Option<&Path>) -> Result<(u64, [u8; 32]), ModelError> {
    let (source, length) = open_regular(name, path)?;
    let entry = match cache {
        Some(folder) if length >= LARGE => key(path).map(|key| folder.join(key)),
        _ => None,
    };
    if let Some(known) = entry.as_deref().and_then(recall) {
        return Ok((length, known));
    }
    let (length, content) = digest(source).map_err(|source| io_error(name, source))?;
    if let Some(entry) = entry {
        remember(&entry, &content);
    }
    Ok((length, content))
}

/// The cache name of a file in its present state.
fn key(path: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let found = std::fs::metadata(&real).ok()?;
    let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    let mut hash = Sha256::new();
    hash.update(real.as_os_str().as_encoded_bytes());
    hash.update([0]);
    hash.update(found.len().to_le_bytes());
    hash.update(changed.to_le_bytes());
    #[cfg(unix)]
    {
        // A copy over the file may keep size and time of change, but not these.
        use std::os::unix::fs::MetadataExt;
        for part in [found.ino() as i64, found.ctime(), found.ctime_nsec()] {
            hash.update(part.to_le_bytes());
        }
    }
    Some(hex(&hash.finalize()))
}

fn recall(entry: &Path) -> Option<[u8; 32]> {
    let text = std::fs::read(entry).ok().filter(|text| text.len() == 64)?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// A cache that cannot be written only costs time, so nobody is told but the log.
fn remember(entry: &Path, content: &[u8; 32]) {
    let made = entry.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok());
    if made && let Err(error) = write_atomic(entry, hex(content).as_bytes()) {
        tracing::debug!("a model's hash is not remembered: {error}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods)]

    use super::super::folder::tests::tiny;
    use super::*;

    #[test]
    fn the_hash_is_the_documented_one() {
        let dir = tiny(&[("unet/config.json", b"{}"), ("README.md", b"not part of it")]);
        let model = ModelFolder::open(dir.path()).unwrap();
        std::fs::remove_dir_all(dir.path().join("text_encoder")).unwrap();
        std::fs::remove_dir_all(dir.path().join("vae")).unwrap();
        let mut whole = Sha256::new();
        for name in ["model_index.json", "unet/config.json", "unet/model.safetensors"] {
            let bytes = std::fs::read(dir.path().join(name)).unwrap();
            whole.update([name.as_bytes(), &[0]].concat());
            whole.update((bytes.len() as u64).to_le_bytes());
            whole.update(Sha256::digest(&bytes));
        }
        assert_eq!(model.hash_cached(None, None).unwrap(), hex(&whole.finalize()));
    }

    #[test]
    fn only_files_that_decide_pixels_count() {
        let dir = tiny(&[]);
        let hash = || ModelFolder::open(dir.path()).unwrap().hash_cached(None, None).unwrap();
        let first = hash();
        std::fs::write(dir.path().join("README.md"), "words").unwrap();
        std::fs::write(dir.path().join("unet/diffusion_pytorch_model.bin"), "pickle").unwrap();
        assert_eq!(hash(), first);
        std::fs::write(dir.path().join("unet/config.json"), "{\"a\":1}").unwrap();
        assert_ne!(hash(), first);
    }

    #[test]
    fn a_large_file_is_read_once_until_it_changes() {
        let cache = tempfile::tempdir().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        std::fs::write(&path, vec![1; LARGE as usize]).unwrap();
        let hash = || file_hash("big", &path, Some(cache.path())).unwrap().1;
        let entries = || std::fs::read_dir(cache.path()).unwrap().map(|e| e.unwrap().path());
        let first = hash();
        assert_eq!(first, <[u8; 32]>::from(Sha256::digest(vec![1; LARGE as usize])));
        let entry = entries().next().unwrap();
        assert_eq!(recall(&entry), Some(first));
        // A remembered answer is used...
        std::fs::write(&entry, hex(&[9; 32])).unwrap();
        assert_eq!(hash(), [9; 32]);
        // ...a broken one is not, and neither is one of an older state.
        std::fs::write(&entry, "not a hash").unwrap();
        assert_eq!(hash(), first);
        std::fs::write(&path, vec![2; LARGE as usize]).unwrap();
        assert_ne!(hash(), first);
        assert_eq!(entries().count(), 2);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_done_without() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        std::fs::write(&path, vec![1; LARGE as usize]).unwrap();
        assert!(file_hash("big", &path, Some(&path.join("no/folder"))).is_ok());
    }

    #[cfg(feature = "embedded-model")]
    #[test]
    fn the_embedded_model_hashes_as_its_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/mini");
        let disk = ModelFolder::open(&folder).unwrap().hash_cached(None, None).unwrap();
        assert_eq!(ModelFolder::embedded().unwrap().hash().unwrap(), disk);
    }
}
