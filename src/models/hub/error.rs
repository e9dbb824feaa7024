//! What can go wrong between a hub and the cache.

use std::io;
use std::path::Path;

use crate::util::fs::FsError;
use crate::util::text::{bytes, sanitise};

/// A model that did not come from the hub.
///
/// Text from the server is made safe to show before it gets in here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// No cache folder can be named.
    #[error("there is no home folder to keep models in")]
    NoHome,
    /// Not cached, and the server may not be asked.
    #[error("{0} is not in the cache, and HF_HUB_OFFLINE forbids asking the hub")]
    Offline(String),
    /// The endpoint is no web address.
    #[error("the hub's address {0:?} is no web address")]
    Endpoint(String),
    /// The server wants a token, or another one.
    #[error("the hub does not let us read {repo} (status {status})")]
    Denied {
        /// The repository.
        repo: String,
        /// 401 or 403.
        status: u16,
    },
    /// No such repository, revision or file.
    #[error("the hub has no {0}")]
    NotFound(String),
    /// Any other answer than success.
    #[error("the hub answers {what} with status {status}")]
    Status {
        /// What was asked for.
        what: String,
        /// The status.
        status: u16,
    },
    /// No connection, or one that went silent.
    #[error("the hub cannot be reached for {what}: {reason}")]
    Network {
        /// What was asked for.
        what: String,
        /// The client's words.
        reason: String,
    },
    /// An answer that breaks the protocol.
    #[error("the hub's answer for {what} makes no sense: {reason}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A transfer that broke too often.
    #[error("{file} broke off at {} of {}: {reason}", bytes(*.have), bytes(*.size))]
    Interrupted {
        /// The file.
        file: String,
        /// Bytes that are here and kept.
        have: u64,
        /// Bytes of the whole.
        size: u64,
        /// The last reason.
        reason: String,
    },
    /// Content that is not what the server said.
    #[error("{file} arrived damaged: {reason}; it was thrown away")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another program downloads the same file.
    #[error("another program is downloading {0}")]
    Busy(String),
    /// The user stopped it.
    #[error("the download was stopped")]
    Cancelled,
    /// The cache cannot be written.
    #[error(transparent)]
    Disk(#[from] FsError),
}

impl HubError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoHome => "set HF_HUB_CACHE to a folder for models".into(),
            Self::Offline(_) => "unset HF_HUB_OFFLINE, or give the folder of the model".into(),
            Self::Endpoint(_) => {
                "correct HF_ENDPOINT; the usual one is https://huggingface.co".into()
            }
            Self::Denied { repo, .. } => format!(
                "check the name; if the model is private or asks for its licence to be accepted, \
                 do that at https://huggingface.co/{repo} and set HF_TOKEN"
            ),
            Self::NotFound(_) => "check the owner, the name and the revision".into(),
            Self::Status { .. } => "try again later".into(),
            Self::Network { .. } => {
                "check the connection; models in the cache work without it".into()
            }
            Self::Answer { .. } => "check HF_ENDPOINT, and any proxy on the way".into(),
            Self::Interrupted { .. } | Self::Cancelled => {
                "run the same command again; it goes on where it stopped".into()
            }
            Self::Damaged { .. } => {
                "download it again; if it stays so, the hub's copy is bad".into()
            }
            Self::Busy(_) => "wait until it has finished, then try again".into(),
            Self::Disk(error) => error.hint().into(),
        }
    }

    /// A fault of the disk, worded as any other durable write.
    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk(FsError::from_io(path, source))
    }

    /// A server that says something senseless.
    pub(super) fn answer(what: &str, reason: &str) -> Self {
        Self::Answer { what: sanitise(what), reason: sanitise(reason) }
    }
}
