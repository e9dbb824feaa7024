//! `__animal__`: a line of a list, drawn by a seed.

use super::PromptError;
use rand_mt::Mt64;
use std::collections::BTreeMap;

/// Most lines of a list.
pub const MAX_LINES: usize = 100_000;
/// How deep lists may name lists.
const MAX_DEPTH: usize = 8;

/// Lists by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists(BTreeMap<String, Vec<String>>);

impl Lists {
    /// Adds the list that a text holds: one entry a line, without empty lines
    /// and those that begin with #. A list without any entry is none.
    pub fn add(&mut self, name: &str, text: &str) {
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let lines: Vec<String> = lines.take(MAX_LINES).map(str::to_owned).collect();
        if !lines.is_empty() {
            self.0.insert(name.to_owned(), lines);
        }
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn get(&self, name: &str) -> Result<&[String], PromptError> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| PromptError::NoList {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }
}

/// A prompt with a line in place of each list. The same seed and lists give the
/// same lines.
///
/// # Errors
/// When a list is missing or leads back to itself.
pub fn draw(prompt: &str, seed: u64, lists: &Lists) -> Result<String, PromptError> {
    fill(prompt, &mut Mt64::new(seed), lists, 0)
}

fn fill(prompt: &str, from: &mut Mt64, lists: &Lists, depth: usize) -> Result<String, PromptError> {
    let (mut filled, mut rest) = (String::with_capacity(prompt.len()), prompt);
    while let Some((before, name, after)) = first_list(rest) {
        if depth == MAX_DEPTH {
            return Err(PromptError::Circle(name.to_owned()));
        }
        let lines = lists.get(name)?;
        // 64 random bits over at most 2^17 lines: the bias is below 2^-46.
        let line = &lines[(from.next_u64() % lines.len() as u64) as usize];
        filled.push_str(before);
        filled.push_str(&fill(line, from, lists, depth + 1)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// What stands before the first list of a text, its name, and what stands behind.
pub(super) fn first_list(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("__") {
        let start = from + found;
        let name = &text[start + 2..];
        let length = name.find("__")?;
        let escaped = text[..start].ends_with('\\');
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if length > 0 && !escaped && name[..length].chars().all(fits) {
            return Some((&text[..start], &name[..length], &name[length + 2..]));
        }
        from = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> Lists {
        let mut lists = Lists::default();
        lists.add("animal", "# mine\nfox\n\n bear \nowl\n");
        lists.add("thing", "__animal__ house\n");
        lists.add("round", "a __round__\n");
        lists.add("empty", "# nothing\n");
        lists
    }

    #[test]
    fn a_seed_draws_the_same_line_again() {
        let lists = lists();
        let drawn = |seed| draw("a __animal__ and a __thing__", seed, &lists).unwrap();
        assert_eq!(drawn(7), drawn(7));
        let all: std::collections::BTreeSet<_> = (0..40).map(drawn).collect();
        assert_eq!(all.len(), 9, "{all:?}");
        assert!(all.contains("a fox and a bear house"));
    }

    #[test]
    fn other_underscores_are_text() {
        for text in ["snake_case", "a __ b", r"\__animal__", "__a b__", "____", "__animal"] {
            assert_eq!(draw(text, 1, &lists()).unwrap(), text);
        }
    }

    #[test]
    fn a_missing_list_names_those_that_are_there() {
        let found = draw("a __plant__", 1, &lists()).unwrap_err().to_string();
        assert_eq!(found, "there is no list __plant__; there are animal, round, thing");
        assert!(draw("__empty__", 1, &lists()).is_err());
        assert_eq!(draw("__round__", 1, &lists()), Err(PromptError::Circle("round".into())));
    }
}
