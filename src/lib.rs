//! predella paints sets of images in one shared style.
//!
//! The rooms, from the bottom up; each imports only from those below it.
//!
//! - [`util`]: durable files, text that is safe to show, the time of day; free for all.
//! - [`recipe`]: what decides pixels, as pure data.
//! - [`prompt`]: how prompts are written: weights, alternatives, lists.
//! - [`config`]: where the program keeps its things.
//! - [`imaging`]: pictures in and out, with their recipes inside.
//! - [`models`]: models as checked bytes, from disk, a hub or the program itself.
//! - [`session`]: what was painted, on disk.
//! - [`engine`]: the diffusion engine on candle.
//! - [`metrics`]: numbers about sets of pictures, by networks that judge them.
//! - [`perceive`]: words from pictures, speech, weather and long texts.
//! - [`studio`]: a queue, a painter, a session: what runs beside the interface.
//! - [`term`]: the terminal, and pictures in plain command output.
//! - [`tui`]: the interface in the terminal.
//! - [`cli`]: the command line, one file a verb.

pub mod cli;
pub mod config;
pub mod engine;
pub mod imaging;
pub mod metrics;
pub mod models;
pub mod perceive;
pub mod prompt;
pub mod recipe;
pub mod session;
pub mod studio;
pub mod term;
pub mod tui;
pub mod util;
