//! What a run says at its beginning and end.

use serde_json::{Value, json};

use super::Job;
use super::painter::Ending;
use crate::cli::error::CliError;
use crate::cli::machine;
use crate::cli::output::Output;
use crate::cli::values::show_seconds;
use crate::engine::Pipeline;
use crate::util::text::bytes;

/// One line about what is going to be painted; it names the first seed, so
/// that a run with a random one can be repeated.
pub fn opening(job: &Job, device: &str) -> String {
    let recipe = &job.recipe;
    let count = match job.plan.panels() {
        1 => "1 picture".to_owned(),
        n => format!("{n} pictures"),
    };
    let size = recipe.size_of(recipe.panels.len().saturating_sub(1));
    format!(
        "painting {count} of {}x{} with {} on {device}: {} steps, seed {}",
        size.width,
        size.height,
        recipe.model.name,
        recipe.steps,
        job.plan
            .chunks
            .iter()
            .flatten()
            .next()
            .and_then(|i| recipe.panels.get(*i))
            .map_or(0, |p| p.seed),
    )
}

/// Prints the result of a run and passes its error on.
///
/// # Errors
/// The run's own.
pub fn close(
    job: &Job,
    pipeline: &Pipeline,
    ending: Ending,
    explained: Option<Value>,
    (loaded, total): (f64, f64),
    out: &Output,
) -> Result<(), CliError> {
    let peak = machine::peak_memory();
    let all = job.plan.panels();
    let missing = all - ending.done.len();
    if out.is_json() {
        out.document(&json!({
            "status": status(&ending),
            "recipe": job.recipe,
            "device": pipeline.device_name(),
            "panels": ending.done,
            "sheet": ending.sheet,
            "explained": explained,
            "warnings": job.warnings,
            "seconds": { "load": loaded, "paint": ending.seconds, "total": total },
            "peak_memory_bytes": peak,
            "error": ending.error.as_ref().map(CliError::document),
        }));
    } else {
        let memory = peak.map(|b| format!(", at most {} of memory", bytes(b))).unwrap_or_default();
        let count = ending.done.len();
        out.say(&format!("{count} painted in {}{memory}", show_seconds(ending.seconds)));
    }
    match ending.error {
        None => Ok(()),
        Some(error) if missing == 0 => Err(error),
        Some(mut error) => {
            error.message = format!("{} ({missing} of {all} not painted)", error.message);
            Err(error)
        }
    }
}

fn status(ending: &Ending) -> &'static str {
    use crate::cli::error::Kind;
    match ending.error.as_ref().map(|e| e.kind) {
        None => "done",
        Some(Kind::Interrupted(_)) => "interrupted",
        Some(_) => "failed",
    }
}
