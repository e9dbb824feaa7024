//! Where the program keeps its things.

pub mod paths;
mod styles;

pub use styles::{SavedStyle, StyleError, Styles};
