//! What judges say of a run and its pictures.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::admit::Misfit;
use super::ids::{ImageId, RunId};
use super::state::State;

/// Most kinds of numbers, and bytes of a name.
const MAX_KINDS: usize = 32;
const MAX_KIND: usize = 64;

/// See [`super::Event::RunScored`]. A later one of the same run takes its place.
///
/// Numbers go by the names that `predella metrics` gives them: `object`,
/// `prompt`, `set`, `reference`, `leakage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunScored {
    /// The run.
    pub run: RunId,
    /// Who judged, by what is judged: `clip: judge-clip`, `style: judge-style`.
    pub judges: BTreeMap<String, String>,
    /// Means over the set.
    pub set: BTreeMap<String, f64>,
    /// Each picture's numbers.
    pub images: Vec<ImageScored>,
    /// The picture that is farthest from the others, if one stands out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier: Option<ImageId>,
}

/// The numbers of one picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageScored {
    /// The picture.
    pub image: ImageId,
    /// Its numbers.
    pub scores: BTreeMap<String, f64>,
}

impl RunScored {
    /// The numbers of a picture.
    pub fn of(&self, image: &ImageId) -> Option<&BTreeMap<String, f64>> {
        self.images.iter().find(|scored| scored.image == *image).map(|scored| &scored.scores)
    }
}

impl State {
    /// Whether numbers are of this run's pictures, and numbers.
    pub(super) fn admit_scores(&self, scored: &RunScored) -> Result<(), Misfit> {
        let run = self.run(scored.run).ok_or(Misfit::NoRun(scored.run))?;
        let mut seen = HashSet::new();
        for ImageScored { image, .. } in &scored.images {
            let known = self.image(image).is_some_and(|known| known.run == scored.run);
            if !known {
                return Err(Misfit::NoImage(image.clone()));
            }
            if !seen.insert(image) || seen.len() > run.panels.len() {
                return Err(Misfit::Empty);
            }
        }
        let kinds = scored.images.iter().map(|scored| &scored.scores).chain([&scored.set]);
        let sound = |scores: &BTreeMap<String, f64>| {
            scores.len() <= MAX_KINDS
                && scores.iter().all(|(kind, n)| kind.len() <= MAX_KIND && n.is_finite())
        };
        let named = |(what, judge): (&String, &String)| what.len().max(judge.len()) <= 1000;
        let judges = scored.judges.len() <= MAX_KINDS && scored.judges.iter().all(named);
        match judges && kinds.into_iter().all(sound) {
            true => Ok(()),
            false => Err(Misfit::Score),
        }
    }
}
