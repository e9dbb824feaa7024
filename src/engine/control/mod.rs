//! ControlNet (arXiv 2302.05543): a second network reads a map beside the
//! latents and changes what the UNet's encoder hands on.
//!
//! Only the rows with a map are steered. An anchor keeps its own composition
//! unless it is given a map, and so it stays what it is for every panel: a map
//! for one panel changes no other.

mod config;
mod net;
mod run;
mod steer;

pub use config::{ControlConfig, Kinds};
pub use net::{ControlNet, Residuals};
pub(super) use run::{Kept, fitting};
pub use run::{find_net, map_tensor};
pub use steer::{RowControl, Steering};
