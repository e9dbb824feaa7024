//! Painting one set and judging it.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{machine, pictures};
use crate::engine::{Event, Inputs, Limits, LoadOptions, Pipeline, Plan};
use crate::imaging::{RgbImage, pixel_hash};
use crate::metrics::{Judges, Origin, Panel, PanelScores};
use crate::models::ModelFolder;
use crate::recipe::Recipe;
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
    /// Means over the set; the likeness of style over all pairs.
    pub object: Option<f64>,
    pub prompt: Option<f64>,
    pub set: Option<f64>,
    pub reference: Option<f64>,
    pub leakage: Option<f64>,
    pub diversity: Option<f64>,
    /// Seconds of painting, a picture.
    pub seconds: f64,
    /// Most memory that the program held since it began, in bytes.
    pub memory: Option<u64>,
    /// Hash of the first picture's pixels.
    pub first: String,
    /// The leakage of each panel, to be compared with the plain one.
    pub leaks: Vec<Option<f64>>,
}

impl Painting<'_> {
    /// Paints a set, keeps a sheet of it, and judges it.
    ///
    /// # Errors
    /// When the engine, a judge or the disk fails.
    pub fn paint(&self, recipe: &Recipe, sheet: &Path) -> Result<Done, CliError> {
        let plan = Plan::new(&self.folder, recipe, &self.options, &Limits::default())?;
        let steps = (plan.chunks.len() * plan.timesteps.len()) as u64;
        let bar = Progress::steps(self.out, steps);
        let mut painted: Vec<RgbImage> = Vec::new();
        let start = Instant::now();
        let (inputs, stop) = (Inputs::default(), self.interrupt.flag());
        self.pipeline.paint(recipe, &plan, &inputs, stop, &mut |event| match event {
            Event::Step { .. } | Event::Inverted { .. } => bar.advance(),
            Event::Panel { picture, .. } => painted.push(picture),
            _ => {}
        })?;
        let seconds = start.elapsed().as_secs_f64() / painted.len().max(1) as f64;
        drop(bar);
        write_atomic(sheet, &pictures::encode_plain(&pictures::sheet(&painted)?)?)?;
        let prompts: Vec<String> = recipe.panels.iter().map(|p| recipe.prompt(p)).collect();
        let texts = recipe.panels.iter().zip(&prompts).map(|(p, all)| (p.subject.as_str(), &**all));
        let panel = |(picture, texts)| Panel { picture, texts: Some(texts) };
        let panels: Vec<Panel> = painted.iter().zip(texts).map(panel).collect();
        let scores = self.judges.measure(&panels, Origin::FirstPanel)?;
        let mean = |measure: Option<crate::metrics::Measure>| measure.map(|m| m.mean);
        Ok(Done {
            object: mean(scores.object),
            prompt: mean(scores.prompt),
            set: mean(scores.set),
            reference: mean(scores.reference),
            leakage: mean(scores.leakage),
            diversity: mean(scores.diversity),
            seconds,
            memory: machine::peak_memory(),
            first: painted.first().map(pixel_hash).unwrap_or_default(),
            leaks: scores.panels.iter().map(|panel: &PanelScores| panel.leakage).collect(),
        })
    }
}
