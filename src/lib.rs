//! predella paints sets of images in one shared style.
//!
//! The rooms, from the bottom up; each imports only from those below it.
//!
//! - [`recipe`]: what decides pixels, as pure data.
//! - [`util`]: durable files, text that is safe to show, the time of day.

pub mod engine;
pub mod recipe;
pub mod util;
