//! `predella completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::error::CliError;
use super::output::Output;

const EXAMPLE: &str = "Example:\n\
\x20 predella completions bash > ~/.local/share/bash-completion/completions/predella";

/// Print the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// None of its own.
pub fn run(args: &CompletionsArgs, out: &Output) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "predella", &mut script);
    out.verbatim(&script);
    Ok(())
}
