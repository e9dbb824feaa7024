//! What music may be like: labels, the best of which become words.

use crate::perceive::words::plain;
use crate::perceive::{PerceiveError, Result};

/// Those that come with the program.
const BUILT_IN: &str = include_str!("labels.txt");
/// Most labels, and most characters of one and of its description.
const MOST: usize = 200;
const LONGEST: usize = 200;

/// Words for a prompt, and the text that music is compared with for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What goes into a prompt.
    pub words: String,
    /// What the music is compared with.
    pub description: String,
}

/// A list of labels, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Vec<Label>);

impl Labels {
    /// Those of the program, and those of a text in the same form, which may
    /// describe the program's anew.
    ///
    /// # Errors
    /// When the text is no list, or too long a one.
    pub fn with(text: &str) -> Result<Self> {
        Self(Vec::new()).and(BUILT_IN)?.and(text)
    }

    /// Those of a text alone: one a line, `WORDS` or `WORDS = DESCRIPTION`, `#`
    /// begins a comment.
    ///
    /// # Errors
    /// When there are fewer than two, or too many.
    pub fn of(text: &str) -> Result<Self> {
        let labels = Self(Vec::new()).and(text)?;
        match labels.0.len() {
            0 | 1 => Err(PerceiveError::Labels(
                "music is compared with two labels at least; this list has fewer".into(),
            )),
            _ => Ok(labels),
        }
    }

    fn and(mut self, text: &str) -> Result<Self> {
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (words, description) = line.split_once('=').unwrap_or((line, ""));
            let words = plain(words, LONGEST);
            let description = match plain(description, LONGEST) {
                none if none.is_empty() => format!("{words} music"),
                some => some,
            };
            if words.is_empty() {
                let text = format!("line {number} of the labels holds no words");
                return Err(PerceiveError::Labels(text));
            }
            if let Some(known) = self.0.iter_mut().find(|label| label.words == words) {
                known.description = description;
            } else if self.0.len() < MOST {
                self.0.push(Label { words, description });
            } else {
                let text = format!("there are more than {MOST} labels");
                return Err(PerceiveError::Labels(text));
            }
        }
        Ok(self)
    }

    /// Each label, as they are listed.
    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_are_there_and_a_person_adds_to_them() {
        let own = Labels::with("").unwrap();
        let words: Vec<&str> = own.iter().map(|label| label.words.as_str()).collect();
        for wanted in ["calm", "joyful", "melancholic", "furious orchestral", "futuristic"] {
            assert!(words.contains(&wanted), "{wanted}");
        }
        let more = Labels::with("# mine\nwaltz\ncalm = quiet music\n").unwrap();
        assert_eq!(more.iter().count(), own.iter().count() + 1);
        let found =
            |words: &str| more.iter().find(|l| l.words == words).unwrap().description.clone();
        assert_eq!(
            (found("waltz").as_str(), found("calm").as_str()),
            ("waltz music", "quiet music")
        );
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        let refused = |text: &str| Labels::of(text).unwrap_err().to_string();
        assert!(refused("").contains("two labels at least"));
        assert!(refused("calm\ncalm = quiet\n# loud").contains("two labels at least"));
        assert!(refused("calm\n= quiet").contains("line 2"));
        let many: String = (0..=MOST).map(|i| format!("label {i}\n")).collect();
        assert!(refused(&many).contains("more than 200"));
        assert_eq!(Labels::of("a\u{1b}[2Jb\nc").unwrap().iter().next().unwrap().words, "a 2Jb");
    }
}
