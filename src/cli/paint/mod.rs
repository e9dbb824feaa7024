//! `predella paint`.

mod args;
mod control;
mod explain;
mod folder;
mod freeze;
mod grid;
mod manners;
mod painter;
mod panorama;
mod preview;
mod prompts;
mod references;
mod report;
mod restrain;

use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::time::Instant;

pub use args::PaintArgs;
pub use control::Making;
pub use grid::{GridArgs, run as grid};

use super::error::{CliError, Kind};
use super::interrupt::Interrupt;
use super::machine;
use super::model;
use super::output::Output;
use super::pictures;
use super::progress::Progress;
use super::prompt::lists;
use crate::engine::explain::Watcher;
use crate::engine::invert::Shelf;
use crate::engine::{Inputs, Limits, LoadOptions, Pipeline, Plan};
use crate::models::ModelFolder;
use crate::recipe::{ModelRef, Recipe};
use folder::Folder;
use painter::Painter;
use prompts::Source;

/// A recipe with all that is known before a weight is read.
struct Job {
    model: ModelFolder,
    recipe: Recipe,
    inputs: Inputs,
    plan: Plan,
    options: LoadOptions,
    limits: Limits,
    warnings: Vec<String>,
}

/// Paints, or says what would be painted.
///
/// # Errors
/// Everything that can be known to fail fails before the model is loaded.
pub fn run(args: PaintArgs, out: &Output) -> Result<(), CliError> {
    let start = Instant::now();
    machine::threads(args.machine.threads)?;
    let dry_run = args.result.dry_run;
    let target = args.result.out.clone();
    let explained = args.result.explain;
    let (sheet, show) = (args.result.sheet, args.result.show);
    let job = prepare(args, out)?;
    if dry_run {
        return preview::print(&job, out);
    }
    if show {
        pictures::get_ready(out)?;
    }
    let folder = Folder::open(&target)?;
    let interrupt = Interrupt::install()?;
    let pipeline = load(&job, out)?;
    let loaded = start.elapsed().as_secs_f64();
    let mut job = job;
    let cut = cut_prompts(&pipeline, &job.recipe)?;
    cut.iter().for_each(|text| out.warn(text));
    job.warnings.extend(cut);
    out.say(&report::opening(&job, &pipeline.device_name()));
    let mut painter = Painter::new(&job, &folder, &interrupt, out);
    painter.watcher = explained.then(|| Watcher::new(job.plan.references, |_| true));
    let result = painter.paint(&pipeline);
    let seen = painter.watcher.take().map(|watcher| watcher.take()).transpose()?;
    let ending = painter.end(result, sheet, show);
    let seen = match seen {
        Some(seen) => Some(explain::tell(&job.model, &job.recipe, &seen, out)?),
        None => None,
    };
    report::close(&job, &pipeline, ending, seen, (loaded, start.elapsed().as_secs_f64()), out)
}

/// The model, ready to paint.
fn load(job: &Job, out: &Output) -> Result<Pipeline, CliError> {
    let _loading = Progress::waiting(out, "loading the model");
    let mut pipeline = Pipeline::load(&job.model, &job.options)?;
    if let Some(shelf) = Shelf::of_user(&job.model.hash()?) {
        pipeline.keep_inversions(shelf);
    }
    Ok(pipeline)
}

/// Everything up to the plan: prompts, model, recipe.
fn prepare(mut args: PaintArgs, out: &Output) -> Result<Job, CliError> {
    let mut source = prompts::collect(&args)?;
    let mut warnings = freeze::clean(&mut args, &mut source)?;
    let asked = args.machine.model.as_deref();
    let named = match &source {
        Source::Start(recipe) | Source::Exact(recipe) | Source::More(recipe, _) => {
            Some(recipe.model.name.as_str())
        }
        Source::Prompts(_) => None,
    };
    let model = model::open(asked.or(named))?;
    let reference = reference(&model)?;
    let painted = match &source {
        Source::More(recipe, _) => recipe.panels.len(),
        _ => 0,
    };
    if let Source::Exact(recipe) | Source::More(recipe, _) = &source {
        warnings.extend(same_model(recipe, &reference, asked.is_some())?);
    }
    let defaults = model::defaults(&model)?;
    let mut recipe = freeze::freeze(&args, &source, reference, defaults, &lists()?, random_seed())?;
    control::steer(&args.steer, &model, &mut recipe)?;
    let inputs = Inputs::load(&recipe, Path::new(""))?;
    let options = LoadOptions { device: args.machine.device, precision: args.machine.precision };
    let chunk = args.machine.chunk.and_then(|n| usize::try_from(n).ok());
    let limits = Limits { chunk, memory: args.machine.memory, painted };
    let plan = Plan::new(&model, &recipe, &options, &limits)?;
    warnings.iter().for_each(|text| out.warn(text));
    plan.notes.iter().chain(&inputs.notes).for_each(|text| out.note(text));
    Ok(Job { model, recipe, inputs, plan, options, limits, warnings })
}

fn reference(model: &ModelFolder) -> Result<ModelRef, CliError> {
    Ok(ModelRef { name: model.name().to_owned(), hash: Some(model.hash()?) })
}

/// Other weights paint other pictures: that is refused, unless the model was
/// named on the command line.
fn same_model(recipe: &Recipe, found: &ModelRef, asked: bool) -> Result<Option<String>, CliError> {
    if recipe.model.hash.is_none() || recipe.model.hash == found.hash {
        return Ok(None);
    }
    let text =
        format!("{} is not the model of the recipe: its files have another hash", found.name);
    if asked {
        return Ok(Some(format!("{text}; the pictures will differ")));
    }
    Err(CliError::new(Kind::Model, text)
        .hint(format!("to paint it all the same, name the model: --model {}", found.name)))
}

/// What each prompt loses because the model reads no more.
fn cut_prompts(pipeline: &Pipeline, recipe: &Recipe) -> Result<Vec<String>, CliError> {
    let mut warnings = Vec::new();
    for (i, panel) in recipe.panels.iter().enumerate() {
        let check = pipeline.check_prompt(&recipe.prompt(panel))?;
        let Some(cut) = check.cut else { continue };
        let text = format!(
            "prompt {} has {} tokens and the model reads {}; this is cut off: \"{}\"",
            i + 1,
            check.tokens,
            check.limit,
            cut.trim()
        );
        warnings.push(text);
    }
    Ok(warnings)
}

/// Below 2³², as PyTorch's generator keeps no more, so that a printed seed is short.
fn random_seed() -> u64 {
    let state = std::collections::hash_map::RandomState::new();
    state.build_hasher().finish() >> 32
}
