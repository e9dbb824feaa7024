//! Making sessions, mending them, copying out of them, clearing them up.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::look::finding;
use super::{ExportArgs, GcArgs, NewArgs, RepairArgs, find, place};
use crate::cli::error::{CliError, Kind};
use crate::cli::output::Output;
use crate::session::{Access, Choice, Session, SessionError};
use crate::util::text::bytes;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// `session new`.
///
/// # Errors
/// When there is something of that name, or the disk refuses.
pub fn create(args: &NewArgs, out: &Output) -> Result<(), CliError> {
    // A bare name goes where sessions are kept; anything with a slash is a path.
    let path = match args.session.components().count() {
        1 if args.session.is_relative() && !starts_here(&args.session) => {
            place()?.join(&args.session)
        }
        _ => args.session.clone(),
    };
    let named = args.name.clone();
    let name = named.or_else(|| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    let session = Session::create(&path, name.as_deref().unwrap_or("session"))?;
    if out.is_json() {
        out.document(&json!({ "name": session.name(), "path": session.path() }));
    } else {
        out.line(&session.path().display().to_string());
    }
    Ok(())
}

/// Whether a path is `.` or begins with it.
fn starts_here(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().starts_with('.')
}

/// `session repair`.
///
/// # Errors
/// When another program writes to it, or the disk refuses.
pub fn repair(args: &RepairArgs, out: &Output) -> Result<(), CliError> {
    let (session, repaired) = Session::repair(&find(&args.session))?;
    if out.is_json() {
        out.document(&json!({
            "path": session.path(),
            "mended": repaired.mended.iter().map(finding).collect::<Vec<_>>(),
            "kept": repaired.kept,
        }));
        return Ok(());
    }
    repaired.mended.iter().for_each(|finding| out.line(&format!("mended: {finding}")));
    repaired.kept.iter().for_each(|path| out.line(&format!("kept: {}", path.display())));
    if repaired.mended.is_empty() {
        out.line("sound: nothing to mend");
    }
    Ok(())
}

/// `session export`.
///
/// # Errors
/// When there is something of that name, the disk refuses, or pictures are not
/// the ones that were stored.
pub fn export(args: &ExportArgs, out: &Output) -> Result<(), CliError> {
    let session = Session::open(&find(&args.session), Access::Read)?;
    let choice = match (args.starred, args.all) {
        (true, _) => Choice::Starred,
        (_, true) => Choice::All,
        _ => Choice::Kept,
    };
    let exported = session.export(&args.to, choice)?;
    if out.is_json() {
        let failed = exported.failed.iter();
        let failed =
            failed.map(|(id, why)| json!({ "image": id.as_str(), "error": why.to_string() }));
        out.document(&json!({
            "path": args.to, "images": exported.images, "failed": failed.collect::<Vec<_>>(),
        }));
    } else {
        out.line(&format!("{} pictures in {}", exported.images, args.to.display()));
    }
    let failures = exported.failed.into_iter().map(|(_, why)| CliError::from(why)).collect();
    CliError::together(failures, exported.images + 1, out)
}

/// `session gc`.
///
/// # Errors
/// When another program writes to it, or the disk refuses.
pub fn gc(args: &GcArgs, out: &Output) -> Result<(), CliError> {
    let mut session = Session::open(&find(&args.session), Access::Write)?;
    if let Some(why) = session.why_read_only() {
        let error = SessionError::ReadOnly(why.clone());
        return Err(CliError::new(Kind::Session, error.to_string()).hint(error.hint()));
    }
    let swept = if args.trash {
        session.empty_trash()?
    } else {
        session.gc(Duration::from_secs(u64::from(args.older) * DAY))?
    };
    if out.is_json() {
        out.document(&json!({
            "images": swept.images, "files": swept.files, "bytes": swept.bytes,
        }));
    } else {
        out.line(&format!(
            "{} pictures of the trash, {} files in all, {}",
            swept.images,
            swept.files,
            bytes(swept.bytes)
        ));
    }
    Ok(())
}
