//! `(a:1.2)`, `(a)` and `[a]`: how strongly words count.

use super::{PromptError, characters, unmatched};
use std::ops::Range;

/// What a bracket without a number multiplies or divides by.
const STEP: f32 = 1.1;
/// The largest weight that can be written.
pub const MAX_WEIGHT: f32 = 5.0;

/// A bracketed part of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its bytes in the prompt as written, brackets included.
    pub source: Range<usize>,
    /// Its bytes in the text without brackets.
    pub text: Range<usize>,
    /// What its words count; 1 is plain.
    pub weight: f32,
}

/// A prompt without its brackets, and what they said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weighted {
    /// The text that the model reads.
    pub text: String,
    /// The bracketed parts; inner ones come before those around them.
    pub marks: Vec<Mark>,
}

impl Weighted {
    /// Whether any word counts more or less than 1.
    pub fn is_plain(&self) -> bool {
        self.marks.iter().all(|mark| mark.weight == 1.0)
    }

    /// The weight of the character at this byte of [`Self::text`]: the product
    /// of all brackets around it.
    pub fn weight_at(&self, byte: usize) -> f32 {
        let around = self.marks.iter().filter(|mark| mark.text.contains(&byte));
        around.map(|mark| mark.weight).product()
    }

    /// The same for a byte of the prompt as written.
    pub fn weight_at_source(&self, byte: usize) -> f32 {
        let around = self.marks.iter().filter(|mark| mark.source.contains(&byte));
        around.map(|mark| mark.weight).product()
    }
}

/// A bracket that is still open.
struct Open {
    bracket: char,
    source: usize,
    text: usize,
    /// Where the last plain colon stands in the text.
    colon: Option<usize>,
}

/// Reads the brackets of a prompt.
///
/// # Errors
/// When a bracket has no other half or a weight is out of its range.
pub fn weighted(prompt: &str) -> Result<Weighted, PromptError> {
    let (mut found, mut open) = (Weighted::default(), Vec::<Open>::new());
    for (at, c, plain) in characters(prompt) {
        match c {
            '(' | '[' if !plain => {
                open.push(Open { bracket: c, source: at, text: found.text.len(), colon: None });
            }
            ')' | ']' if !plain => {
                let opening = if c == ')' { '(' } else { '[' };
                let group = open.pop_if(|open| open.bracket == opening);
                let group = group.ok_or_else(|| unmatched(prompt, at, c))?;
                close(&mut found, &group, at + 1)?;
            }
            _ => {
                if let (':', false, Some(group)) = (c, plain, open.last_mut()) {
                    group.colon = Some(found.text.len());
                }
                found.text.push(c);
            }
        }
    }
    match open.first() {
        Some(group) => Err(unmatched(prompt, group.source, group.bracket)),
        None => Ok(found),
    }
}

fn close(found: &mut Weighted, group: &Open, end: usize) -> Result<(), PromptError> {
    let number = match (group.bracket, group.colon) {
        ('(', Some(colon)) => {
            let number = found.text.get(colon + 1..).and_then(|t| t.trim().parse::<f32>().ok());
            number.inspect(|_| found.text.truncate(colon))
        }
        _ => None,
    };
    let weight = number.unwrap_or(if group.bracket == '(' { STEP } else { 1.0 / STEP });
    if !(0.0..=MAX_WEIGHT).contains(&weight) {
        return Err(PromptError::Weight(weight));
    }
    found.marks.push(Mark {
        source: group.source..end,
        text: group.text..found.text.len(),
        weight,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(prompt: &str) -> Vec<(String, f32)> {
        let found = weighted(prompt).unwrap();
        let at = |word: &str| found.text.find(word).unwrap();
        let round = |weight: f32| (weight * 1000.0).round() / 1000.0;
        found
            .text
            .split_whitespace()
            .map(|word| (word.to_owned(), round(found.weight_at(at(word)))))
            .collect()
    }

    fn seen(pairs: &[(&str, f32)]) -> Vec<(String, f32)> {
        pairs.iter().map(|(word, weight)| ((*word).to_owned(), *weight)).collect()
    }

    #[test]
    fn brackets_weigh_what_they_hold() {
        assert_eq!(words("a (red:1.3) fox"), seen(&[("a", 1.0), ("red", 1.3), ("fox", 1.0)]));
        assert_eq!(words("a (red) [fox]"), seen(&[("a", 1.0), ("red", 1.1), ("fox", 0.909)]));
        assert_eq!(words("((red:2) fox:0.5)"), seen(&[("red", 1.0), ("fox", 0.5)]));
        assert_eq!(words("(red : 1.5)"), seen(&[("red", 1.5)]));
    }

    #[test]
    fn a_colon_without_a_number_is_text() {
        assert_eq!(weighted("(a: b)").unwrap().text, "a: b");
        assert_eq!(weighted("a:1.2").unwrap().text, "a:1.2");
        assert_eq!(weighted("[a:1.2]").unwrap().text, "a:1.2");
    }

    #[test]
    fn a_backslash_makes_brackets_plain() {
        let found = weighted(r"a fox \(red\) \\ \n").unwrap();
        assert_eq!((found.text.as_str(), found.is_plain()), (r"a fox (red) \ \n", true));
    }

    #[test]
    fn a_bracket_alone_is_named_with_its_place() {
        for (prompt, bracket, at) in [("ä (b", '(', 3), ("a) b", ')', 2), ("(a]", ']', 3)] {
            let found = weighted(prompt).unwrap_err();
            let prompt = prompt.to_owned();
            assert_eq!(found, PromptError::Unmatched { bracket, at, prompt });
        }
        for text in ["(a:9)", "(a:-1)", "(a:nan)"] {
            assert!(matches!(weighted(text), Err(PromptError::Weight(_))), "{text}");
        }
    }

    #[test]
    fn places_are_known_in_both_texts() {
        let found = weighted("a (red:1.5) fox").unwrap();
        assert_eq!(found.marks, [Mark { source: 2..11, text: 2..5, weight: 1.5 }]);
        assert_eq!((found.weight_at_source(3), found.weight_at_source(12)), (1.5, 1.0));
    }
}
