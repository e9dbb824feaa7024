//! `predella session`: sessions from outside the studio.

mod find;
mod keep;
mod look;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::{CliError, Kind};
use super::output::Output;
use crate::session::SessionError;
pub(super) use find::{find, first, place};

/// List, make, check, mend and copy sessions.
#[derive(Debug, Subcommand)]
pub enum SessionVerb {
    Ls(LsArgs),
    New(NewArgs),
    Check(CheckArgs),
    Repair(RepairArgs),
    Export(ExportArgs),
    Gc(GcArgs),
}

/// List sessions, the latest changed first.
#[derive(Debug, Args)]
pub struct LsArgs {
    /// Folder that holds sessions [default: where `predella` keeps them].
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Make an empty session.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name, or path of the new folder.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// What people call it [default: the folder's name].
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

/// Look over the history and every picture of a session; nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 5 when something is lost or wrong.")]
pub struct CheckArgs {
    /// Name or folder of the session.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// Only compare lengths of files, not every byte.
    #[arg(long)]
    quick: bool,
}

/// Mend what can be mended; what is cut is kept beside it.
#[derive(Debug, Args)]
pub struct RepairArgs {
    /// Name or folder of the session.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
}

/// Copy pictures and recipes into a new folder.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Name or folder of the session.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// The new folder.
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Only the starred pictures.
    #[arg(long)]
    starred: bool,
    /// The rejected pictures too.
    #[arg(long, conflicts_with = "starred")]
    all: bool,
}

/// Empty the trash, and destroy files that are of no use any more.
#[derive(Debug, Args)]
#[command(after_help = "This and emptying the trash are the only ways to destroy anything.")]
pub struct GcArgs {
    /// Name or folder of the session.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// Spare files without an entry that are younger than so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=36_500))]
    older: u32,
    /// Only the pictures in the trash.
    #[arg(long)]
    trash: bool,
}

/// Runs one of the verbs.
///
/// # Errors
/// When a session cannot be opened, is damaged, or the disk refuses.
pub fn run(verb: &SessionVerb, out: &Output) -> Result<(), CliError> {
    match verb {
        SessionVerb::Ls(args) => look::list(args, out),
        SessionVerb::Check(args) => look::check(args, out),
        SessionVerb::New(args) => keep::create(args, out),
        SessionVerb::Repair(args) => keep::repair(args, out),
        SessionVerb::Export(args) => keep::export(args, out),
        SessionVerb::Gc(args) => keep::gc(args, out),
    }
}

impl From<SessionError> for CliError {
    fn from(error: SessionError) -> Self {
        let kind = match error {
            // The command line named the wrong thing; no session is damaged.
            SessionError::Exists(_) | SessionError::Misfit(_) => Kind::Usage,
            SessionError::Disk(_) => Kind::Failed,
            _ => Kind::Session,
        };
        let hint = error.hint();
        let error = Self::new(kind, error.to_string());
        if hint.is_empty() { error } else { error.hint(hint) }
    }
}
