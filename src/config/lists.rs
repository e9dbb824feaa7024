//! Lists for prompts: text files in `wildcards`, in the folder of settings.

use super::paths;
use crate::prompt::Lists;
use crate::util::fs::read_regular;
use std::io;
use std::path::Path;

/// Longest list that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;
/// Most lists.
const MAX_LISTS: usize = 1000;

/// The user's lists, each named like its file without `.txt`; none where there
/// is no such folder.
///
/// # Errors
/// When the folder or a file cannot be read, or is no text.
pub fn lists() -> io::Result<Lists> {
    match paths::config_dir() {
        Some(dir) => lists_in(&dir.join("wildcards")),
        None => Ok(Lists::default()),
    }
}

fn lists_in(folder: &Path) -> io::Result<Lists> {
    let mut lists = Lists::default();
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(lists),
        entries => entries?,
    };
    for entry in entries.take(MAX_LISTS) {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let (Some(name), true) = (name, path.extension().is_some_and(|e| e == "txt")) else {
            continue;
        };
        let at =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let text = String::from_utf8(read_regular(&path, MAX_FILE).map_err(at)?)
            .map_err(|_| at(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text")))?;
        lists.add(name, &text);
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs::write_new;

    #[test]
    fn text_files_are_lists_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lists_in(&folder.path().join("none")).unwrap(), Lists::default());
        write_new(&folder.path().join("animal.txt"), b"fox\nbear\n").unwrap();
        write_new(&folder.path().join("notes.md"), b"no list\n").unwrap();
        let found = lists_in(folder.path()).unwrap();
        assert_eq!(found.names().collect::<Vec<_>>(), ["animal"]);
        write_new(&folder.path().join("bad.txt"), b"\xff").unwrap();
        let error = lists_in(folder.path()).unwrap_err().to_string();
        assert!(error.contains("bad.txt") && error.contains("UTF-8"), "{error}");
    }
}
