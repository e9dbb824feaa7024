//! `predella replay`: a session as a row of sets, and whether they can be
//! painted again.

mod compare;
mod verify;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::error::{CliError, Kind};
use super::output::Output;
use super::session::find;
use crate::engine::{DeviceChoice, Precision};
use crate::session::{Access, PanelState, Run, RunId, Session, Status};
use crate::util::text::clip;

/// Tell a session set by set, or paint every set again and compare.
///
/// A panel is identical, within tolerance (on average at most one step of 255
/// apart: other devices and chunks round otherwise), or different; then it is
/// said what is not as it was: model, engine or device.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 6 when a panel is different, with 3 when a model is missing.")]
pub struct ReplayArgs {
    /// Name or folder of the session.
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// Paint every set again and compare it with its pictures.
    #[arg(long)]
    verify: bool,
    /// Only this run, as it is numbered in the list; may be repeated.
    #[arg(long, value_name = "N")]
    run: Vec<u64>,
    /// Device: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto", requires = "verify")]
    device: DeviceChoice,
    /// Number format of the weights: auto, f32, f16 or bf16.
    #[arg(long, value_name = "FORMAT", default_value = "auto", requires = "verify")]
    precision: Precision,
}

/// Prints the runs, or verifies them.
///
/// # Errors
/// When the session cannot be opened, there is no such run, or the verification
/// found a difference.
pub fn run(args: &ReplayArgs, out: &Output) -> Result<(), CliError> {
    let session = Session::open(&find(&args.session), Access::Read)?;
    let runs = chosen(&session, &args.run)?;
    if args.verify {
        return verify::run(args, &session, &runs, out);
    }
    if out.is_json() {
        out.document(&runs.iter().map(|run| document(run)).collect::<Vec<_>>());
    } else {
        runs.iter().for_each(|run| out.line(&line(run)));
    }
    Ok(())
}

/// The runs that were asked for, or all that were begun.
fn chosen<'a>(session: &'a Session, asked: &[u64]) -> Result<Vec<&'a Run>, CliError> {
    let runs = session.state().runs();
    if asked.is_empty() {
        return Ok(runs.iter().filter(|run| run.attempts > 0).collect());
    }
    let find = |number: &u64| {
        session.state().run(RunId(*number)).ok_or_else(|| {
            CliError::usage(format!("there is no run {number} in this session"))
                .hint("predella replay SESSION lists them")
        })
    };
    asked.iter().map(find).collect()
}

/// How a run stands, in one word.
fn standing(run: &Run) -> String {
    match &run.status {
        Status::Ended(ended) => format!("{:?}", ended.outcome).to_lowercase(),
        other => other.word().to_owned(),
    }
}

fn line(run: &Run) -> String {
    let at: String = run.at.to_string().chars().take(16).collect();
    let done = run.panels.iter().filter(|panel| matches!(panel, PanelState::Done(_))).count();
    let about = match run.recipe.recipe() {
        None => "a recipe of another version".to_owned(),
        Some(recipe) => {
            let subjects: Vec<&str> = recipe.panels.iter().map(|p| p.subject.as_str()).collect();
            let way = if recipe.style.is_plain() { "plain" } else { "aligned" };
            format!(
                "{} · {} · {way}",
                clip(&subjects.join(", "), 60),
                clip(&recipe.style_prompt, 30)
            )
        }
    };
    let (at, all) = (at.replace('T', " "), run.panels.len());
    format!("{:>4}  {at}  {:<9} {done}/{all}  {about}", run.id.0, standing(run))
}

fn document(run: &Run) -> Value {
    let images = run.panels.iter().map(|panel| match panel {
        PanelState::Done(id) => Value::from(id.as_str()),
        _ => Value::Null,
    });
    let ended = match &run.status {
        Status::Ended(ended) => json!({
            "seconds": ended.timings.get("total"), "device": ended.device,
            "engine": ended.engine, "model": ended.model, "reason": ended.reason,
        }),
        _ => Value::Null,
    };
    json!({
        "run": run.id.0,
        "queued": run.at,
        "status": standing(run),
        "images": images.collect::<Vec<_>>(),
        "recipe": run.recipe.recipe().map(std::convert::AsRef::as_ref),
        "ended": ended,
    })
}

/// What a verification comes to.
fn verdict(different: usize, missing: usize, panels: usize) -> Result<(), CliError> {
    if different > 0 {
        let text = format!("{different} of {panels} panels are different");
        return Err(CliError::new(Kind::Difference, text));
    }
    if missing > 0 {
        let text = format!("{missing} of {panels} panels could not be painted again");
        return Err(CliError::new(Kind::Model, text)
            .hint("predella models ls shows which models are on this machine"));
    }
    Ok(())
}
