//! The studio: a queue of frozen recipes, one painter, and a session that
//! keeps all that they make.
//!
//! Four threads: the painter owns the model and every tensor; the studio's
//! thread owns the session's files and the queue; the interface owns the
//! screen; the judge looks at finished sets while nothing is painted. Commands go one way, news the other. Progress is a slot in which
//! the latest wins; results are never dropped.

mod commands;
mod current;
mod eta;
mod history;
mod judge;
mod keeper;
mod measured;
mod news;
mod obey;
mod queue;
mod scoring;
mod worker;

pub use commands::Commands;
pub use eta::{Pace, clock};
pub use history::{History, PanelState, RowPlace, Run};
pub use judge::scored;
pub use keeper::{Settings, Studio, start};
pub use measured::table as measured_table;
pub use news::{Command, Level, News, Note, Progress};
pub use queue::{Job, JobId, Queue};
pub use worker::{Made, Outcome, Report, Worker, open_model};
