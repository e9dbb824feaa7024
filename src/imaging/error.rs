//! Why a picture cannot be read or written.

use std::io;

use crate::util::fs::FsError;
use crate::util::text::bytes;

/// A picture that was refused. Text from the file is made safe to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The file cannot be opened or read.
    #[error("{file} cannot be read: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A folder, pipe or device.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// More bytes than the limit.
    #[error("the file is larger than {}", bytes(*.0))]
    TooLarge(u64),
    /// No picture, or one of a kind that is not read.
    #[error("{0}")]
    Format(String),
    /// More pixels than the limit.
    #[error(
        "the picture has {width} x {height} pixels; at most {pixels} and {side} a side are read"
    )]
    TooManyPixels {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
        /// The bound on all pixels.
        pixels: u64,
        /// The bound on a side.
        side: u32,
    },
    /// More memory than the limit.
    #[error("the picture would need more than {} of memory", bytes(*.0))]
    Memory(u64),
    /// A file that breaks its format.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// A recipe inside the picture that cannot be used.
    #[error("the recipe in the picture cannot be used: {0}")]
    Record(String),
    /// A picture or sheet that cannot be made.
    #[error("the picture cannot be made: {0}")]
    Make(String),
    /// The file cannot be written.
    #[error(transparent)]
    Disk(#[from] FsError),
}

impl PictureError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::NotAFile(_) => "check the path and its permissions",
            Self::TooLarge(_) | Self::TooManyPixels { .. } | Self::Memory(_) => {
                "scale the picture down first; a side of 2048 is plenty"
            }
            Self::Format(_) => "convert it to PNG, JPEG or WebP",
            Self::Damaged(_) => "take another copy of the picture",
            Self::Record(_) => "the picture itself can still be used as a reference",
            Self::Make(_) => "choose fewer or smaller pictures",
            Self::Disk(error) => error.hint(),
        }
    }
}
