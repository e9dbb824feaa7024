//! A run: events come in, pictures go to disk.

use std::path::PathBuf;
use std::time::Instant;

use image::RgbImage;
use serde::Serialize;

use super::Job;
use super::folder::Folder;
use crate::cli::error::{CliError, Kind};
use crate::cli::interrupt::Interrupt;
use crate::cli::output::Output;
use crate::cli::pictures;
use crate::cli::progress::Progress;
use crate::engine::explain::Watcher;
use crate::engine::pass::Watch;
use crate::engine::{EngineError, ErrorKind, Event, Pipeline, Stage};
use crate::recipe::{Anchor, Encoding, References};

/// A picture on disk.
#[derive(Debug, Serialize)]
pub struct Done {
    /// Panel of the recipe, from 0.
    pub index: usize,
    /// The whole prompt.
    pub prompt: String,
    /// Its seed.
    pub seed: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Seconds from the start of the painting until it was on disk.
    pub seconds: f64,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ending {
    /// What was finished.
    pub done: Vec<Done>,
    /// The pictures themselves.
    pub pictures: Vec<RgbImage>,
    /// The picture of the whole set.
    pub sheet: Option<PathBuf>,
    /// Seconds of painting.
    pub seconds: f64,
    /// Why it is not all there.
    pub error: Option<CliError>,
}

/// Turns events into files and progress.
pub struct Painter<'a> {
    job: &'a Job,
    folder: &'a Folder,
    interrupt: &'a Interrupt,
    out: &'a Output,
    start: Instant,
    done: Vec<Done>,
    pictures: Vec<RgbImage>,
    fault: Option<CliError>,
    /// Sees what style alignment does, if that is asked for.
    pub watcher: Option<Watcher<'static>>,
}

impl<'a> Painter<'a> {
    /// Starts the clock.
    pub fn new(
        job: &'a Job,
        folder: &'a Folder,
        interrupt: &'a Interrupt,
        out: &'a Output,
    ) -> Self {
        Self {
            job,
            folder,
            interrupt,
            out,
            start: Instant::now(),
            done: Vec::new(),
            pictures: Vec::new(),
            fault: None,
            watcher: None,
        }
    }

    /// Paints the job; each picture is on disk before the next is begun.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn paint(&mut self, pipeline: &Pipeline) -> Result<(), EngineError> {
        let (job, interrupt) = (self.job, self.interrupt);
        let plan = &job.plan;
        let inversions = usize::from(inverts(&job.recipe.anchor) && plan.references > 0);
        let loops = plan.chunks.len() + inversions;
        let steps = loops * plan.timesteps.len() + plan.panels();
        let progress = Progress::steps(self.out, steps as u64);
        let watcher = self.watcher.take();
        let watch = watcher.as_ref().map(|watcher| watcher as &dyn Watch);
        let (recipe, inputs, stop) = (&job.recipe, &job.inputs, interrupt.flag());
        let painted =
            pipeline.paint_watched(recipe, plan, inputs, stop, watch, &mut |event| match event {
                Event::Stage(stage) => {
                    if stage == Stage::Denoise {
                        progress.forget_pace();
                    }
                    progress.message(stage_name(stage));
                }
                Event::Inverted { step, steps, .. } => {
                    progress.advance();
                    progress.message(&format!("inverting, step {step} of {steps}"));
                }
                Event::Step { chunk, step, steps } => {
                    progress.advance();
                    progress.message(&step_text(plan.chunks.len(), chunk, step, steps));
                }
                Event::Preview { .. } => {}
                Event::Panel { index, picture } => {
                    progress.advance();
                    self.keep(index, picture);
                }
            });
        self.watcher = watcher;
        painted
    }

    /// Writes a picture. If that fails the rest would be lost too, so the run stops.
    fn keep(&mut self, index: usize, picture: RgbImage) {
        if self.fault.is_some() {
            return;
        }
        if let Err(error) = self.write(index, &picture) {
            self.fault = Some(error);
            self.interrupt.stop();
            return;
        }
        self.pictures.push(picture);
    }

    fn write(&mut self, index: usize, picture: &RgbImage) -> Result<(), CliError> {
        let recipe = &self.job.recipe;
        let Some(panel) = recipe.panels.get(index) else {
            return Err(CliError::failed(format!(
                "a picture came for panel {index}, which is not there"
            )));
        };
        let bytes = pictures::encode(picture, recipe, index)?;
        // Panels that were painted before have their numbers in a folder already.
        let place = index - (recipe.panels.len() - self.job.plan.panels());
        let path = self.folder.save(place, &panel.subject, &bytes)?;
        if !self.out.is_json() {
            self.out.line(&path.display().to_string());
        }
        self.done.push(Done {
            index,
            prompt: recipe.prompt(panel),
            seed: panel.seed,
            path,
            seconds: self.start.elapsed().as_secs_f64(),
        });
        Ok(())
    }

    /// Makes the sheet, shows the set, and says how it ended.
    pub fn end(mut self, result: Result<(), EngineError>, sheet: bool, show: bool) -> Ending {
        let seconds = self.start.elapsed().as_secs_f64();
        let mut error = self.error(result);
        let mut path = None;
        if (sheet || show) && !self.pictures.is_empty() {
            let whole = pictures::sheet(&self.pictures);
            match whole.and_then(|whole| self.finish_sheet(&whole, sheet, show)) {
                Ok(written) => path = written,
                Err(fault) => error = error.or(Some(fault)),
            }
        }
        Ending { done: self.done, pictures: self.pictures, sheet: path, seconds, error }
    }

    fn finish_sheet(
        &self,
        whole: &RgbImage,
        sheet: bool,
        show: bool,
    ) -> Result<Option<PathBuf>, CliError> {
        if show && !self.out.is_json() {
            pictures::show(self.out, whole)?;
        }
        if !sheet {
            return Ok(None);
        }
        let bytes = pictures::encode_plain(whole)?;
        let path = self.folder.save_sheet(self.job.plan.panels(), &bytes)?;
        if !self.out.is_json() {
            self.out.line(&path.display().to_string());
        }
        Ok(Some(path))
    }

    /// A fault of the disk says more than the stop that it caused.
    fn error(&mut self, result: Result<(), EngineError>) -> Option<CliError> {
        if let Some(fault) = self.fault.take() {
            return Some(fault);
        }
        match result {
            Ok(()) => None,
            Err(error) if error.kind() == ErrorKind::Stopped => {
                let unknown =
                    || CliError::new(Kind::Partial, "stopped before all pictures were done");
                Some(self.interrupt.error().unwrap_or_else(unknown))
            }
            Err(error) => Some(error.into()),
        }
    }
}

/// Whether references are inverted, which takes as many steps as a chunk.
fn inverts(anchor: &Anchor) -> bool {
    matches!(anchor, Anchor::References(References { encoding: Encoding::Inversion { .. }, .. }))
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Kernels => "loading kernels, which the card's first run compiles",
        Stage::Text => "reading the prompts",
        Stage::Invert => "inverting the references",
        Stage::Denoise => "painting",
        Stage::Decode => "decoding",
    }
}

fn step_text(chunks: usize, chunk: usize, step: usize, steps: usize) -> String {
    if chunks == 1 {
        return format!("painting, step {step} of {steps}");
    }
    format!("painting, chunk {} of {chunks}, step {step} of {steps}", chunk + 1)
}
