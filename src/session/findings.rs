//! What is noticed about a session: when it is opened, and by a check.

use std::fmt;
use std::path::PathBuf;

use super::error::show;
use super::frozen::Frozen;
use super::history::Fault;
use super::ids::{ImageId, RunId, Seq};
use super::state::{Misfit, State};
use crate::util::text::{bytes, clip};

/// Something that was noticed. Its text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The history ended in half an entry, of so many bytes; a writer moved
    /// them to this file.
    Torn {
        /// Length of the tail.
        bytes: u64,
        /// Where it is kept; `None` while it still stands in the history.
        kept: Option<PathBuf>,
    },
    /// A run was in progress when the program ended.
    Crashed(RunId),
    /// An entry of a kind that this version does not know.
    UnknownKind {
        /// The entry.
        entry: Seq,
        /// Its kind.
        kind: String,
    },
    /// A run whose recipe this version cannot read.
    ForeignRecipe {
        /// The run.
        run: RunId,
        /// Why it cannot.
        why: String,
    },
    /// A file in the session's folders that nothing speaks of.
    Orphan(PathBuf),
    /// A file that was never finished.
    Unfinished(PathBuf),
    /// A picture whose file is still in the folder that it left.
    Misplaced(ImageId),
    /// A picture that was given up, whose file is whole again.
    Found(ImageId),
    /// `session.yaml` is missing or cannot be read.
    Head(String),
    /// A part of `history.yaml` that cannot be used.
    History(Fault),
    /// `history.yaml` is missing.
    NoHistory,
    /// An entry that does not fit those before it.
    Misfit {
        /// The entry.
        entry: Seq,
        /// Why.
        why: Misfit,
    },
    /// A picture without its file.
    Missing(ImageId),
    /// A picture whose file is not the one that was stored.
    Altered(ImageId),
}

impl Finding {
    /// Whether something is lost or wrong; anything else is only worth knowing.
    pub fn is_damage(&self) -> bool {
        use Finding::*;
        match self {
            Head(_) | History(_) | NoHistory | Misfit { .. } | Missing(_) | Altered(_) => true,
            Torn { .. }
            | Crashed(_)
            | UnknownKind { .. }
            | ForeignRecipe { .. }
            | Orphan(_)
            | Unfinished(_)
            | Misplaced(_)
            | Found(_) => false,
        }
    }

    /// What the entries themselves tell.
    pub(super) fn of_state(state: &State) -> Vec<Self> {
        let mut findings = Vec::new();
        for (entry, why) in state.misfits() {
            findings.push(Self::Misfit { entry: *entry, why: why.clone() });
        }
        for (entry, kind) in state.unknown() {
            findings.push(Self::UnknownKind { entry: *entry, kind: kind.clone() });
        }
        for run in state.runs() {
            if let Frozen::Foreign(foreign) = &run.recipe {
                let why = clip(&foreign.error.to_string(), 200);
                findings.push(Self::ForeignRecipe { run: run.id, why });
            }
        }
        findings
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { bytes: length, kept: None } => {
                write!(f, "the history ends in half an entry of {}", bytes(*length))
            }
            Self::Torn { bytes: length, kept: Some(path) } => {
                write!(f, "half an entry of {} was moved to {}", bytes(*length), show(path))
            }
            Self::Crashed(run) => write!(f, "run {run} was being painted when the program ended"),
            Self::UnknownKind { entry, kind } => {
                write!(f, "entry {entry} is of an unknown kind, {}", clip(kind, 64))
            }
            Self::ForeignRecipe { run, why } => {
                write!(f, "the recipe of run {run} cannot be used: {why}")
            }
            Self::Orphan(path) => write!(f, "nothing speaks of {}", show(path)),
            Self::Unfinished(path) => write!(f, "{} was never finished", show(path)),
            Self::Misplaced(image) => write!(f, "picture {image} is not yet in its folder"),
            Self::Found(image) => write!(f, "picture {image} was lost and is whole again"),
            Self::Head(why) => write!(f, "session.yaml cannot be used: {}", clip(why, 200)),
            Self::History(fault) => {
                write!(f, "history.yaml line {}: {}", fault.line, fault.message)
            }
            Self::NoHistory => f.write_str("history.yaml is missing"),
            Self::Misfit { entry, why } => write!(f, "entry {entry} does not fit: {why}"),
            Self::Missing(image) => write!(f, "the file of picture {image} is missing"),
            Self::Altered(image) => write!(f, "picture {image} was changed since it was stored"),
        }
    }
}
