//! The run in progress, as a file: found at start, it tells of a crash.

use std::io::ErrorKind::NotFound;

use serde::{Deserialize, Serialize};

use super::ids::RunId;
use super::layout::Layout;
use super::stamp::Stamp;
use crate::recipe::yaml;
use crate::util::fs::{FsError, read_regular, remove, write_atomic};

/// Largest such file that is read, in bytes.
const MAX_RUNNING: u64 = 64 * 1024;

/// The contents of `running.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The run.
    pub run: RunId,
    /// How often it was started, from 1.
    pub attempt: u32,
    /// When this attempt began.
    pub since: Stamp,
    /// The process that paints it.
    pub pid: u32,
    /// What tells one start of the machine from another, where it is known:
    /// after a crash, whether the machine went down too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
}

impl Running {
    pub(super) fn new(run: RunId, attempt: u32, since: Stamp) -> Self {
        Self { run, attempt, since, pid: std::process::id(), boot: boot() }
    }

    /// The run in progress or crashed; `None` where the file is missing or
    /// makes no sense.
    pub(super) fn read(layout: &Layout) -> Option<Self> {
        let bytes = read_regular(&layout.running(), MAX_RUNNING).ok()?;
        yaml::from_str(std::str::from_utf8(&bytes).ok()?).ok()
    }

    pub(super) fn write(&self, layout: &Layout) -> Result<(), FsError> {
        // Only numbers, times and a boot id: it cannot fail to be written as YAML.
        let text = yaml::to_string(self).unwrap_or_default();
        write_atomic(&layout.running(), text.as_bytes())
    }

    /// Takes the file away; one that is not there is no fault.
    pub(super) fn clear(layout: &Layout) -> Result<(), FsError> {
        if std::fs::symlink_metadata(layout.running()).is_err_and(|e| e.kind() == NotFound) {
            return Ok(());
        }
        match remove(&layout.running()) {
            Err(FsError::NoFolder(_)) => Ok(()),
            done => done,
        }
    }

    /// Why a run that was found in progress is held.
    pub(super) fn reason(&self) -> String {
        let is_machine = self.boot.is_some() && self.boot != boot();
        let who = if is_machine { "the machine went down" } else { "the program ended" };
        format!("{who} while this run was painted, attempt {}", self.attempt)
    }
}

/// The id of this start of the machine, as Linux gives it.
fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn it_tells_what_was_running_and_why_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        assert_eq!(Running::read(&layout), None);
        Running::clear(&layout).unwrap();
        let mut running = Running::new(RunId(7), 2, Stamp::new(UNIX_EPOCH));
        running.write(&layout).unwrap();
        assert_eq!(Running::read(&layout).unwrap(), running);
        assert!(running.reason().starts_with("the program ended"));
        assert!(running.reason().ends_with("attempt 2"));
        running.boot = Some("another".into());
        assert!(running.reason().starts_with("the machine went down"));
        Running::clear(&layout).unwrap();
        std::fs::write(layout.running(), "run: [").unwrap();
        assert_eq!(Running::read(&layout), None);
    }
}
