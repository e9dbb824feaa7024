//! A whole set, stage by stage.

use std::sync::atomic::AtomicBool;

use super::Bench;
use super::clock::{Lap, Mark, summary};
use super::network::Network;
use super::report::Found;
use crate::cli::error::CliError;
use crate::cli::machine;
use crate::engine::{EngineError, Event, Inputs, Limits, Pipeline, Plan, Stage};
use crate::recipe::{
    Anchor, ModelRef, Panel, RECIPE_VERSION, Recipe, SchedulerChoice, Size, Style,
};

/// Sets painted at least.
const SAMPLES: usize = 3;
/// Subjects, taken in turns.
const SUBJECTS: [&str; 4] = ["a fox", "a castle", "a sailboat", "a strawberry"];
/// The stages in their order, and the whole.
const NAMES: [&str; 4] = ["reading the prompts", "denoising", "decoding", "all of it"];

/// A set with style sharing and all else as paint would have it.
pub fn recipe(panels: usize, steps: u32, size: Size, guidance_scale: f64, model: &str) -> Recipe {
    let panel =
        |(i, subject): (usize, &&str)| Panel { subject: (*subject).to_owned(), seed: i as u64 };
    Recipe {
        version: RECIPE_VERSION,
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        model: ModelRef { name: model.to_owned(), hash: None },
        anchor: Anchor::FirstPanel,
        panels: SUBJECTS.iter().cycle().take(panels).enumerate().map(panel).collect(),
        style_prompt: "watercolour".to_owned(),
        negative_prompt: None,
        size,
        steps,
        guidance_scale,
        scheduler: SchedulerChoice::default(),
        style: Style::default(),
        control: None,
        panorama: None,
    }
}

impl Bench<'_> {
    /// From prompts to pixels in memory.
    pub(super) fn set(&self, network: &Network, found: &mut Vec<Found>) -> Result<(), CliError> {
        let (Some(folder), Some(pipeline)) = (&self.subject.folder, network.pipeline()) else {
            return Ok(());
        };
        let recipe = &self.recipe;
        let plan = Plan::new(folder, recipe, &self.args.options(), &Limits::default())?;
        self.progress.message("a whole set");
        machine::forget_peak(&self.device);
        let mut laps: [Vec<Lap>; 4] = Default::default();
        let start = std::time::Instant::now();
        let effort = self.effort(SAMPLES);
        while laps[3].len() < effort.samples || start.elapsed().as_secs_f64() < effort.seconds {
            let painted = self.paint(pipeline, recipe, &plan)?;
            laps.iter_mut().zip(painted).for_each(|(laps, lap)| laps.push(lap));
        }
        for (i, (name, laps)) in NAMES.into_iter().zip(&laps).enumerate() {
            let mut stage = self.found("set", name, summary(laps));
            stage.macs = (i == 3).then_some(plan.macs);
            found.push(stage);
        }
        Ok(())
    }

    /// Times of text, denoising, decoding and of all.
    fn paint(
        &self,
        pipeline: &Pipeline,
        recipe: &Recipe,
        plan: &Plan,
    ) -> Result<[Lap; 4], EngineError> {
        let device = &self.device;
        let mut laps = [Lap::default(); 4];
        let whole = Mark::now(device)?;
        let mut stage: Option<(usize, Mark)> = None;
        let mut fault = None;
        pipeline.paint(
            recipe,
            plan,
            &Inputs::default(),
            &AtomicBool::new(false),
            &mut |event| {
                let Event::Stage(next) = event else { return };
                let ended = end(&mut laps, stage, device);
                match ended.and_then(|()| Mark::now(device)) {
                    Ok(mark) => stage = Some((place(next), mark)),
                    Err(error) => fault = Some(error),
                }
            },
        )?;
        end(&mut laps, stage, device)?;
        laps[3] = whole.lap(device)?;
        fault.map_or(Ok(laps), Err)
    }
}

/// Adds what the stage took to its sum.
fn end(
    laps: &mut [Lap; 4],
    stage: Option<(usize, Mark)>,
    device: &candle_core::Device,
) -> Result<(), EngineError> {
    if let Some((place, mark)) = stage {
        laps[place] = laps[place].plus(mark.lap(device)?);
    }
    Ok(())
}

fn place(stage: Stage) -> usize {
    match stage {
        Stage::Kernels | Stage::Text | Stage::Invert => 0,
        Stage::Denoise => 1,
        Stage::Decode => 2,
    }
}
