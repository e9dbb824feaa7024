//! What can happen in a session.
//!
//! This table is the whole vocabulary of the history. Everything else that is
//! known about a session is folded from it, see [`super::State`].

use std::collections::BTreeMap;

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, ser};

use super::ids::{ImageId, RunId, Seq};
use super::measured::RunMeasured;
use super::queued::RunQueued;
use super::scores::RunScored;

/// One table for the kinds, so that none can be written and not read.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal)*) => {
        /// One event, by its kind.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
            /// Of a kind that this version does not know: kept where it stands,
            /// reported, and without effect.
            Unknown(String),
        }

        impl Event {
            /// The name of the kind in the history.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => $kind,)*
                    Self::Unknown(kind) => kind,
                }
            }

            /// Reads the value of a key that may be a kind; `None` when it is none.
            pub(super) fn read<'de, A: MapAccess<'de>>(
                kind: &str,
                map: &mut A,
            ) -> Result<Option<Self>, A::Error> {
                Ok(Some(match kind {
                    $($kind => Self::$name(map.next_value()?),)*
                    _ => return Ok(None),
                }))
            }

            /// Writes kind and value as one pair of a mapping.
            pub(super) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$name(value) => map.serialize_entry($kind, value),)*
                    Self::Unknown(_) => Err(ser::Error::custom("an unknown event is not written")),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })*
    };
}

events! {
    /// The session was made.
    Created = "created"
    /// A set waits to be painted.
    RunQueued = "run_queued"
    /// Painting began.
    RunStarted = "run_started"
    /// A picture is whole and on disk.
    PanelDone = "panel_done"
    /// A panel could not be painted; the others go on.
    PanelFailed = "panel_failed"
    /// A run is over, for whatever reason.
    RunEnded = "run_ended"
    /// A run waits for a person: it crashed, or somebody asked for it.
    RunHeld = "run_held"
    /// A held or interrupted run is the next to be painted.
    RunReleased = "run_released"
    /// The waiting runs have another order.
    QueueOrdered = "queue_ordered"
    /// Judges gave numbers to a run and its pictures.
    RunScored = "run_scored"
    /// What alignment did in a run.
    RunMeasured = "run_measured"
    /// Stars, rejections and tags.
    Marked = "marked"
    /// Pictures went to the trash.
    Trashed = "trashed"
    /// Pictures came back from the trash.
    Restored = "restored"
    /// Pictures were destroyed with the trash.
    Purged = "purged"
    /// Pictures were found to be missing or changed.
    Lost = "lost"
    /// The session has another name.
    Renamed = "renamed"
    /// An entry was undone.
    Undone = "undone"
    /// An undone entry was done again.
    Redone = "redone"
}

/// See [`Event::Created`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The format of the session, see [`super::VERSION`].
    pub version: u32,
    /// What people call the session.
    pub name: String,
    /// Version of the program.
    pub program: String,
}

/// See [`Event::RunStarted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The run.
    pub run: RunId,
    /// How often it was started, from 1.
    pub attempt: u32,
}

/// See [`Event::PanelDone`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PanelDone {
    /// The run.
    pub run: RunId,
    /// The panel, from 0.
    pub panel: u32,
    /// The picture.
    pub image: ImageId,
    /// SHA-256 of the picture's file, in hex.
    pub sha256: String,
    /// Length of the picture's file.
    pub bytes: u64,
    /// Seconds that painting took; not known of a picture that was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// See [`Event::PanelFailed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelFailed {
    /// The run.
    pub run: RunId,
    /// The panel, from 0.
    pub panel: u32,
    /// Why, for people.
    pub reason: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Painted to the end; single panels may have failed.
    Done,
    /// Stopped by a person; what was painted stays.
    Stopped,
    /// Given up; the reason says why.
    Failed,
    /// Taken out of the queue before it began.
    Withdrawn,
}

/// See [`Event::RunEnded`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnded {
    /// The run.
    pub run: RunId,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Seconds by stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timings: BTreeMap<String, f64>,
    /// What painted it, such as `cuda:0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Version of the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Hash of the model's files, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What was done to make it fit, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
}

impl RunEnded {
    /// The end of a run, with nothing known but its outcome.
    pub fn new(run: RunId, outcome: Outcome) -> Self {
        Self {
            run,
            outcome,
            reason: None,
            timings: BTreeMap::new(),
            device: None,
            engine: None,
            model: None,
            fallbacks: Vec::new(),
        }
    }
}

/// See [`Event::RunHeld`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeld {
    /// The run.
    pub run: RunId,
    /// Why, for people.
    pub reason: String,
}

/// See [`Event::RunReleased`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReleased {
    /// The run.
    pub run: RunId,
}

/// See [`Event::QueueOrdered`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueOrdered {
    /// All waiting runs, the next first.
    pub runs: Vec<RunId>,
}

/// See [`Event::Marked`]. What is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marked {
    /// The pictures.
    pub images: Vec<ImageId>,
    /// Set or take away the star.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub star: Option<bool>,
    /// Set or take away the rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<bool>,
    /// Tags to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    /// Tags to take away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untag: Vec<String>,
}

/// Events that name pictures and nothing else.
macro_rules! of_images {
    ($($name:ident)*) => {$(
        #[doc = concat!("See [`Event::", stringify!($name), "`].")]
        /// It names pictures and nothing else.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// The pictures.
            pub images: Vec<ImageId>,
        }
    )*};
}

of_images! { Trashed Restored Purged Lost }

/// See [`Event::Renamed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// The name.
    pub name: String,
}

/// See [`Event::Undone`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The entry that was undone: the latest that still could be.
    pub entry: Seq,
}

/// See [`Event::Redone`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redone {
    /// The entry that was done again: the latest that was undone.
    pub entry: Seq,
}
