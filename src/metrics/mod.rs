//! Numbers about sets of pictures, each with the name of its judge: how well a
//! picture fits its text, how alike in style the pictures of a set are, how
//! much of the reference's subject leaks into the others.

mod judge;
mod looking;
mod score;
mod vector;
mod vit;

pub use judge::{ClipJudge, JudgeName, StyleJudge};
pub use looking::Looking;
pub use score::{Judges, Origin, Panel, PanelScores, Reference, Seen, SetScores, weight_response};
pub use vector::{Measure, Unit, rank_correlation};
pub use vit::VitConfig;
