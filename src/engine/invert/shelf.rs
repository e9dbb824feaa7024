//! Inverted references on disk, so that none is inverted twice.

use super::Trajectory;
use crate::config::paths;
use crate::engine::error::{EngineError, Result};
use crate::util::fs::{read_regular, write_atomic};
use candle_core::{Device, Tensor, safetensors};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Most bytes of all files together.
const ROOM: u64 = 1 << 30;
/// Most bytes of one file.
const MAX_FILE: u64 = 1 << 29;

/// A folder of trajectories, each file named by the hash of what it was made of.
/// Anything in it may be removed at any time.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
    model: String,
}

impl Shelf {
    /// The user's own, in the cache folder, for the model with this hash; `None`
    /// where the user has none.
    pub fn of_user(model: &str) -> Option<Self> {
        paths::cache_dir().map(|cache| Self::new(cache.join("inversions"), model))
    }

    /// A shelf for the model with this hash. The folder need not exist yet.
    pub fn new(folder: PathBuf, model: &str) -> Self {
        Self { folder, model: model.to_owned() }
    }

    /// The trajectories that were made of this; `None` if there are none, or a
    /// file that is damaged.
    pub fn find(&self, key: &str, device: &Device) -> Option<Vec<Trajectory>> {
        let bytes = read_regular(&self.path(key), MAX_FILE).ok()?;
        let tensors = safetensors::load_buffer(&bytes, device).ok()?;
        let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        let mut found: Vec<Vec<Tensor>> = Vec::new();
        for (name, tensor) in tensors {
            let (reference, point) = name.split_once('.')?;
            let (reference, point): (usize, usize) = (reference.parse().ok()?, point.parse().ok()?);
            if found.len() == reference {
                found.push(Vec::new());
            }
            let points: &mut Vec<Tensor> = found.get_mut(reference)?;
            if points.len() != point {
                return None;
            }
            points.push(tensor);
        }
        found.into_iter().map(|points| Trajectory::new(points).ok()).collect()
    }

    /// Lays trajectories down, and clears away what was not used for longest
    /// where the shelf is full.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, key: &str, trajectories: &[Trajectory]) -> Result<()> {
        let points = trajectories.iter().enumerate().flat_map(|(i, trajectory)| {
            // Five digits keep the order of names that of numbers.
            let name = move |(j, _): &(usize, &Tensor)| format!("{i:05}.{j:05}");
            trajectory.points().iter().enumerate().map(move |point| (name(&point), point.1.clone()))
        });
        let tensors: Vec<(String, Tensor)> = points.collect();
        let fault = |error: String| EngineError::Unfit(format!("inversions are not kept: {error}"));
        let bytes = ::safetensors::serialize(tensors, None).map_err(|e| fault(e.to_string()))?;
        std::fs::create_dir_all(&self.folder).map_err(|e| fault(e.to_string()))?;
        write_atomic(&self.path(key), &bytes).map_err(|e| fault(e.to_string()))?;
        clear(&self.folder, ROOM);
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        let version = env!("CARGO_PKG_VERSION");
        let hash = Sha256::digest(format!("{version}\n{}\n{key}", self.model));
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name + ".safetensors")
    }
}

/// Removes the oldest files of a folder until the others fit into `room`.
fn clear(folder: &Path, room: u64) {
    let Ok(entries) = folder.read_dir() else { return };
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let age = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Some((age, meta.len(), entry.path()))
    };
    let mut files: Vec<_> = entries.filter_map(file).collect();
    files.sort();
    let mut kept = 0;
    for (_, bytes, path) in files.into_iter().rev() {
        kept += bytes;
        if kept > room {
            // One that another program has removed is gone as well.
            let _ = crate::util::fs::remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs::write_new;

    fn trajectories(count: usize, points: usize) -> Vec<Trajectory> {
        let point = |of: usize| Tensor::new(&[[of as f32, 0.5]], &Device::Cpu).unwrap();
        let one = |i: usize| Trajectory::new((0..points).map(|j| point(i * 100 + j)).collect());
        (0..count).map(|i| one(i).unwrap()).collect()
    }

    fn values(of: &[Trajectory]) -> Vec<Vec<Vec<Vec<f32>>>> {
        of.iter().map(|t| t.points().iter().map(|p| p.to_vec2().unwrap()).collect()).collect()
    }

    #[test]
    fn what_is_laid_down_is_found_by_what_it_was_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("t"), "model");
        assert!(shelf.find("a", &Device::Cpu).is_none());
        let made = trajectories(3, 12);
        shelf.keep("a", &made).unwrap();
        let found = shelf.find("a", &Device::Cpu).unwrap();
        assert_eq!(values(&found), values(&made));
        assert!(shelf.find("b", &Device::Cpu).is_none());
        let other = Shelf::new(folder.path().join("t"), "another model");
        assert!(other.find("a", &Device::Cpu).is_none());
    }

    #[test]
    fn a_damaged_file_is_no_trajectory() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned(), "model");
        shelf.keep("a", &trajectories(2, 3)).unwrap();
        let bytes = read_regular(&shelf.path("a"), MAX_FILE).unwrap();
        write_atomic(&shelf.path("a"), &bytes[..bytes.len() - 3]).unwrap();
        assert!(shelf.find("a", &Device::Cpu).is_none());
        write_atomic(&shelf.path("a"), b"").unwrap();
        assert!(shelf.find("a", &Device::Cpu).is_none());
    }

    #[test]
    fn a_full_shelf_loses_its_oldest() {
        let folder = tempfile::tempdir().unwrap();
        for (i, name) in ["old", "middle", "new"].iter().enumerate() {
            let path = folder.path().join(name);
            write_new(&path, &[0; 100]).unwrap();
            let age = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(i as u64);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(age).unwrap();
        }
        clear(folder.path(), 250);
        let mut left: Vec<_> =
            folder.path().read_dir().unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["middle", "new"]);
    }
}
