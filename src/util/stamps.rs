//! Whether a file of a folder has come, gone or changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// Names, lengths and times of the files with an ending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<String, (u64, Option<SystemTime>)>);

impl Stamps {
    /// Those of a folder, at most `most`; hidden ones are left out, and there are
    /// none where it cannot be read.
    pub fn of(folder: &Path, ending: &str, most: usize) -> Self {
        let Ok(entries) = std::fs::read_dir(folder) else { return Self::default() };
        let named = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?.strip_suffix(ending)?.to_owned();
            // A link is followed: settings are often kept elsewhere.
            let about = std::fs::metadata(entry.path()).ok().filter(|about| about.is_file())?;
            (!name.starts_with('.')).then(|| (name, (about.len(), about.modified().ok())))
        });
        Self(named.take(most).collect())
    }

    /// The names, without their ending.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}
