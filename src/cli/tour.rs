//! The worked examples that come with the program.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::error::CliError;
use crate::config::paths::cache_dir;
use crate::util::fs::{create_dir, rename, write_passing};

/// The sessions in `sessions/`, a folder each.
static SHIPPED: Dir = include_dir!("$CARGO_MANIFEST_DIR/sessions");
/// The first of them.
pub const TOUR: &str = "tour";

/// Names of the examples.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.dirs().filter_map(|dir| dir.path().file_name()?.to_str())
}

/// The folder of an example in the cache; `None` where there is no such example
/// or no place for it. It is only for reading and made again when it is gone.
pub fn unpacked(name: &str) -> Option<PathBuf> {
    let example = SHIPPED.get_dir(name)?;
    let place = cache_dir()?.join("examples");
    // Another version's example has another name.
    let folder = place.join(format!("{name}-{}", mark(example)));
    if !is_whole(example, example.path(), &folder) {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).ok()?;
        }
        unpack(example, &place, &folder).ok()?;
    }
    Some(folder)
}

/// Whether every file is there in its length: none of them was synced.
fn is_whole(dir: &Dir, root: &Path, folder: &Path) -> bool {
    let whole = |file: &include_dir::File| {
        let name = file.path().strip_prefix(root).unwrap_or(file.path());
        let found = std::fs::metadata(folder.join(name));
        found.is_ok_and(|found| found.len() == file.contents().len() as u64)
    };
    dir.files().all(whole) && dir.dirs().all(|dir| is_whole(dir, root, folder))
}

/// Tells an example's versions apart.
fn mark(example: &Dir) -> String {
    use sha2::{Digest, Sha256};
    let history = example.get_file(example.path().join("history.yaml"));
    let hash = Sha256::digest(history.map_or(&[][..], |file| file.contents()));
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// All or nothing: what is being unpacked has another name.
fn unpack(example: &Dir, place: &Path, folder: &Path) -> Result<(), CliError> {
    let failed = |e: std::io::Error| CliError::failed(format!("{}: {e}", place.display()));
    std::fs::create_dir_all(place).map_err(failed)?;
    let making = tempfile::Builder::new().prefix(".making-").tempdir_in(place).map_err(failed)?;
    write(example, example.path(), making.path())?;
    rename(making.path(), folder)?;
    drop(making.keep());
    Ok(())
}

fn write(dir: &Dir, root: &Path, to: &Path) -> Result<(), CliError> {
    for file in dir.files() {
        let name = file.path().strip_prefix(root).unwrap_or(file.path());
        write_passing(&to.join(name), file.contents())?;
    }
    for folder in dir.dirs() {
        let name = folder.path().strip_prefix(root).unwrap_or(folder.path());
        create_dir(&to.join(name))?;
        write(folder, root, to)?;
    }
    Ok(())
}
