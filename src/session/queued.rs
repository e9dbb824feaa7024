//! A set that waits to be painted, alone or in a row.

use serde::{Deserialize, Serialize};

use super::frozen::Frozen;
use super::ids::RunId;

/// See [`super::Event::RunQueued`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunQueued {
    /// The run that this one varies or repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// Its place in a row of runs that differ in one value; the first of them is the
    /// parent of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<InRow>,
    /// What to paint.
    pub recipe: Frozen,
}

/// What a run of a row differs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InRow {
    /// What is varied.
    pub name: String,
    /// Its value in this run.
    pub value: String,
}
