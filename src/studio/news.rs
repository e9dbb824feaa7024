//! What the studio tells the interface, and what it takes from it.

use super::history::History;
use super::queue::{JobId, Queue};
use crate::engine::Stage;
use crate::engine::explain::Table;
use crate::recipe::yaml::Mapping;
use crate::recipe::{Draft, Recipe};
use image::RgbImage;
use std::sync::Arc;
use std::time::Duration;

/// Something that the interface asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Paint a recipe behind what waits.
    Paint(Box<Recipe>),
    /// Paint recipes that differ in one value behind what waits, as one row.
    PaintRow {
        /// What is varied.
        name: String,
        /// Its values, each with its recipe.
        cells: Vec<(String, Recipe)>,
    },
    /// Stop the set being painted.
    Stop,
    /// Pause the queue, or go on.
    Pause(bool),
    /// Move a job.
    Shift {
        /// The job.
        job: JobId,
        /// Later instead of sooner.
        later: bool,
    },
    /// Take a job out.
    Remove(JobId),
    /// Let a held job run.
    Release(JobId),
    /// Star pictures, or take the stars away.
    Star(Vec<String>, bool),
    /// Reject pictures, or take them back.
    Reject(Vec<String>, bool),
    /// Tag pictures.
    Tag {
        /// The pictures.
        images: Vec<String>,
        /// Tags to add.
        add: Vec<String>,
        /// Tags to take away.
        remove: Vec<String>,
    },
    /// Move pictures to the trash.
    Trash(Vec<String>),
    /// Take the last change of the history back.
    Undo,
    /// Do it again.
    Redo,
    /// Check a model's files.
    Verify(String),
    /// Keep the draft for the next start.
    Save(Box<Draft>),
    /// Keep where the person is for the next start.
    Remember(Mapping),
    /// Measure what alignment does, or no longer.
    Watch(bool),
    /// Let finished sets be judged, or no longer.
    Judge(bool),
    /// Say [`News::Idle`] as soon as nothing is painted and nothing can start.
    TellIdle,
    /// End: the studio's thread saves and leaves.
    Quit {
        /// Whether the set being painted is finished first.
        finish: bool,
    },
}

/// Something that the studio reports; never dropped.
#[derive(Debug, Clone)]
pub enum News {
    /// The history has changed.
    History(Arc<History>),
    /// The queue has changed.
    Queue(Arc<Queue>),
    /// A message for the person.
    Note(Note),
    /// What was measured of a run that has ended: for each reference its mean share of
    /// the panels' attention, 0 to 1. A run with reference pictures is measured in one
    /// step at least, any other only while somebody watches.
    Measured {
        /// The job.
        job: JobId,
        /// The shares.
        shares: Vec<f64>,
    },
    /// The device has been opened.
    Device(String),
    /// Nothing is painted and nothing can start; only told when asked.
    Idle,
    /// The studio has ended.
    Ended,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Done.
    Good,
    /// Take care.
    Warning,
    /// Failed.
    Bad,
}

/// A message for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// What is said.
    pub text: String,
}

impl Note {
    /// A message.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into() }
    }
}

/// What is being painted; only the latest is of interest.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The job.
    pub job: JobId,
    /// What is painted.
    pub recipe: Arc<Recipe>,
    /// The stage; `None` while the model is read.
    pub stage: Option<Stage>,
    /// Steps finished in all chunks.
    pub step: usize,
    /// Steps of all chunks.
    pub steps: usize,
    /// Steps a second, once known.
    pub pace: Option<f64>,
    /// Time left, once known.
    pub left: Option<Duration>,
    /// The panels that have steps now.
    pub active: Vec<usize>,
    /// Small pictures of panels in progress, by panel.
    pub previews: Vec<Option<Arc<RgbImage>>>,
    /// Steps of the references' way to noise: finished, and all.
    pub inverted: (usize, usize),
    /// Small pictures of references on that way, one for each that is on it.
    pub references: Vec<Arc<RgbImage>>,
    /// What alignment did so far, where it was measured.
    pub measured: Option<Arc<Table>>,
}

impl Progress {
    /// The share that is finished, 0 to 1; while references are inverted, of that.
    pub fn share(&self) -> f64 {
        let (step, steps) = match self.stage {
            Some(Stage::Invert) => self.inverted,
            _ => (self.step, self.steps),
        };
        if steps == 0 { 0.0 } else { step as f64 / steps as f64 }
    }
}
