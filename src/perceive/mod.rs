//! Words from elsewhere: what is in a picture, what somebody said, what music is
//! like, the weather, a long text in few words; and how far things in a photo are.
//! All of it on this machine.
//!
//! Whatever a network says is made plain before it leaves this room: it may
//! stand in a prompt, and says nothing to a terminal.

mod caption;
mod cubic;
mod depth;
mod error;
mod mel;
mod music;
mod rephrase;
mod sound;
mod speech;
mod tell;
mod vars;
mod weather;
mod words;

pub use caption::Captioner;
pub use depth::DepthReader;
pub use error::{PerceiveError, Result};
pub use music::{Critic, Label, Labels, Likeness, Music};
pub use rephrase::Rephraser;
pub use sound::{MAX_BYTES, RATE, Sound};
pub use speech::Listener;
pub use tell::{Asked, CAPTIONER, CRITIC, LANGUAGE, LISTENER, REPHRASER, Told, tell};
pub use weather::{MAX_REPORT, weather};
