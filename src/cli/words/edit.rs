//! Words in somebody's editor before they are used.

use std::io::{IsTerminal, Read};
use std::process::Command;

use crate::cli::error::CliError;

/// Longest text that is taken back, in bytes.
const MAX_TEXT: u64 = 64 * 1024;

/// Whether there is an editor, and a terminal to edit on.
///
/// # Errors
/// When there is none.
pub fn check() -> Result<(), CliError> {
    let hint = "take the words as they are with --yes";
    let shows = std::io::stdout().is_terminal() || std::io::stderr().is_terminal();
    if !std::io::stdin().is_terminal() || !shows {
        return Err(CliError::usage("there is no terminal to edit the words on").hint(hint));
    }
    match editor() {
        Some(_) => Ok(()),
        None => Err(CliError::usage("neither $VISUAL nor $EDITOR names an editor").hint(hint)),
    }
}

/// What is left of a text after editing; line feeds become spaces.
///
/// # Errors
/// When the editor cannot be run or fails.
pub fn edit(text: &str) -> Result<String, CliError> {
    let failed =
        |error: std::io::Error| CliError::failed(format!("cannot edit the words: {error}"));
    let named = editor().unwrap_or_default();
    let mut words = named.split_whitespace();
    let mut file = tempfile::Builder::new().suffix(".txt").tempfile().map_err(failed)?;
    std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes()).map_err(failed)?;
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(file.path());
    // Where the words go into a pipe, the editor shall not.
    if !std::io::stdout().is_terminal() {
        command.stdout(std::io::stderr());
    }
    let status = command.status().map_err(failed)?;
    if !status.success() {
        return Err(CliError::failed(format!("the editor {named} failed: {status}")));
    }
    // An editor may put another file in the place of this one, so it is opened anew.
    let mut edited = String::new();
    let opened = std::fs::File::open(file.path()).map_err(failed)?;
    opened.take(MAX_TEXT).read_to_string(&mut edited).map_err(failed)?;
    Ok(edited.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn editor() -> Option<String> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    named("VISUAL").or_else(|| named("EDITOR"))
}
