//! The diffusion engine on candle: SDXL, SD 1.5 and the embedded model through
//! one code path, with style alignment as data beside each forward pass.

mod blend;
pub mod config;
pub mod control;
mod cost;
mod costs;
mod device;
pub mod error;
pub mod explain;
mod guides;
mod inputs;
pub mod invert;
pub mod kernels;
pub mod layers;
pub mod memory;
pub mod panorama;
pub mod pass;
mod pipeline;
pub mod pixels;
mod plan;
pub mod prepare;
pub mod random;
mod recolour;
pub mod rng;
mod rows;
mod run;
pub mod sampler;
pub mod schedule;
mod share_out;
mod spec;
pub mod style;
pub mod text;
mod texts;
pub mod unet;
pub mod vae;
pub mod weights;

pub use device::{DeviceChoice, Precision, device_name};
pub use error::{EngineError, ErrorKind};
pub use inputs::{Inputs, read_map, read_picture};
pub use pipeline::{Event, Pipeline, Stage, time_ids};
pub use plan::{Limits, LoadOptions, Plan};
pub use spec::{Family, ModelSpec};
pub use text::{PromptCheck, Token, TokenView, Tokenizers};
