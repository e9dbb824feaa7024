//! `predella show`.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::output::Output;
use super::pictures;

/// Show pictures in the terminal.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Pictures.
    #[arg(required = true, value_name = "IMG")]
    images: Vec<PathBuf>,
}

/// Shows each picture under its name.
///
/// # Errors
/// When standard output is no terminal, or a picture cannot be read; the
/// others are shown.
pub fn run(args: &ShowArgs, out: &Output) -> Result<(), CliError> {
    if !out.shows_pictures() {
        return Err(CliError::usage("pictures can only be shown on a terminal")
            .hint("run it without a pipe and without --json"));
    }
    let mut failures = Vec::new();
    for path in &args.images {
        match pictures::decode(path) {
            Ok(picture) => {
                out.line(&path.display().to_string());
                pictures::show(out, &picture)?;
            }
            Err(error) => failures.push(error),
        }
    }
    CliError::together(failures, args.images.len(), out)
}
