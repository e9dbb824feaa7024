//! The folder that pictures go to, and their names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::util::fs::{FsError, write_new};

/// Longest part of a name that is made from a prompt, in characters.
const SLUG: usize = 40;

/// A folder that was found writable, with the first free number.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    next: u32,
}

impl Folder {
    /// Makes the folder if it is missing and writes a file in it to be sure.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(path: &Path) -> Result<Self, CliError> {
        let cannot = |error: &dyn std::fmt::Display| {
            CliError::usage(format!("cannot write pictures to {}: {error}", path.display()))
                .hint("choose another folder with --out DIR")
        };
        fs::create_dir_all(path).map_err(|e| cannot(&e))?;
        // Dropped at once: it only proves that files can be made here.
        tempfile::Builder::new()
            .prefix(".predella-")
            .tempfile_in(path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, b"predella"))
            .map_err(|e| cannot(&e))?;
        let next = first_free(path).map_err(|e| cannot(&e))?;
        Ok(Self { path: path.to_owned(), next })
    }

    /// The number of panel `index`; numbers go on from the highest in the folder.
    pub fn number(&self, index: usize) -> u32 {
        self.next.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Writes the picture of panel `index`, whole or not at all, and says where.
    ///
    /// # Errors
    /// When the disk is full or the folder is gone.
    pub fn save(&self, index: usize, prompt: &str, bytes: &[u8]) -> Result<PathBuf, FsError> {
        self.save_as(&format!("{:02}-{}", self.number(index), slug(prompt)), "png", bytes)
    }

    /// Writes a picture of the whole set of `count` panels.
    ///
    /// # Errors
    /// When the disk is full or the folder is gone.
    pub fn save_sheet(&self, count: usize, bytes: &[u8]) -> Result<PathBuf, FsError> {
        self.save_named(count, "sheet", "png", bytes)
    }

    /// Writes a file about `count` panels, with a name and an ending.
    ///
    /// # Errors
    /// When the disk is full or the folder is gone.
    pub fn save_named(
        &self,
        count: usize,
        name: &str,
        ending: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, FsError> {
        let last = self.number(count.saturating_sub(1));
        self.save_as(&format!("{:02}-{last:02}-{name}", self.next), ending, bytes)
    }

    /// Another program may take a name in the meantime: then a letter is added.
    fn save_as(&self, stem: &str, ending: &str, bytes: &[u8]) -> Result<PathBuf, FsError> {
        let mut taken = None;
        for suffix in std::iter::once(String::new()).chain(('b'..='z').map(|c| format!("-{c}"))) {
            let path = self.path.join(format!("{stem}{suffix}.{ending}"));
            match write_new(&path, bytes) {
                Ok(()) => return Ok(path),
                Err(error @ FsError::Exists(_)) => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| FsError::Exists(self.path.join(stem))))
    }
}

/// One more than the highest number that a name in the folder begins with.
/// `05-08-sheet.png` counts as 8, so that the sheet keeps its numbers.
fn first_free(path: &Path) -> std::io::Result<u32> {
    let mut highest = 0;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|n| n.ends_with(".png")) else { continue };
        let mut parts = name.split('-').map_while(|part| part.parse::<u32>().ok());
        // A year or a date at the front of someone's photo is no number of ours.
        let ours = parts.by_ref().filter(|n| *n < 1_000_000).take(2).max();
        highest = highest.max(ours.unwrap_or(0));
    }
    Ok(highest + 1)
}

/// A prompt as a file name: lower-case letters and digits of any script, with
/// a dash for everything else.
fn slug(prompt: &str) -> String {
    let mut slug = String::new();
    for c in prompt.chars().flat_map(char::to_lowercase) {
        if slug.chars().count() >= SLUG {
            break;
        }
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // Names are limited in bytes, and one letter may take four.
    let end = (0..=slug.len().min(4 * SLUG)).rev().find(|i| slug.is_char_boundary(*i));
    slug.truncate(end.unwrap_or(0));
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "panel".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_on_from_what_is_there_and_never_replace() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("new/deep");
        let first = Folder::open(&root).unwrap();
        let path = first.save(0, "A fox, in SNOW!", b"1").unwrap();
        assert_eq!(path, root.join("01-a-fox-in-snow.png"));
        first.save_sheet(4, b"s").unwrap();
        let second = Folder::open(&root).unwrap();
        assert_eq!(second.save(1, "x", b"2").unwrap(), root.join("06-x.png"));
        assert_eq!(
            first.save(0, "a fox in snow", b"3").unwrap(),
            root.join("01-a-fox-in-snow-b.png")
        );
        assert_eq!(fs::read(path).unwrap(), b"1");
        assert!(root.join("01-04-sheet.png").exists());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 4, "no temporary file stays");
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        write_new(&file, b"").unwrap();
        let error = Folder::open(&file).unwrap_err();
        assert!(error.message.contains("file") && error.hint.is_some(), "{error:?}");
    }

    #[test]
    fn slugs_cannot_leave_the_folder() {
        for (prompt, name) in [
            ("../../etc/passwd", "etc-passwd"),
            ("...", "panel"),
            ("\x1b[2J", "2j"),
            ("Über allen Gipfeln", "über-allen-gipfeln"),
            ("日本の城", "日本の城"),
        ] {
            assert_eq!(slug(prompt), name);
        }
        assert!(slug(&"word ".repeat(100)).len() <= SLUG);
        assert!(slug(&"城".repeat(100)).len() <= 4 * SLUG);
    }
}
