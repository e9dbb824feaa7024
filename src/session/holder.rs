//! Who writes to a session, for others to see.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::stamp::Stamp;
use crate::recipe::yaml;
use crate::util::fs::{FsError, read_regular, write_passing};
use crate::util::text::clip;

/// Largest note that is read, in bytes.
const MAX_NOTE: u64 = 64 * 1024;

/// The note that a writer leaves. The lock decides, the note only tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// Its process, where the system has numbers for them.
    pub pid: Option<u32>,
    /// Its machine.
    pub host: Option<String>,
    /// Since when.
    pub since: Option<Stamp>,
}

impl Holder {
    /// This program.
    pub(super) fn this(since: Stamp) -> Self {
        let host = sysinfo::System::host_name();
        Self { pid: Some(std::process::id()), host, since: Some(since) }
    }

    /// What the note says; nothing, where there is none.
    pub(super) fn read(layout: &Layout) -> Self {
        let bytes = read_regular(&layout.holder(), MAX_NOTE).unwrap_or_default();
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| yaml::from_str(text).ok())
            .unwrap_or_default()
    }

    /// Leaves the note. That it cannot be left hinders nothing, unless nothing
    /// may be written here at all.
    pub(super) fn leave(&self, layout: &Layout) -> Result<(), FsError> {
        let Ok(text) = yaml::to_string(self) else { return Ok(()) };
        match write_passing(&layout.holder(), text.as_bytes()) {
            Err(error @ FsError::NotWritable(..)) => Err(error),
            Err(error) => {
                tracing::debug!(%error, "no note of the holder");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another predella")?;
        let mut parts = Vec::new();
        parts.extend(self.pid.map(|pid| format!("process {pid}")));
        parts.extend(self.host.as_ref().map(|host| format!("on {}", clip(host, 64))));
        parts.extend(self.since.map(|since| format!("since {since}")));
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(" ")) }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_note_tells_who() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        assert_eq!(Holder::read(&layout).to_string(), "another predella");
        let this = Holder::this(Stamp::new(UNIX_EPOCH));
        this.leave(&layout).unwrap();
        assert_eq!(Holder::read(&layout), this);
        let text = this.to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        assert!(text.contains("since 1970-01-01T00:00:00.000Z"), "{text}");
    }

    #[test]
    fn a_strangers_note_is_shown_safely() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        std::fs::write(layout.holder(), r#"host: "\e[2J\u202e""#).unwrap();
        let text = Holder::read(&layout).to_string();
        assert!(!text.contains('\x1b') && text.contains("<U+202E>"), "{text:?}");
        std::fs::write(layout.holder(), "{").unwrap();
        assert_eq!(Holder::read(&layout), Holder::default());
    }
}
