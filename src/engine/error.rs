//! What can go wrong in the engine.

use crate::models::ModelError;
use crate::prompt::PromptError;
use crate::recipe::RecipeError;

/// A fault of the engine, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The recipe is out of its ranges.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A prompt that cannot be read.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The recipe does not fit this model.
    #[error("{0}")]
    Unfit(String),
    /// The model's files cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A configuration that this engine does not know.
    #[error("{file}: {message}")]
    Config {
        /// The file, relative to the model's folder.
        file: String,
        /// What is not known.
        message: String,
    },
    /// A tensor is missing or has another shape than the configuration says.
    #[error("{file}: {message}")]
    Weights {
        /// The model's part: `unet`, `vae` …
        file: String,
        /// The tensor and what is wrong with it.
        message: String,
    },
    /// A text that cannot be turned into tokens.
    #[error("the tokenizer failed: {0}")]
    Tokenizer(String),
    /// The device cannot be used.
    #[error("{0}")]
    Device(String),
    /// Even the smallest chunk does not fit.
    #[error("painting needs about {needed_mb} MB and {available_mb} MB are free")]
    Memory {
        /// Bytes needed, in MB.
        needed_mb: u64,
        /// Bytes available, in MB.
        available_mb: u64,
    },
    /// The run was asked to stop.
    #[error("stopped")]
    Stopped,
    /// A tensor operation failed.
    #[error("{}", first_line(.0))]
    Tensor(#[from] candle_core::Error),
}

/// Which kind of answer a fault asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong.
    Usage,
    /// The model is missing or refused.
    Model,
    /// Out of memory.
    Memory,
    /// Stopped on request.
    Stopped,
    /// A fault of ours.
    Internal,
}

impl EngineError {
    /// The kind, for exit codes and colours.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Recipe(_) | Self::Prompt(_) | Self::Unfit(_) | Self::Device(_) => {
                ErrorKind::Usage
            }
            Self::Model(_) | Self::Config { .. } | Self::Weights { .. } => ErrorKind::Model,
            Self::Memory { .. } => ErrorKind::Memory,
            Self::Stopped => ErrorKind::Stopped,
            Self::Tensor(error) if is_out_of_memory(error) => ErrorKind::Memory,
            Self::Tokenizer(_) | Self::Tensor(_) => ErrorKind::Internal,
        }
    }

    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Memory { .. } => {
                Some("make the pictures smaller, or free memory and try again".into())
            }
            Self::Weights { .. } => Some(
                "the weights do not belong to the configuration beside them; download the model again".into(),
            ),
            Self::Config { .. } => Some("this model needs something that predella does not have".into()),
            Self::Device(_) => Some("run `predella doctor` to see the devices, or use --device cpu".into()),
            Self::Model(error) => Some(error.hint()),
            _ => None,
        }
    }
}

/// Candle appends a whole backtrace to its messages; people need the first line.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn is_out_of_memory(error: &candle_core::Error) -> bool {
    error.to_string().to_ascii_lowercase().contains("out of memory")
}

/// Results of the engine.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
