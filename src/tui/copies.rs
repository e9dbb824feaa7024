//! Pictures of a session copied to a folder.

use super::errands::resolve;
use crate::imaging::{DecodeLimits, read_file};
use crate::util::fs::{FsError, write_new};
use std::path::{Path, PathBuf};

/// Copies pictures under their own names; one that is there already is left.
///
/// # Errors
/// Why it cannot be done, in words.
pub fn copy(session: &Path, images: &[String], to: &str) -> Result<usize, String> {
    let said = |e: &dyn std::fmt::Display| format!("{to}: {e}");
    // Unlike pictures to choose from, a folder to copy to is not the session's.
    let folder = match to.strip_prefix("~/") {
        Some(_) => resolve(session, to),
        None => PathBuf::from(to),
    };
    std::fs::create_dir_all(&folder).map_err(|e| said(&e))?;
    let mut count = 0;
    for image in images {
        let name = format!("{image}.png");
        let from = session.join("images").join(&name);
        let bytes = read_file(&from, DecodeLimits::default().bytes);
        let bytes = bytes.map_err(|e| e.to_string())?;
        match write_new(&folder.join(&name), &bytes) {
            Ok(()) => count += 1,
            Err(FsError::Exists(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(count)
}
