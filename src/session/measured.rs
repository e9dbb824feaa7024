//! What alignment did in a run.

use serde::{Deserialize, Serialize};

use super::admit::Misfit;
use super::ids::RunId;
use super::state::State;

/// Most blocks, references and bytes of a text.
const MAX_BLOCKS: usize = 256;
const MAX_REFERENCES: usize = 64;
const MAX_TEXT: usize = 8192;

/// See [`super::Event::RunMeasured`]. A later one of the same run takes its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMeasured {
    /// The run.
    pub run: RunId,
    /// The network's transformers, in the order in which they compute.
    pub blocks: Vec<BlockMeasured>,
}

/// What was measured in a transformer of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockMeasured {
    /// Its module: `down_blocks.1.attentions.0`.
    pub name: String,
    /// Its panels times its layers, by which it counts in a mean over all.
    pub count: u32,
    /// For each reference its share of the attention, in thousandths, step by step:
    /// `212 305 - 290`, with a dash where nothing was measured.
    pub shares: Vec<String>,
    /// Queries, keys and values before AdaIN: how far means were, in the reference's
    /// deviations, and the factor between deviations.
    pub before: [f64; 6],
    /// The same behind it.
    pub behind: [f64; 6],
}

impl BlockMeasured {
    /// A reference's share step by step, 0 to 1.
    pub fn steps(&self, reference: usize) -> Option<Vec<Option<f64>>> {
        let number = |text: &str| match text {
            "-" => Some(None),
            text => text.parse::<u16>().ok().map(|n| Some(f64::from(n.min(1000)) / 1000.0)),
        };
        self.shares.get(reference)?.split(' ').map(number).collect()
    }

    /// The text of a reference's shares.
    pub fn text(steps: impl Iterator<Item = Option<f64>>) -> String {
        let word = |share: Option<f64>| match share {
            Some(share) => format!("{:.0}", share.clamp(0.0, 1.0) * 1000.0),
            None => "-".to_owned(),
        };
        steps.map(word).collect::<Vec<_>>().join(" ")
    }

    fn is_sound(&self) -> bool {
        let texts = self.shares.iter().chain([&self.name]).all(|text| text.len() <= MAX_TEXT);
        let numbers = self.before.iter().chain(&self.behind).all(|n| n.is_finite());
        let references = self.shares.len() <= MAX_REFERENCES;
        texts && numbers && references && (0..self.shares.len()).all(|i| self.steps(i).is_some())
    }
}

impl State {
    /// Whether it is of a run, and numbers.
    pub(super) fn admit_measured(&self, measured: &RunMeasured) -> Result<(), Misfit> {
        self.run(measured.run).ok_or(Misfit::NoRun(measured.run))?;
        let sound = measured.blocks.iter().all(BlockMeasured::is_sound);
        match sound && measured.blocks.len() <= MAX_BLOCKS {
            true => Ok(()),
            false => Err(Misfit::Measure),
        }
    }
}
