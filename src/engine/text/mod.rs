//! Prompts to what the UNet reads.

mod clip;
mod prompt;
mod tokenizer;
mod view;

pub use clip::{Activation, ClipConfig, ClipOutput, ClipTextModel};
pub use prompt::{PromptEncoder, TextStates};
pub use tokenizer::{PromptCheck, TextOf, Tokenizer};
pub use view::{Token, TokenView, Tokenizers};
