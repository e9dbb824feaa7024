//! Looking at sessions.

use serde_json::json;

use super::{CheckArgs, LsArgs, find, place};
use crate::cli::error::{CliError, Kind};
use crate::cli::output::Output;
use crate::cli::tour;
use crate::session::{self, Access, Depth, Finding, Report, Session, Summary};
use crate::util::text::bytes;

/// `session ls`.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(args: &LsArgs, out: &Output) -> Result<(), CliError> {
    let folder = match &args.folder {
        Some(folder) if !folder.is_dir() => {
            return Err(CliError::usage(format!("{} is no folder", folder.display())));
        }
        Some(folder) => folder.clone(),
        None => place()?,
    };
    let found = session::list(&folder)?;
    if out.is_json() {
        out.document(&found.iter().map(document).collect::<Vec<_>>());
        return Ok(());
    }
    for summary in &found {
        let changed: String = summary.changed.to_string().chars().take(16).collect();
        let open = if summary.is_open { "  open" } else { "" };
        let fault = summary.fault.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
        out.line(&format!(
            "{:<24} {}  {}{open}{fault}",
            summary.name,
            changed.replace('T', " "),
            summary.path.display()
        ));
    }
    if found.is_empty() {
        out.say(&format!("no session in {}", folder.display()));
    }
    if args.folder.is_none() {
        let examples: Vec<&str> = tour::names().collect();
        out.say(&format!(
            "to look at, for instance with predella {}: {}",
            tour::TOUR,
            examples.join(", ")
        ));
    }
    Ok(())
}

fn document(summary: &Summary) -> serde_json::Value {
    json!({
        "name": summary.name,
        "path": summary.path,
        "created": summary.created,
        "changed": summary.changed,
        "open": summary.is_open,
        "fault": summary.fault,
    })
}

/// `session check`.
///
/// # Errors
/// When the session cannot be read, or something in it is lost or wrong.
pub fn check(args: &CheckArgs, out: &Output) -> Result<(), CliError> {
    let session = Session::open(&find(&args.session), Access::Read)?;
    let report = session.check(if args.quick { Depth::Quick } else { Depth::Full })?;
    print(&report, out);
    let damage = report.damage().count();
    if damage == 0 {
        return Ok(());
    }
    let text = format!("{damage} things in this session are lost or wrong");
    Err(CliError::new(Kind::Session, text)
        .hint("mend what can be mended: predella session repair, which keeps what it cuts"))
}

fn print(report: &Report, out: &Output) {
    if out.is_json() {
        out.document(&json!({
            "sound": report.is_sound(),
            "entries": report.entries,
            "runs": report.runs,
            "images": report.images,
            "bytes": report.bytes,
            "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        }));
        return;
    }
    for finding in &report.findings {
        let weight = if finding.is_damage() { "damage" } else { "note" };
        out.line(&format!("{weight}: {finding}"));
    }
    let state = if report.is_sound() { "sound" } else { "damaged" };
    out.line(&format!(
        "{state}: {} entries, {} runs, {} pictures, {}",
        report.entries,
        report.runs,
        report.images,
        bytes(report.bytes)
    ));
}

/// A finding for programs.
pub fn finding(finding: &Finding) -> serde_json::Value {
    json!({ "damage": finding.is_damage(), "text": finding.to_string() })
}
