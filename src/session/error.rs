//! Why a session cannot be opened or changed.

use std::io;
use std::path::PathBuf;

use super::holder::Holder;
use super::ids::ImageId;
use super::scan::MAX_ENTRIES;
use super::state::Misfit;
use crate::imaging::PictureError;
use crate::recipe::yaml::YamlError;
use crate::util::fs::FsError;
use crate::util::text::{bytes, clip, sanitise};

/// A fault in the session room. Every message is safe to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A folder without a history.
    #[error("{} is no session: there is no history.yaml in it", show(.0))]
    NotASession(PathBuf),
    /// A new session or export where something is already.
    #[error("{} exists already and is not empty", show(.0))]
    Exists(PathBuf),
    /// The session was opened for reading.
    #[error("the session may not be changed: {0}")]
    ReadOnly(#[from] ReadOnly),
    /// The event does not fit what the session is now.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A file of the session that is no YAML of ours.
    #[error("{} cannot be used: {}", clip(file, 80), clip(&error.to_string(), 300))]
    Yaml {
        /// The file or the kind of entry.
        file: String,
        /// Where and why.
        #[source]
        error: YamlError,
    },
    /// More bytes than are ever read or written.
    #[error("{} has {}, at most {} are possible", clip(what, 80), bytes(*size), bytes(*limit))]
    TooLarge {
        /// The file or the kind of entry.
        what: String,
        /// How many bytes it has.
        size: u64,
        /// How many it may have.
        limit: u64,
    },
    /// More entries than are ever read.
    #[error("history.yaml has more than {MAX_ENTRIES} entries")]
    TooMany,
    /// An entry that would be read back as something else.
    #[error("this {0} entry cannot be kept as YAML without loss")]
    Unwritable(String),
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", show(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Disk(#[from] FsError),
    /// A picture that is not whole, or cannot be decoded.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A picture whose file is gone.
    #[error("the file of picture {0} is not there")]
    Missing(ImageId),
    /// A picture whose file is no longer the one that was stored.
    #[error("picture {0} was changed since it was stored")]
    Altered(ImageId),
}

impl SessionError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotASession(_) => "make one with `predella session new`, or check the path",
            Self::Exists(_) => "choose another name or an empty folder",
            Self::ReadOnly(why) => why.hint(),
            Self::Misfit(_) => "nothing was changed",
            Self::Yaml { .. } | Self::Missing(_) | Self::Altered(_) => {
                "see `predella session check`; `repair` keeps whatever it cuts"
            }
            Self::TooLarge { .. } | Self::TooMany => "split the set, or begin another session",
            Self::Unwritable(_) => "take unusual characters out of the prompts and names",
            Self::Read { .. } => "check the path and its permissions",
            Self::Disk(error) => error.hint(),
            Self::Picture(error) => error.hint(),
        }
    }
}

/// Why a session is open for reading alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadOnly {
    /// Nobody asked for more.
    #[error("it was opened for reading")]
    Asked,
    /// Another program writes to it.
    #[error("{0} has it open")]
    Held(Holder),
    /// Written by a later version.
    #[error("it has format {0}, of a newer predella; this one writes {ours}", ours = super::VERSION)]
    Future(u32),
    /// Its files contradict each other or cannot be read.
    #[error("it is damaged: {}", clip(.0, 300))]
    Damaged(String),
    /// A link or device stands where a file or folder of the session belongs.
    #[error("{} is not a regular file or folder", show(.0))]
    Link(PathBuf),
    /// The disk is full, or nothing may be written there.
    #[error("{}", clip(message, 300))]
    Disk {
        /// What the system said.
        message: String,
        /// What to do about it.
        hint: &'static str,
    },
}

impl ReadOnly {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Asked => "open it for writing",
            Self::Held(_) => "close it there first; what is written there is seen here",
            Self::Future(_) => "update predella",
            Self::Damaged(_) => "run `predella session repair`; it keeps whatever it cuts",
            Self::Link(_) => "put the real file or folder there",
            Self::Disk { hint, .. } => hint,
        }
    }
}

impl From<FsError> for ReadOnly {
    fn from(error: FsError) -> Self {
        Self::Disk { message: error.to_string(), hint: error.hint() }
    }
}

pub(super) fn show(path: &std::path::Path) -> String {
    sanitise(&path.display().to_string())
}
