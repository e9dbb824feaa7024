//! Where the program keeps its things.

mod lists;
pub mod paths;
mod styles;

pub use lists::{list_stamps, lists, music_labels};
pub use styles::{SavedStyle, StyleError, Styles};
