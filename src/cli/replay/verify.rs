//! Painting every set again.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::compare::{Apart, Match, Surroundings, compare};
use super::{ReplayArgs, verdict};
use crate::cli::error::CliError;
use crate::cli::interrupt::Interrupt;
use crate::cli::model;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::engine::{Event, Inputs, Limits, LoadOptions, Pipeline, Plan};
use crate::imaging::{DecodeLimits, RgbImage, decode_bytes};
use crate::models::ModelFolder;
use crate::recipe::Recipe;
use crate::session::{ImageId, PanelState, Run, Session, Status};
use crate::util::text::sanitise;

/// A model that is kept from run to run.
struct Loaded {
    name: String,
    folder: ModelFolder,
    pipeline: Pipeline,
    hash: String,
}

/// A panel that was painted again.
struct Again {
    panel: u32,
    found: Match,
    apart: Option<Apart>,
}

/// Paints the runs again and says of each panel what became of it.
///
/// # Errors
/// When a panel is different or cannot be painted again, or it was interrupted.
pub fn run(
    args: &ReplayArgs,
    session: &Session,
    runs: &[&Run],
    out: &Output,
) -> Result<(), CliError> {
    let interrupt = Interrupt::install()?;
    let options = LoadOptions { device: args.device, precision: args.precision };
    let mut loaded = None;
    let (mut documents, mut all) = (Vec::new(), Vec::new());
    for run in runs {
        let stored = stored(run);
        let Some(recipe) = run.recipe.recipe().filter(|_| !stored.is_empty()) else { continue };
        let painted =
            paint(&mut loaded, recipe, &stored, session.path(), &options, &interrupt, out);
        if let Some(stopped) = interrupt.error().filter(|_| painted.is_err()) {
            return Err(stopped);
        }
        let (again, causes) = match painted {
            Ok((pictures, now)) => (judge(session, &stored, &pictures), before(run).causes(&now)),
            Err(error) => (missing(&stored), vec![error.message]),
        };
        if out.is_json() {
            documents.push(document(run, &again, &causes));
        } else {
            print(run, recipe, &again, &causes, out);
        }
        all.extend(again);
    }
    let count = |what| all.iter().filter(|again| again.found == what).count();
    if out.is_json() {
        out.document(&json!({
            "identical": count(Match::Identical),
            "within_tolerance": count(Match::WithinTolerance),
            "different": count(Match::Different),
            "missing": count(Match::Missing),
            "runs": documents,
        }));
    } else {
        out.line(&format!(
            "{} identical, {} within tolerance, {} different, {} missing",
            count(Match::Identical),
            count(Match::WithinTolerance),
            count(Match::Different),
            count(Match::Missing)
        ));
    }
    verdict(count(Match::Different), count(Match::Missing), all.len())
}

/// The panels of a run that have pictures.
fn stored(run: &Run) -> Vec<(u32, &ImageId)> {
    let done = run.panels.iter().zip(0..).filter_map(|(panel, number)| match panel {
        PanelState::Done(id) => Some((number, id)),
        _ => None,
    });
    done.collect()
}

/// With what a run was painted.
fn before(run: &Run) -> Surroundings {
    match &run.status {
        Status::Ended(ended) => Surroundings {
            model: ended.model.clone(),
            engine: ended.engine.clone(),
            device: ended.device.clone(),
        },
        _ => Surroundings::default(),
    }
}

/// Paints a recipe as far as its stored panels go.
fn paint(
    loaded: &mut Option<Loaded>,
    recipe: &Recipe,
    stored: &[(u32, &ImageId)],
    session: &Path,
    options: &LoadOptions,
    interrupt: &Interrupt,
    out: &Output,
) -> Result<(BTreeMap<u32, RgbImage>, Surroundings), CliError> {
    let model = load(loaded, &recipe.model.name, options)?;
    // A panel hangs on the first one alone, so those behind the last stored
    // one need not be painted.
    let mut recipe = recipe.clone();
    let last = stored.last().map_or(0, |(panel, _)| *panel as usize);
    recipe.panels.truncate(last + 1);
    let plan = Plan::new(&model.folder, &recipe, options, &Limits::default())?;
    let inputs = Inputs::load(&recipe, session)?;
    let bar = Progress::steps(out, (plan.chunks.len() * plan.timesteps.len()) as u64);
    let mut pictures = BTreeMap::new();
    model.pipeline.paint(&recipe, &plan, &inputs, interrupt.flag(), &mut |event| match event {
        Event::Step { .. } | Event::Inverted { .. } => bar.advance(),
        Event::Panel { index, picture } => {
            pictures.insert(index as u32, picture);
        }
        _ => {}
    })?;
    let now = Surroundings {
        model: Some(model.hash.clone()),
        engine: Some(env!("CARGO_PKG_VERSION").to_owned()),
        device: Some(model.pipeline.device_name()),
    };
    Ok((pictures, now))
}

fn load<'a>(
    loaded: &'a mut Option<Loaded>,
    name: &str,
    options: &LoadOptions,
) -> Result<&'a Loaded, CliError> {
    let model = match loaded.take().filter(|loaded| loaded.name == name) {
        Some(model) => model,
        None => {
            let folder = model::open(Some(name))?;
            let hash = folder.hash()?;
            let pipeline = Pipeline::load(&folder, options)?;
            Loaded { name: name.to_owned(), folder, pipeline, hash }
        }
    };
    Ok(loaded.insert(model))
}

/// Compares what was painted with what is stored.
fn judge(
    session: &Session,
    stored: &[(u32, &ImageId)],
    pictures: &BTreeMap<u32, RgbImage>,
) -> Vec<Again> {
    let judged = stored.iter().map(|(panel, id)| {
        let bytes = session.read_image(id).ok();
        let then = bytes.and_then(|bytes| decode_bytes(&bytes, &DecodeLimits::default()).ok());
        match (then, pictures.get(panel)) {
            (Some(then), Some(now)) => {
                let (found, apart) = compare(&then, now);
                Again { panel: *panel, found, apart: Some(apart) }
            }
            _ => Again { panel: *panel, found: Match::Missing, apart: None },
        }
    });
    judged.collect()
}

fn missing(stored: &[(u32, &ImageId)]) -> Vec<Again> {
    let missing =
        |(panel, _): &(u32, &ImageId)| Again { panel: *panel, found: Match::Missing, apart: None };
    stored.iter().map(missing).collect()
}

fn document(run: &Run, again: &[Again], causes: &[String]) -> Value {
    let panel = |again: &Again| {
        json!({
            "panel": again.panel, "result": again.found,
            "mean": again.apart.map(|apart| apart.mean), "most": again.apart.map(|apart| apart.most),
        })
    };
    let panels: Vec<Value> = again.iter().map(panel).collect();
    json!({ "run": run.id.0, "panels": panels, "changed": causes })
}

fn print(run: &Run, recipe: &Recipe, again: &[Again], causes: &[String], out: &Output) {
    for again in again {
        let subject = recipe.panels.get(again.panel as usize).map(|p| sanitise(&p.subject));
        let apart = match again.apart.filter(|_| again.found != Match::Identical) {
            Some(apart) => format!("  mean {:.2}, most {} of 255", apart.mean, apart.most),
            None => String::new(),
        };
        let why = match again.found {
            Match::Identical => String::new(),
            _ if causes.is_empty() => "  model, engine and device are the same".to_owned(),
            _ => format!("  {}", causes.join("; ")),
        };
        out.line(&format!(
            "{:>4}  {}  {:<16} {}{apart}{why}",
            run.id.0,
            again.panel + 1,
            again.found.words(),
            subject.unwrap_or_default()
        ));
    }
}
