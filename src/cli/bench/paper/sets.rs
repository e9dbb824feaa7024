//! The prompts: a style and some subjects a line.

use std::path::Path;

use crate::cli::error::{CliError, Kind};
use crate::imaging::read_file;
use crate::recipe::MAX_PANELS;
use crate::util::text::clip;

/// Sets of the small model's words.
const OURS: &str = include_str!("sets.txt");
/// Longest file of sets, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// One set of prompts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptSet {
    /// The style, appended to every subject.
    pub style: String,
    /// What is in each picture; the first lends its style.
    pub subjects: Vec<String>,
}

/// Reads the sets of a file, or ours.
///
/// # Errors
/// When the file cannot be read, or a line is no set.
pub fn read(file: Option<&Path>, limit: Option<u32>) -> Result<Vec<PromptSet>, CliError> {
    let text = match file {
        None => OURS.to_owned(),
        Some(path) => {
            let bytes = read_file(path, MAX_FILE)?;
            let no_text = |_| CliError::usage(format!("{} is no text", path.display()));
            String::from_utf8(bytes).map_err(no_text)?
        }
    };
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut sets = lines.map(|(at, line)| set(at + 1, line)).collect::<Result<Vec<_>, _>>()?;
    if let Some(limit) = limit {
        sets.truncate(limit as usize);
    }
    match sets.is_empty() {
        true => Err(CliError::new(Kind::Usage, "there are no sets in this file")),
        false => Ok(sets),
    }
}

fn set(number: usize, line: &str) -> Result<PromptSet, CliError> {
    let mut parts = line.split('|').map(|part| part.trim().to_owned());
    let style = parts.next().unwrap_or_default();
    let subjects: Vec<String> = parts.collect();
    let bad = subjects.iter().any(String::is_empty) || !(2..=MAX_PANELS).contains(&subjects.len());
    if bad {
        let text = format!("line {number} is no set: {:?}", clip(line, 60));
        return Err(CliError::usage(text).hint("write STYLE | SUBJECT | SUBJECT, at least two"));
    }
    Ok(PromptSet { style, subjects })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_sets_of_four_different_subjects() {
        let sets = read(None, None).unwrap();
        assert_eq!(sets.len(), 12);
        for PromptSet { style, subjects } in &sets {
            assert!(!style.is_empty() && subjects.len() == 4, "{style}");
            let different: std::collections::BTreeSet<_> = subjects.iter().collect();
            assert_eq!(different.len(), 4, "{style}");
        }
        assert_eq!(read(None, Some(2)).unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_is_no_set_is_named() {
        for line in ["ink", "ink | a fox", "ink | a fox | ", "| |"] {
            assert!(set(7, line).unwrap_err().message.starts_with("line 7"), "{line}");
        }
        assert_eq!(set(1, " | a fox | a bear").unwrap().style, "");
    }
}
