//! Models as checked bytes.
//!
//! A [`ModelFolder`] is a folder in the diffusers layout, on disk, in the hub's
//! cache or inside the program. It hands out configuration as JSON and a
//! part's tensors as [`Weights`]: names, types, shapes and mapped bytes, every
//! header checked before a byte of it is trusted. Nothing here knows what a
//! tensor library is.

mod catalogue;
mod class;
mod contents;
mod control;
mod embedded;
mod error;
mod folder;
mod hash;
mod header;
mod hub;
mod locate;
mod net;
mod source;
mod tree;
mod weights;

pub use catalogue::{Installed, KNOWN, Known, ModelSource, installed};
pub use class::PipelineClass;
pub use contents::PARTS;
pub use control::ControlFolder;
pub use embedded::{JUDGE_CLIP, JUDGE_STYLE, MINI};
pub use error::ModelError;
pub use folder::ModelFolder;
pub use hash::sha256;
pub use header::{Header, HeaderFault, MAX_HEADER, MAX_RANK, MAX_TENSORS, TensorInfo};
pub use hub::{CachedModel, Hub, HubConfig, HubError, Progress, RepoId};
pub use net::NetFolder;
pub use safetensors::Dtype;
pub use source::MAX_TEXT;
pub use weights::{TensorView, Weights};
