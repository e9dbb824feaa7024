//! Runs and pictures as they are now.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::RunEnded;
use super::frozen::Frozen;
use super::ids::{ImageId, RunId};
use super::measured::RunMeasured;
use super::queued::InRow;
use super::scores::RunScored;
use super::stamp::Stamp;

/// One painting of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// When it was queued.
    pub at: Stamp,
    /// The run that it varies or repeats.
    pub parent: Option<RunId>,
    /// Its place in a row of runs that differ in one value.
    pub row: Option<InRow>,
    /// What to paint.
    pub recipe: Frozen,
    /// Where it stands.
    pub status: Status,
    /// How often it was started.
    pub attempts: u32,
    /// Its panels, in the order of the recipe.
    pub panels: Vec<PanelState>,
    /// What judges said of it last.
    pub scores: Option<Arc<RunScored>>,
    /// What alignment did in it.
    pub measured: Option<Arc<RunMeasured>>,
    /// Its place among the waiting.
    pub(super) place: Option<i64>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// It waits for its turn.
    Queued,
    /// It waits for a person, for this reason.
    Held(String),
    /// It is being painted, or was when the program died.
    Running,
    /// It is over.
    Ended(Box<RunEnded>),
}

impl Status {
    /// One word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "waiting",
            Self::Held(_) => "held",
            Self::Running => "running",
            Self::Ended(_) => "over",
        }
    }
}

/// Where a panel stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PanelState {
    /// Not painted yet.
    Waiting,
    /// Painted, whole and on disk.
    Done(ImageId),
    /// Could not be painted, for this reason.
    Failed(String),
}

/// A picture that was painted in this session.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its name.
    pub id: ImageId,
    /// The run that painted it.
    pub run: RunId,
    /// The panel that it shows, from 0.
    pub panel: u32,
    /// When it was stored.
    pub at: Stamp,
    /// SHA-256 of its file, in hex.
    pub sha256: String,
    /// Length of its file.
    pub bytes: u64,
    /// Seconds that painting took, where known.
    pub seconds: Option<f64>,
    /// What people think of it.
    pub marks: Marks,
    /// Where its file is.
    pub place: Place,
}

/// What people think of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Starred.
    pub star: bool,
    /// Rejected.
    pub reject: bool,
    /// Tags, in order of the alphabet.
    pub tags: BTreeSet<String>,
}

/// Where a picture's file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among the pictures.
    Shown,
    /// In the trash.
    Trashed,
    /// Destroyed with the trash.
    Purged,
    /// Missing or changed, by no doing of ours.
    Lost,
}

impl Place {
    /// One word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shown => "among the pictures",
            Self::Trashed => "in the trash",
            Self::Purged => "destroyed",
            Self::Lost => "lost",
        }
    }

    /// Whether there is a file.
    pub fn has_file(self) -> bool {
        matches!(self, Self::Shown | Self::Trashed)
    }
}
