//! Prompts to what the UNet reads.

mod clip;
mod prompt;
mod tokenizer;

pub use clip::{Activation, ClipConfig, ClipOutput, ClipTextModel};
pub use prompt::{PromptEncoder, TextStates};
pub use tokenizer::{PromptCheck, Tokenizer};
