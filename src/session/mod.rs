//! A folder of runs and pictures that survives whatever stops the program.
//!
//! ```text
//! session.yaml   what is small and changes often: name, draft, view
//! history.yaml   everything that happened, one YAML document each, only added to
//! images/        the pictures, whole, each with its recipe inside
//! trash/         pictures until the trash is emptied
//! thumbs/        can be made again
//! running.yaml   the run in progress; found at start, it crashed
//! ```
//!
//! The [history](Event) is the truth and [`State`] is folded from it; a picture
//! is on disk before its entry is. One program writes at a time, any number may
//! look on. Whatever is read may come from a stranger: it is bounded, checked
//! and never leads out of the folder.

mod admit;
mod check;
mod edit;
mod entry;
mod error;
mod event;
mod export;
mod findings;
mod fold;
mod frozen;
mod gc;
mod head;
mod history;
mod holder;
mod ids;
mod layout;
mod list;
mod measured;
mod open;
mod parsed;
mod queued;
mod repair;
mod run;
mod running;
mod runs;
#[cfg(test)]
mod samples;
mod scan;
mod scores;
#[expect(clippy::module_inception, reason = "the file of the room's main type")]
mod session;
mod stamp;
mod state;
mod store;
mod undo;

pub use admit::{MAX_NAME, Misfit};
pub use check::{Depth, Report};
pub use entry::{Entry, MAX_ENTRY};
pub use error::{ReadOnly, SessionError};
pub use event::{
    Created, Event, Lost, Marked, Outcome, PanelDone, PanelFailed, Purged, QueueOrdered, Redone,
    Renamed, Restored, RunEnded, RunHeld, RunReleased, RunStarted, Trashed, Undone,
};
pub use export::{Choice, Exported};
pub use findings::Finding;
pub use frozen::{Foreign, Frozen};
pub use gc::Swept;
pub use head::{Head, MAX_HEAD};
pub use history::{Fault, MAX_HISTORY};
pub use holder::Holder;
pub use ids::{ImageId, RunId, Seq};
pub use list::{Summary, head, list};
pub use measured::{BlockMeasured, RunMeasured};
pub use queued::{InRow, RunQueued};
pub use repair::Repaired;
pub use run::{Image, Marks, PanelState, Place, Run, Status};
pub use running::Running;
pub use scores::{ImageScored, RunScored};
pub use session::{Access, Moment, Session};
pub use stamp::Stamp;
pub use state::State;
pub use store::THUMB_SIDE;

/// The format that this version writes. It reads every older one; a newer one
/// it opens for reading, as far as it understands it.
pub const VERSION: u32 = 1;
