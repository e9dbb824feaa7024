//! Music: the labels that it is compared with, and those that become words.

use std::path::Path;

use super::WordsArgs;
use super::gather::{MAX_TEXT, Part, utf8};
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::config::music_labels;
use crate::perceive::{Labels, Likeness};

/// Reads a share.
///
/// # Errors
/// When it is none.
pub fn share(text: &str) -> Result<f32, String> {
    let share = text.parse::<f32>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}

/// The labels: those of a file that was named, or the program's and the user's own.
///
/// # Errors
/// When a list cannot be read, or is none.
pub fn labels(args: &WordsArgs) -> Result<Labels, CliError> {
    match &args.labels {
        Some(path) => Ok(Labels::of(&utf8(path, MAX_TEXT)?)?),
        None => {
            let own = music_labels().map_err(|error| CliError::failed(error.to_string()))?;
            Ok(Labels::with(&own)?)
        }
    }
}

/// What music is like, in words; how alike it is to each label is said.
pub fn part(path: &Path, found: Vec<Likeness>, args: &WordsArgs, out: &Output) -> Part {
    let from = path.display().to_string();
    out.say(&format!("{from}: {}", Likeness::shown(&found, found.len())));
    let words = Likeness::words(&found, args.best, args.least);
    Part { from, by: Some(args.critic.clone()), words, likenesses: found }
}
