//! predella paints sets of images in one shared style.
//!
//! The rooms, from the bottom up; each imports only from those below it.
//!
//! - [`recipe`]: what decides pixels, as pure data.
//! - [`config`]: where files belong on this machine.
//! - [`models`]: weights from disk, from a hub or embedded, checked before use.
//! - [`imaging`]: pictures in and out, with their recipes inside.
//! - [`session`]: a folder of runs and pictures that survives whatever stops the program.
//! - [`engine`]: the diffusion engine on candle.
//! - [`util`]: small things that every room may use.

pub mod config;
pub mod engine;
pub mod imaging;
pub mod models;
pub mod recipe;
pub mod session;
pub mod util;
