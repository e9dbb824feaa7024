//! `predella man`.

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::Cli;
use super::error::CliError;
use super::output::Output;

/// Print a manual page.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  predella man paint | man -l -")]
pub struct ManArgs {
    /// The verb; without one, the page of the whole program.
    verb: Option<String>,
}

/// Prints the page as roff.
///
/// # Errors
/// When there is no such verb.
pub fn run(args: &ManArgs, out: &Output) -> Result<(), CliError> {
    let mut program = Cli::command();
    // Without this the verbs lack the options that work everywhere.
    program.build();
    let (command, title) = match &args.verb {
        None => (program, "predella".to_owned()),
        Some(name) => match program.find_subcommand(name) {
            Some(verb) => (verb.clone(), format!("predella-{name}")),
            None => {
                let hint = "predella --help lists them";
                return Err(CliError::usage(format!("there is no verb {name}")).hint(hint));
            }
        },
    };
    let mut page = Vec::new();
    Man::new(command)
        .title(title)
        .render(&mut page)
        .map_err(|e| CliError::failed(format!("cannot write the page: {e}")))?;
    out.verbatim(&page);
    Ok(())
}
