//! Lists for prompts: text files in `wildcards`, in the folder of settings; and
//! the labels for music beside it.

use super::paths;
use crate::prompt::Lists;
use crate::util::fs::read_regular;
use crate::util::stamps::Stamps;
use std::io;
use std::path::{Path, PathBuf};

/// Longest list that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;
/// Most lists.
const MAX_LISTS: usize = 1000;

/// How their names end.
const ENDING: &str = ".txt";

/// The user's lists, each named like its file without `.txt`; none where there
/// is no such folder.
///
/// # Errors
/// When a file cannot be read, or is no text.
pub fn lists() -> io::Result<Lists> {
    folder().map_or(Ok(Lists::default()), |folder| lists_in(&folder))
}

/// What tells that a list has come, gone or changed.
pub fn list_stamps() -> Stamps {
    folder().map(|folder| Stamps::of(&folder, ENDING, MAX_LISTS)).unwrap_or_default()
}

fn folder() -> Option<PathBuf> {
    paths::config_dir().map(|folder| folder.join("wildcards"))
}

/// The user's own labels for music, `music.txt` in the folder of settings; no
/// text where there is no such file.
///
/// # Errors
/// When it cannot be read, or is no text.
pub fn music_labels() -> io::Result<String> {
    match paths::config_dir() {
        Some(dir) => match text_in(&dir.join("music.txt")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => text,
        },
        None => Ok(String::new()),
    }
}

/// A file's text, whose name stands in what is wrong with it.
fn text_in(path: &Path) -> io::Result<String> {
    let at =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    // A link is followed: settings are often kept elsewhere.
    let file = std::fs::canonicalize(path).map_err(at)?;
    String::from_utf8(read_regular(&file, MAX_FILE).map_err(at)?)
        .map_err(|_| at(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text")))
}

fn lists_in(folder: &Path) -> io::Result<Lists> {
    let mut lists = Lists::default();
    for name in Stamps::of(folder, ENDING, MAX_LISTS).names() {
        lists.add(name, &text_in(&folder.join(format!("{name}{ENDING}")))?);
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
