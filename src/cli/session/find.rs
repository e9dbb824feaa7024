//! Which folder a session's name stands for.

use std::path::{Path, PathBuf};

use crate::cli::error::{CliError, Kind};
use crate::config::paths::data_dir;

/// The session that is opened when none is named.
const FIRST: &str = "first";

/// Where sessions are kept.
///
/// # Errors
/// When the user has no home.
pub(in crate::cli) fn place() -> Result<PathBuf, CliError> {
    let data = data_dir().ok_or_else(|| {
        CliError::new(Kind::Usage, "there is no home folder for sessions")
            .hint("name one: predella FOLDER")
    })?;
    Ok(data.join("sessions"))
}

/// The session of a newcomer.
///
/// # Errors
/// As [`place`].
pub(in crate::cli) fn first() -> Result<PathBuf, CliError> {
    Ok(place()?.join(FIRST))
}

/// A folder as it is named; or, where there is none, a session of that name
/// where sessions are kept, or one that comes with the program.
pub(in crate::cli) fn find(named: &Path) -> PathBuf {
    if named.exists() || named.components().count() != 1 {
        return named.to_owned();
    }
    let kept = place().map(|place| place.join(named)).ok().filter(|path| path.exists());
    let shipped = || named.to_str().and_then(super::super::tour::unpacked);
    kept.or_else(shipped).unwrap_or_else(|| named.to_owned())
}
