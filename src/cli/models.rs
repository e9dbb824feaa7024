//! `predella models`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::{CliError, Kind};
use super::interrupt::Interrupt;
use super::model;
use super::output::Output;
use super::progress::Progress;
use crate::models::{self, Hub, Installed, KNOWN, ModelError, ModelSource};
use crate::util::text::bytes;

/// List, download and check models.
#[derive(Debug, Subcommand)]
pub enum ModelsVerb {
    /// List the models on this machine and those with a short name.
    Ls,
    Pull(PullArgs),
    Verify(VerifyArgs),
}

/// Download a model, or what is missing of it.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// A short name, or owner/name[@revision].
    model: String,
    /// Which of the model's weight files to take, such as fp16.
    #[arg(long, value_name = "NAME", default_value = "fp16")]
    variant: String,
}

/// Check that every file of models is there and sound.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Models; without one, all that are on this machine.
    models: Vec<String>,
    /// The SHA-256 that the model must have.
    #[arg(long, value_name = "SHA256", requires = "models")]
    expect: Option<String>,
}

/// Runs one of the verbs.
///
/// # Errors
/// When a model is missing, damaged or another than expected.
pub fn run(verb: &ModelsVerb, out: &Output) -> Result<(), CliError> {
    match verb {
        ModelsVerb::Ls => {
            list(out);
            Ok(())
        }
        ModelsVerb::Pull(args) => pull(args, out),
        ModelsVerb::Verify(args) => verify(args, out),
    }
}

fn list(out: &Output) {
    let here = models::installed(Hub::from_env().ok().as_ref());
    let missing = || KNOWN.iter().filter(|known| here.iter().all(|m| m.name != known.name));
    if out.is_json() {
        let here = here.iter().map(document);
        let missing = missing().map(|k| json!({ "name": k.name, "installed": false, "bytes": k.bytes, "licence": k.licence, "about": k.about }));
        out.document(&here.chain(missing).collect::<Vec<_>>());
        return;
    }
    for model in &here {
        let state = if model.complete { "" } else { "  not whole: pull it again" };
        let place =
            model.path.as_ref().map_or("comes with predella".into(), |p| p.display().to_string());
        out.line(&format!("{:<24} {:>9}  {place}{state}", model.name, bytes(model.bytes)));
    }
    for known in missing() {
        out.line(&format!(
            "{:<24} {:>9}  not here; predella models pull {}  ({})",
            known.name,
            bytes(known.bytes),
            known.name,
            known.licence
        ));
    }
}

fn document(model: &Installed) -> serde_json::Value {
    json!({
        "name": model.name,
        "installed": true,
        "complete": model.complete,
        "class": format!("{:?}", model.class),
        "bytes": model.bytes,
        "path": model.path,
    })
}

fn pull(args: &PullArgs, out: &Output) -> Result<(), CliError> {
    let ModelSource::Hub(repo) = ModelSource::resolve(&args.model)? else {
        return Err(CliError::usage(format!("{} is on this machine already", args.model))
            .hint("name a model to download as owner/name"));
    };
    let interrupt = Interrupt::install()?;
    let hub = Hub::from_env().map_err(ModelError::from)?;
    let mut download = Download { out, interrupt: &interrupt, bar: None };
    let pulled = match hub.pull(&repo, Some(&args.variant), &mut download) {
        // A single network: a judge, a reader of pictures or sounds.
        Err(ModelError::NotDiffusers(_)) => hub
            .pull_net(&repo, &mut download)
            .map(|net| (net.name().to_owned(), net.path().map(std::path::Path::to_owned))),
        pulled => pulled
            .map(|model| (model.name().to_owned(), model.path().map(std::path::Path::to_owned))),
    };
    drop(download);
    if let Some(mut stopped) = interrupt.error().filter(|_| pulled.is_err()) {
        stopped.message = "stopped; what was downloaded is kept".into();
        return Err(stopped.hint("run the same command again to go on"));
    }
    let (name, path) = pulled?;
    if out.is_json() {
        out.document(&json!({ "name": name, "path": path }));
    } else {
        let path = path.map(|path| path.display().to_string()).unwrap_or_default();
        out.line(&format!("{name}  {path}"));
    }
    Ok(())
}

/// Shows a download and lets a signal stop it.
struct Download<'a> {
    out: &'a Output,
    interrupt: &'a Interrupt,
    bar: Option<Progress>,
}

impl models::Progress for Download<'_> {
    fn begin(&mut self, files: usize, total: u64) {
        self.out.say(&format!("downloading {files} files, {}", bytes(total)));
        self.bar = Some(Progress::bytes(self.out, total));
    }

    fn file(&mut self, name: &str, _bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.message(name);
        }
    }

    fn position(&mut self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.position(position);
        }
    }

    fn retry(&mut self, name: &str, reason: &str) {
        self.out.warn(&format!("{name} broke off and is tried again: {reason}"));
    }

    fn cancelled(&self) -> bool {
        self.interrupt.flag().load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn verify(args: &VerifyArgs, out: &Output) -> Result<(), CliError> {
    let names = match args.models.as_slice() {
        [] => {
            models::installed(Hub::from_env().ok().as_ref()).into_iter().map(|m| m.name).collect()
        }
        named => named.to_vec(),
    };
    let mut documents = Vec::new();
    let mut failures = Vec::new();
    for name in &names {
        match check(name, args.expect.as_deref()) {
            Ok((weights, hash)) => {
                documents.push(
                    json!({ "name": name, "sound": true, "weight_bytes": weights, "hash": hash }),
                );
                if !out.is_json() {
                    out.line(&format!(
                        "{name}: sound, {} of weights, sha256 {hash}",
                        bytes(weights)
                    ));
                }
            }
            Err(error) => {
                documents.push(json!({ "name": name, "sound": false, "error": error.document() }));
                failures.push(error);
            }
        }
    }
    if out.is_json() {
        out.document(&documents);
    }
    CliError::together(failures, names.len(), out)
}

fn check(name: &str, expected: Option<&str>) -> Result<(u64, String), CliError> {
    let model = model::open(Some(name))?;
    let weights = model.verify(None)?;
    let hash = model.hash()?;
    match expected {
        Some(expected) if !expected.eq_ignore_ascii_case(&hash) => {
            let text = format!("{name} has the hash {hash}, not {expected}");
            Err(CliError::new(Kind::Difference, text))
        }
        _ => Ok((weights, hash)),
    }
}
