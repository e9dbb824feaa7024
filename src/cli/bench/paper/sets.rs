//! Which sets are painted: prompts, and pictures that lend them their style.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::arms::Mode;
use crate::cli::error::{CliError, Kind};
use crate::engine::read_picture;
use crate::imaging::{RgbImage, place, read_file};
use crate::recipe::{Fit, MAX_PANELS, Reference, Size, whole_prompt};
use crate::util::text::{clip, sanitise};

/// Sets of the small model's words.
const OURS: &str = include_str!("sets.txt");
/// Longest file of sets, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Where sets come from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// Those that come with the program.
    Ours,
    /// A file of sets.
    Prompts(&'a Path),
    /// A file of pictures, each with a set.
    Pictures(&'a Path),
}

/// All sets, and where their pictures are.
#[derive(Debug)]
pub struct Sets {
    /// Where their style comes from.
    pub mode: Mode,
    /// The sets, in order.
    pub each: Vec<PromptSet>,
    /// The folder from which pictures are named.
    pub base: PathBuf,
}

/// One set of prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSet {
    /// The style, appended to every subject.
    pub style: String,
    /// What is in each picture; the first lends its style if no picture does.
    pub subjects: Vec<String>,
    /// The picture that lends its style.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lent: Option<Lent>,
}

/// A picture that lends its style to a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    /// Its file, as the list names it.
    pub picture: String,
    /// SHA-256 of the file, in hex.
    pub hash: String,
    /// What is in it, without its style.
    pub caption: String,
}

/// Reads the sets of a file, or ours.
///
/// # Errors
/// When the file cannot be read, a line is no set, or a picture is missing or refused.
pub fn read(source: Source, limit: Option<u32>) -> Result<Sets, CliError> {
    let (mode, file) = match source {
        Source::Ours => (Mode::FirstPanel, None),
        Source::Prompts(path) => (Mode::FirstPanel, Some(path)),
        Source::Pictures(path) => (Mode::Picture, Some(path)),
    };
    let text = file.map_or_else(|| Ok(OURS.to_owned()), text)?;
    let name = file.map_or("our sets".to_owned(), |path| sanitise(&path.display().to_string()));
    let base = file.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(at, line): (usize, &str)| {
        let made = match mode {
            Mode::FirstPanel => set(line),
            Mode::Picture => lent_set(line, &base),
        };
        made.map_err(|mut error| {
            error.message = format!("{name}, line {}: {}", at + 1, error.message);
            error
        })
    };
    let mut each = lines.map(read).collect::<Result<Vec<_>, _>>()?;
    if let Some(limit) = limit {
        each.truncate(limit as usize);
    }
    match each.is_empty() {
        true => Err(CliError::new(Kind::Usage, format!("there are no sets in {name}"))),
        false => Ok(Sets { mode, each, base }),
    }
}

fn text(path: &Path) -> Result<String, CliError> {
    let bytes = read_file(path, MAX_FILE)?;
    String::from_utf8(bytes).map_err(|_| {
        CliError::usage(format!("{} is no text", sanitise(&path.display().to_string())))
    })
}

/// `STYLE | SUBJECT | SUBJECT | …`
fn set(line: &str) -> Result<PromptSet, CliError> {
    let mut parts = parts(line);
    let style = parts.next().unwrap_or_default();
    let subjects: Vec<String> = parts.collect();
    match is_set(&subjects) {
        true => Ok(PromptSet { style, subjects, lent: None }),
        false => Err(no_set(line, "write STYLE | SUBJECT | SUBJECT, at least two")),
    }
}

/// `PICTURE | CAPTION | STYLE | SUBJECT | SUBJECT | …`
fn lent_set(line: &str, base: &Path) -> Result<PromptSet, CliError> {
    let mut parts = parts(line);
    let [picture, caption, style] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let subjects: Vec<String> = parts.collect();
    if picture.is_empty() || caption.is_empty() || !is_set(&subjects) {
        let hint = "write PICTURE | CAPTION | STYLE | SUBJECT | SUBJECT, at least two subjects";
        return Err(no_set(line, hint));
    }
    let (_, hash) = read_picture(&base.join(&picture))?;
    Ok(PromptSet { style, subjects, lent: Some(Lent { picture, hash, caption }) })
}

fn parts(line: &str) -> impl Iterator<Item = String> {
    line.split('|').map(|part| part.trim().to_owned())
}

fn is_set(subjects: &[String]) -> bool {
    !subjects.iter().any(String::is_empty) && (2..=MAX_PANELS).contains(&subjects.len())
}

fn no_set(line: &str, hint: &str) -> CliError {
    CliError::usage(format!("this is no set: {:?}", clip(line, 60))).hint(hint)
}

impl PromptSet {
    /// The picture that lends its style, as `paint --reference` has it: captioned with its
    /// style, which is how the model knows it.
    pub fn reference(&self) -> Option<Reference> {
        let Lent { picture, hash, caption } = self.lent.as_ref()?;
        Some(Reference::new(picture, hash, &whole_prompt(caption, &self.style), 1.0))
    }

    /// The same picture at this size; relative names count from `base`.
    ///
    /// # Errors
    /// When it cannot be read, or has changed.
    pub fn picture(&self, base: &Path, size: Size) -> Result<Option<RgbImage>, CliError> {
        let Some(Lent { picture: name, hash, .. }) = &self.lent else { return Ok(None) };
        let (picture, found) = read_picture(&base.join(name))?;
        match found == *hash {
            true => Ok(Some(place(&picture, size, Fit::default()))),
            false => Err(CliError::failed(format!("{} has changed", sanitise(name)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_sets_of_four_different_subjects() {
        let sets = read(Source::Ours, None).unwrap();
        assert_eq!((sets.each.len(), sets.mode), (12, Mode::FirstPanel));
        for PromptSet { style, subjects, .. } in &sets.each {
            assert!(!style.is_empty() && subjects.len() == 4, "{style}");
            let different: std::collections::BTreeSet<_> = subjects.iter().collect();
            assert_eq!(different.len(), 4, "{style}");
        }
        assert_eq!(read(Source::Ours, Some(2)).unwrap().each.len(), 2);
    }

    #[test]
    fn a_line_that_is_no_set_is_refused() {
        for line in ["ink", "ink | a fox", "ink | a fox | ", "| |"] {
            assert!(set(line).unwrap_err().message.contains("no set"), "{line}");
        }
        assert_eq!(set(" | a fox | a bear").unwrap().style, "");
        for line in ["a.png", "a.png | a cat | ink | a fox", "a.png || ink | a fox | a bear"] {
            let error = lent_set(line, Path::new("")).unwrap_err();
            assert!(error.message.contains("no set"), "{line}");
        }
    }

    #[test]
    fn a_picture_is_captioned_with_its_style() {
        let lent = Lent { picture: "a.png".into(), hash: "h".into(), caption: "a cat".into() };
        let set = PromptSet { lent: Some(lent), ..set("ink | a fox | a bear").unwrap() };
        assert_eq!(set.reference().unwrap().caption, "a cat, ink");
        let first = PromptSet { lent: None, ..set };
        assert_eq!(first.reference(), None);
    }
}
