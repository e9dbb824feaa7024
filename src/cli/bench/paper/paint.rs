//! Painting one set and judging it.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::sets::PromptSet;
use crate::cli::error::CliError;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{machine, pictures};
use crate::engine::{Event, Inputs, Limits, LoadOptions, Pipeline, Plan, Stage};
use crate::imaging::{RgbImage, pixel_hash};
use crate::metrics::{Judges, Measure, Origin, Panel, Reference, SetScores};
use crate::models::ModelFolder;
use crate::recipe::{Recipe, whole_prompt};
use crate::util::fs::write_atomic;

/// What it takes to paint and to judge.
pub struct Painting<'a> {
    pub folder: ModelFolder,
    pub pipeline: Pipeline,
    pub options: LoadOptions,
    pub judges: Judges,
    pub interrupt: &'a Interrupt,
    pub out: &'a Output,
}

/// What one set in one arm came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Means over the set; the likeness of style over all pairs, without a picture that is
    /// none of the set.
    pub object: Option<f64>,
    pub prompt: Option<f64>,
    pub set: Option<f64>,
    pub reference: Option<f64>,
    pub leakage: Option<f64>,
    pub diversity: Option<f64>,
    /// Seconds of painting, a picture, without the inversion.
    pub seconds: f64,
    /// Seconds in which the reference was inverted, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inversion: Option<f64>,
    /// Most memory that the program held since it began, in bytes.
    pub memory: Option<u64>,
    /// Hash of the first picture's pixels.
    pub first: String,
}

/// Pictures of a set, and how long they took.
struct Painted {
    pictures: Vec<RgbImage>,
    seconds: f64,
    inversion: Option<f64>,
}

impl Painting<'_> {
    /// Paints a set beside the picture that lends its style, if one does, keeps a sheet of
    /// it, and judges it.
    ///
    /// # Errors
    /// When the engine, a judge or the disk fails.
    pub fn paint(
        &self,
        (set, lent): (&PromptSet, Option<&RgbImage>),
        recipe: &Recipe,
        sheet: &Path,
    ) -> Result<Done, CliError> {
        let Painted { pictures, seconds, inversion } = self.pictures(recipe, lent)?;
        let shown: Vec<RgbImage> = lent.into_iter().chain(&pictures).cloned().collect();
        write_atomic(sheet, &pictures::encode_plain(&pictures::sheet(&shown)?)?)?;
        let scores = self.judge(set, &pictures, lent)?;
        let mean = |measure: Option<Measure>| measure.map(|m| m.mean);
        Ok(Done {
            object: mean(scores.object),
            prompt: mean(scores.prompt),
            set: mean(if lent.is_some() { scores.without_reference } else { scores.set }),
            reference: mean(scores.reference),
            leakage: mean(scores.leakage),
            diversity: mean(scores.diversity),
            seconds,
            inversion,
            memory: machine::peak_memory(),
            first: pictures.first().map(pixel_hash).unwrap_or_default(),
        })
    }

    fn pictures(&self, recipe: &Recipe, lent: Option<&RgbImage>) -> Result<Painted, CliError> {
        let plan = Plan::new(&self.folder, recipe, &self.options, &Limits::default())?;
        let bar = Progress::steps(self.out, (plan.chunks.len() * plan.timesteps.len()) as u64);
        let inputs =
            Inputs { references: lent.cloned().into_iter().collect(), ..Inputs::default() };
        let (device, _) = self.pipeline.numbers();
        let mut pictures: Vec<RgbImage> = Vec::new();
        let (mut inverting, mut inversion) = (None, None);
        let (start, stop) = (Instant::now(), self.interrupt.flag());
        self.pipeline.paint(recipe, &plan, &inputs, stop, &mut |event| match event {
            Event::Stage(Stage::Invert) => inverting = Some(Instant::now()),
            Event::Inverted { step, steps, .. } if step == steps => {
                // What a card still has to do is not painting yet; should it fail, so will that.
                let _ = device.synchronize();
                inversion = inverting.map(|from| from.elapsed().as_secs_f64());
            }
            Event::Step { .. } => bar.advance(),
            Event::Panel { picture, .. } => pictures.push(picture),
            _ => {}
        })?;
        let painting = start.elapsed().as_secs_f64() - inversion.unwrap_or_default();
        let seconds = painting / pictures.len().max(1) as f64;
        Ok(Painted { pictures, seconds, inversion })
    }

    /// By the whole prompt with its style, whether or not that was painted from.
    fn judge(
        &self,
        set: &PromptSet,
        pictures: &[RgbImage],
        lent: Option<&RgbImage>,
    ) -> Result<SetScores, CliError> {
        let prompts: Vec<String> =
            set.subjects.iter().map(|subject| whole_prompt(subject, &set.style)).collect();
        let texts = set.subjects.iter().zip(&prompts).map(|(subject, all)| (&**subject, &**all));
        let panel = |(picture, texts)| Panel { picture, texts: Some(texts) };
        let panels: Vec<Panel> = pictures.iter().zip(texts).map(panel).collect();
        let caption = set.lent.as_ref().map(|lent| lent.caption.as_str());
        let reference = lent.map(|picture| [Reference { picture, caption, weight: 1.0 }]);
        let origin = reference.as_ref().map_or(Origin::FirstPanel, |one| Origin::Pictures(one));
        Ok(self.judges.measure(&panels, origin)?)
    }
}
