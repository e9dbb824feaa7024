//! Folders as lists of names.

use std::path::Path;

/// Folders below folders that are looked into.
const MAX_DEPTH: u32 = 4;

/// Bytes of all files below a folder, links followed.
pub(super) fn size(folder: &Path) -> u64 {
    let files = files(folder);
    files.iter().filter_map(|name| Some(std::fs::metadata(folder.join(name)).ok()?.len())).sum()
}

/// Files below a folder as relative names, sorted; links followed, but no deeper
/// than [`MAX_DEPTH`], so that a ring of links ends.
pub(super) fn files(folder: &Path) -> Vec<String> {
    below(folder, "", MAX_DEPTH)
}

fn below(folder: &Path, at: &str, depth: u32) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        let name = if at.is_empty() { name } else { format!("{at}/{name}") };
        if !path.is_dir() {
            found.push(name);
        } else if depth > 0 {
            found.extend(below(&path, &name, depth - 1));
        }
    }
    found
}

/// Names in a folder, sorted; none where it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}
