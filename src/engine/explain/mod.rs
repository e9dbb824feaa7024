//! What style alignment does in each layer at each step, measured while a set is
//! painted.

mod measure;
mod outline;
mod table;

pub use outline::{BlockOutline, Outline};
pub use table::{Block, Cell, Table};

use super::error::Result;
use super::pass::{SharedLayer, Watch};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// A share of attention from which on references drown the panels' own pictures.
pub const DROWNED: f64 = 0.8;

/// One self-attention layer in one step, over the panels of the half with the prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// Number of the step, from 0.
    pub step: usize,
    /// The layer's number, as layer masks count.
    pub layer: usize,
    /// Its module.
    pub module: String,
    /// Tokens of each panel.
    pub tokens: usize,
    /// Heads.
    pub heads: usize,
    /// How many panels were looked at.
    pub panels: usize,
    /// Share of the panels' attention that each reference gets, 0 to 1, with all that
    /// weakens it: weights, dropout, subject keys, strength.
    pub shares: Vec<f32>,
    /// Queries, keys and values before AdaIN.
    pub before: [Apart; 3],
    /// The same behind it.
    pub behind: [Apart; 3],
}

/// How far the panels' statistics are from those of what lends, in the mean over
/// panels and channels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Apart {
    /// Of the means, in the lender's deviations.
    pub mean: f32,
    /// Of the deviations, as a factor: 1 where they are equal.
    pub spread: f32,
}

/// Whether a step is looked at, by its number.
type Asked<'a> = Box<dyn Fn(usize) -> bool + Send + Sync + 'a>;

/// Watches a run.
pub struct Watcher<'a> {
    references: usize,
    asked: Asked<'a>,
    seen: Mutex<Vec<Seen>>,
    fault: Mutex<Option<candle_core::Error>>,
}

impl<'a> Watcher<'a> {
    /// Watches the steps that are asked for; so many lend their style. Steps that are
    /// not asked for cost nothing.
    pub fn new(references: usize, asked: impl Fn(usize) -> bool + Send + Sync + 'a) -> Self {
        let (seen, fault) = (Mutex::default(), Mutex::default());
        Self { references: references.max(1), asked: Box::new(asked), seen, fault }
    }

    /// What was seen since the last time, in the order of computation.
    ///
    /// # Errors
    /// When measuring failed.
    pub fn take(&self) -> Result<Vec<Seen>> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        fault.map_or(Ok(seen), |error| Err(error.into()))
    }
}

impl Watch for Watcher<'_> {
    fn shared(&self, layer: &SharedLayer) {
        if !(self.asked)(layer.style.step()) {
            return;
        }
        match measure::measure(layer, self.references) {
            Ok(seen) => self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(seen),
            Err(error) => {
                *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        }
    }
}
