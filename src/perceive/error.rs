//! Why something could not be put into words.

use crate::engine::EngineError;
use crate::imaging::PictureError;
use crate::models::{ModelError, NetFolder};
use crate::util::text::{clip, sanitise};

/// A picture, sound or text that could not be read, or a network that cannot read it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerceiveError {
    /// The network's files cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine refused something.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file that cannot be read, or is no picture.
    #[error(transparent)]
    File(#[from] PictureError),
    /// A folder that holds another network, or a damaged one.
    #[error("{folder}: {message}")]
    Network {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        message: String,
    },
    /// A sound that cannot be read.
    #[error("{0}")]
    Sound(String),
    /// A list of labels for music that is none.
    #[error("{0}")]
    Labels(String),
    /// A report of the weather that cannot be read.
    #[error("{0}")]
    Weather(String),
    /// Nothing came of it.
    #[error("{0}")]
    Silent(String),
}

/// Results of this room.
pub type Result<T, E = PerceiveError> = std::result::Result<T, E>;

impl PerceiveError {
    /// A fault of a network's folder.
    pub(super) fn network(folder: &NetFolder, message: impl AsRef<str>) -> Self {
        let folder = sanitise(folder.name());
        Self::Network { folder, message: clip(message.as_ref(), 200) }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Model(error) => error.hint(),
            Self::Engine(error) => error.hint().unwrap_or_default(),
            Self::File(error) => error.hint().into(),
            Self::Network { .. } => {
                "give the folder of a network of that kind, in the layout of transformers".into()
            }
            Self::Sound(_) => {
                "give a WAV file of at most ten minutes; ffmpeg -i SOUND -t 600 OUT.wav makes one"
                    .into()
            }
            Self::Labels(_) => {
                "write one label a line: WORDS, or WORDS = WHAT THE MUSIC IS COMPARED WITH".into()
            }
            Self::Weather(_) => {
                "give a METAR, a JSON report with `weather` and `main`, or plain words".into()
            }
            Self::Silent(_) => "give another file, or write the words yourself".into(),
        }
    }
}

impl From<candle_core::Error> for PerceiveError {
    fn from(error: candle_core::Error) -> Self {
        Self::Engine(error.into())
    }
}
