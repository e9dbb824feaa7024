//! How prompts are written: weights, alternatives and lists.
//!
//! - `(red:1.3)` counts 1.3 times, `(red)` 1.1 times and `[red]` 1/1.1 times, as
//!   in AUTOMATIC1111's web UI; brackets nest, and their weights multiply.
//! - `{fox|bear}` stands for several prompts, one with each; `{1..4}` for four.
//! - `__animal__` is one line of the list `animal`, drawn by the panel's seed.
//! - A backslash before any of `( ) [ ] { } | \ _` makes it a plain character.
//!
//! Alternatives and lists are expanded when a set is frozen, so a recipe holds
//! what was painted; weights stay in it and are read by the engine.

mod expand;
mod lists;
mod nudge;
mod set;
mod weights;

pub use expand::{check_style, count, expand};
pub use lists::{Lists, MAX_LINES, draw};
pub use nudge::nudge;
pub use set::{check, freeze, panels};
pub use weights::{MAX_WEIGHT, Mark, Weighted, weighted};

/// Characters that a backslash makes plain.
const SPECIAL: &str = "()[]{}|\\_";

/// A prompt that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PromptError {
    /// A bracket without its other half.
    #[error(
        "the {bracket} at character {at} of \"{prompt}\" has no other half; write \\{bracket} for a plain one"
    )]
    Unmatched {
        /// The bracket.
        bracket: char,
        /// Where it stands, counted from 1.
        at: usize,
        /// The prompt that it stands in.
        prompt: String,
    },
    /// A weight out of its range.
    #[error("the weight {0} is out of its range, 0 to {MAX_WEIGHT}")]
    Weight(f32),
    /// More prompts than a set holds.
    #[error("\"{prompt}\" stands for {count} prompts; a set holds at most {limit}")]
    TooMany {
        /// The prompt.
        prompt: String,
        /// How many it stands for.
        count: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// A list that is not there.
    #[error("there is no list __{name}__{}", also(.known))]
    NoList {
        /// The list's name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// Lists that name each other in a circle.
    #[error("the list __{0}__ leads back to itself")]
    Circle(String),
    /// Alternatives or lists where one text serves the whole set.
    #[error("the {0} is one for all pictures; alternatives and lists belong into the prompts")]
    Shared(&'static str),
    /// More seeds than there are.
    #[error("the seeds pass {}, the largest", u64::MAX)]
    Seeds,
}

fn also(names: &[String]) -> String {
    match names {
        [] => "; lists are text files in the folder wildcards of the configuration".into(),
        names => format!("; there are {}", names.join(", ")),
    }
}

/// The characters of a text with their byte offsets, and whether a backslash
/// made them plain; such a backslash is left out.
fn characters(text: &str) -> impl Iterator<Item = (usize, char, bool)> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (at, c) = rest.next()?;
        if c == '\\'
            && let Some((_, escaped)) = rest.next_if(|(_, next)| SPECIAL.contains(*next))
        {
            return Some((at, escaped, true));
        }
        Some((at, c, false))
    })
}

fn unmatched(prompt: &str, at: usize, bracket: char) -> PromptError {
    let at = prompt[..at].chars().count() + 1;
    PromptError::Unmatched { bracket, at, prompt: prompt.chars().take(200).collect() }
}
