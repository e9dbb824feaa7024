//! `predella doctor`.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::error::{CliError, Kind};
use super::machine;
use super::output::Output;
use crate::config::paths;
use crate::engine::DeviceChoice;
use crate::models::{self, Hub, Installed};
use crate::term::graphics;
use crate::util::text::bytes;

/// Models up to this size are hashed here; larger ones take long when they
/// were never hashed before.
const HASHED: u64 = 1_000_000_000;
/// Free memory that painting with the smallest model needs, in bytes.
const NEEDED: u64 = 600_000_000;

/// Check this machine and say how to mend what is wrong.
#[derive(Debug, Args)]
pub struct DoctorArgs {}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    found: String,
    /// What to do, where something is wrong.
    fix: Option<String>,
}

/// Looks at everything that painting depends on.
///
/// # Errors
/// When something is wrong; each such finding was printed with a way to mend it.
pub fn run(_args: &DoctorArgs, out: &Output) -> Result<(), CliError> {
    let findings: Vec<Finding> = [
        program(),
        processor(),
        memory(),
        device("cuda", DeviceChoice::Cuda(0), cfg!(feature = "cuda")),
        device("metal", DeviceChoice::Metal, cfg!(feature = "metal")),
    ]
    .into_iter()
    .chain(model_findings())
    .chain([terminal()])
    .chain(folders())
    .collect();
    if out.is_json() {
        out.document(&findings);
    } else {
        for Finding { what, found, fix } in &findings {
            let fix =
                fix.as_ref().map(|fix| format!("\n{:<10} mend it: {fix}", "")).unwrap_or_default();
            out.line(&format!("{what:<10} {found}{fix}"));
        }
    }
    match findings.iter().filter(|f| f.fix.is_some()).count() {
        0 => Ok(()),
        1 => Err(CliError::new(Kind::Partial, "one thing needs mending; see above")),
        n => Err(CliError::new(Kind::Partial, format!("{n} things need mending; see above"))),
    }
}

fn good(what: &'static str, found: String) -> Finding {
    Finding { what, found, fix: None }
}

fn bad(what: &'static str, found: String, fix: impl Into<String>) -> Finding {
    Finding { what, found, fix: Some(fix.into()) }
}

fn program() -> Finding {
    let features: Vec<&str> = [
        ("embedded-model", cfg!(feature = "embedded-model")),
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("accelerate", cfg!(feature = "accelerate")),
    ]
    .into_iter()
    .filter_map(|(name, on)| on.then_some(name))
    .collect();
    let found = format!("predella {} with {}", env!("CARGO_PKG_VERSION"), list(&features));
    if cfg!(debug_assertions) {
        let found = format!("{found}, built for debugging");
        return bad("program", found, "build it with --release, or painting takes very long");
    }
    good("program", found)
}

fn processor() -> Finding {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let features = machine::vector_features();
    let found = format!("{}, {threads} threads, {}", std::env::consts::ARCH, list(&features));
    good("processor", found)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing extra".into() } else { names.join(", ") }
}

fn memory() -> Finding {
    let (all, free) = machine::memory();
    let found = format!("{} free of {}", bytes(free), bytes(all));
    if free < NEEDED {
        return bad(
            "memory",
            found,
            format!("end other programs; painting needs {} or more", bytes(NEEDED)),
        );
    }
    good("memory", found)
}

/// A device that this build was not made for is no fault.
fn device(what: &'static str, choice: DeviceChoice, built: bool) -> Finding {
    if !built {
        let how = format!("not in this build; --features {what} adds it where the machine has it");
        return good(what, how);
    }
    match choice.open() {
        Ok(_) => good(what, format!("works as {choice}")),
        Err(error) => bad(what, error.to_string(), "check its driver; until then use --device cpu"),
    }
}

fn model_findings() -> Vec<Finding> {
    let found = models::installed(Hub::from_env().ok().as_ref());
    if found.is_empty() {
        let fix = "build with the default features, or give a folder with --model";
        return vec![bad("model", "none is on this machine".into(), fix)];
    }
    found.iter().map(model_finding).collect()
}

fn model_finding(model: &Installed) -> Finding {
    let name = &model.name;
    let text = format!("{name}, {}", bytes(model.bytes));
    if !model.complete {
        let fix = format!("predella models pull {name}");
        return bad("model", format!("{text}, not whole"), fix);
    }
    if model.bytes > HASHED {
        return good("model", format!("{text}; predella models verify {name} checks it"));
    }
    let hash = super::model::open(Some(name)).and_then(|folder| Ok(folder.hash()?));
    match hash {
        Ok(hash) => good("model", format!("{text}, sha256 {hash}")),
        Err(error) => {
            bad("model", format!("{text}: {}", error.message), error.hint.unwrap_or_default())
        }
    }
}

fn terminal() -> Finding {
    let name = std::env::var("TERM").unwrap_or_else(|_| "of unknown kind".into());
    match graphics::way() {
        Ok(Some(way)) => good("terminal", format!("{name}, shows pictures as {way}")),
        Ok(None) => good("terminal", format!("{name}; standard output shows no pictures")),
        Err(error) => bad("terminal", error.to_string(), "set it to one of them, or unset it"),
    }
}

fn folders() -> Vec<Finding> {
    let hub = Hub::from_env().ok().map(|hub| hub.config().cache.clone());
    [("models", hub), ("cache", paths::cache_dir()), ("config", paths::config_dir())]
        .into_iter()
        .map(|(what, folder)| match folder {
            Some(folder) => folder_finding(what, &folder),
            None => bad(what, "there is no home folder".into(), "set HOME to a folder of yours"),
        })
        .collect()
}

/// A folder that is not there yet is made when it is needed.
fn folder_finding(what: &'static str, folder: &Path) -> Finding {
    let shown = folder.display().to_string();
    let Some(nearest) = folder.ancestors().find(|path| path.exists()) else {
        return bad(what, shown, "the disk of this path is missing; mount it or change the path");
    };
    let written = tempfile::Builder::new().prefix(".predella-").tempfile_in(nearest);
    match written {
        Ok(_) if nearest == folder => good(what, shown),
        Ok(_) => good(what, format!("{shown}, made when it is needed")),
        Err(error) => {
            let fix = format!("make {} writable", nearest.display());
            bad(what, format!("{shown} cannot be written: {error}"), fix)
        }
    }
}
