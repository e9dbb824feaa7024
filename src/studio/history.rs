//! What was painted, as the interface shows it.

use crate::recipe::Recipe;
use crate::session::{self, Place, RunMeasured, State, Status};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every run of a session, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The runs.
    pub runs: Vec<Arc<Run>>,
}

/// One painting of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its name in the session.
    pub id: String,
    /// What was painted.
    pub recipe: Arc<Recipe>,
    /// Its place in a row of runs that differ in one value.
    pub row: Option<RowPlace>,
    /// Its panels, in the recipe's order.
    pub panels: Vec<PanelState>,
    /// Means over the set, by the names of `predella metrics`.
    pub scores: BTreeMap<String, f64>,
    /// Who judged, by what is judged: `clip`, `style`.
    pub judges: BTreeMap<String, String>,
    /// How it ended; `None` while it is painted.
    pub ended: Option<String>,
    /// Seconds from start to end.
    pub seconds: f64,
    /// What alignment did, where it was measured: see [`measured_table`](super::measured_table).
    pub measured: Option<Arc<RunMeasured>>,
}

/// A run's place in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPlace {
    /// The first run of the row.
    pub first: String,
    /// What is varied.
    pub name: String,
    /// Its value in this run.
    pub value: String,
}

/// What became of a panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PanelState {
    /// The picture's name in the session, once it is on disk.
    pub image: Option<String>,
    /// Kept as a good one.
    pub starred: bool,
    /// Put aside as a bad one.
    pub rejected: bool,
    /// In the trash.
    pub trashed: bool,
    /// Tags, in order of the alphabet.
    pub tags: Vec<String>,
    /// What judges say of it, by the names of `predella metrics`.
    pub scores: BTreeMap<String, f64>,
    /// Whether it is the one that is farthest from the others of its set.
    pub outlier: bool,
}

impl Run {
    fn of(run: &session::Run, state: &State) -> Option<Self> {
        let scores = run.scores.as_deref();
        let panel = |panel: &session::PanelState| match panel {
            session::PanelState::Done(id) => PanelState {
                scores: scores.and_then(|all| all.of(id)).cloned().unwrap_or_default(),
                outlier: scores.is_some_and(|all| all.outlier.as_ref() == Some(id)),
                ..PanelState::of(id, state)
            },
            _ => PanelState::default(),
        };
        let (ended, seconds) = match &run.status {
            Status::Ended(ended) => (
                Some(format!("{:?}", ended.outcome).to_lowercase()),
                ended.timings.get("total").copied().unwrap_or_default(),
            ),
            _ => (None, 0.0),
        };
        Some(Self {
            id: run.id.to_string(),
            recipe: run.recipe.recipe()?.clone(),
            row: run.row.as_ref().map(|row| RowPlace {
                first: run.parent.unwrap_or(run.id).to_string(),
                name: row.name.clone(),
                value: row.value.clone(),
            }),
            panels: run.panels.iter().map(panel).collect(),
            scores: scores.map(|all| all.set.clone()).unwrap_or_default(),
            judges: scores.map(|all| all.judges.clone()).unwrap_or_default(),
            ended,
            seconds,
            measured: run.measured.clone(),
        })
    }
}

impl Run {
    /// Who judged this kind of number.
    pub fn judge(&self, kind: &str) -> Option<&str> {
        let of = if matches!(kind, "set" | "reference") { "style" } else { "clip" };
        self.judges.get(of).map(String::as_str)
    }

    /// Numbers behind the names of those who judged: `judge-clip: object 0.31`.
    pub fn told(&self, scores: &BTreeMap<String, f64>) -> String {
        let mut told = String::new();
        let mut last = None;
        for judge in ["object", "set"].map(|kind| self.judge(kind).unwrap_or("unnamed judge")) {
            let own = |kind: &str| self.judge(kind).unwrap_or("unnamed judge") == judge;
            let own: Vec<String> = scores
                .iter()
                .filter(|(kind, _)| own(kind))
                .map(|(kind, n)| format!("{kind} {n:.2}"))
                .collect();
            if !own.is_empty() && last.replace(judge) != Some(judge) {
                told += &format!(" · {judge}: {}", own.join(" "));
            }
        }
        told
    }
}

impl PanelState {
    fn of(id: &session::ImageId, state: &State) -> Self {
        let Some(image) = state.image(id) else { return Self::default() };
        Self {
            image: image.place.has_file().then(|| id.to_string()),
            starred: image.marks.star,
            rejected: image.marks.reject,
            trashed: image.place == Place::Trashed,
            tags: image.marks.tags.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// Whether there is a picture to look at.
    pub fn is_shown(&self) -> bool {
        self.image.is_some() && !self.trashed
    }
}

impl History {
    /// What a session has painted and is painting. Runs whose recipe this
    /// version cannot read are left out; `predella session check` names them.
    pub fn of(state: &State) -> Self {
        let begun = |run: &&session::Run| match &run.status {
            Status::Running => true,
            Status::Ended(ended) => ended.outcome != session::Outcome::Withdrawn,
            Status::Queued | Status::Held(_) => false,
        };
        let runs = state.runs().iter().filter(begun);
        Self { runs: runs.filter_map(|run| Run::of(run, state)).map(Arc::new).collect() }
    }

    /// The run that is being painted or was painted last.
    pub fn latest(&self) -> Option<&Arc<Run>> {
        self.runs.last()
    }

    /// The run and panel of a picture.
    pub fn find(&self, image: &str) -> Option<(usize, usize)> {
        self.runs.iter().enumerate().rev().find_map(|(r, run)| {
            let panel = run.panels.iter().position(|p| p.image.as_deref() == Some(image));
            panel.map(|p| (r, p))
        })
    }

    /// Prompts used so far, newest first, each once: subjects and styles.
    pub fn prompts(&self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let runs = self.runs.iter().rev();
        let texts = runs.flat_map(|run| {
            let subjects = run.recipe.panels.iter().map(|p| p.subject.clone());
            subjects.chain([run.recipe.style_prompt.clone()])
        });
        texts.filter(|text| !text.trim().is_empty() && seen.insert(text.clone())).collect()
    }
}
