//! The user's folders, by the rules of each system (XDG on Linux).

use std::path::PathBuf;

use directories::ProjectDirs;

/// Settings and themes: `~/.config/predella` on Linux.
///
/// `None` where the user has no home, as do the others.
pub fn config_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.config_dir().to_owned())
}

/// What can be rebuilt at any time: `~/.cache/predella` on Linux.
pub fn cache_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.cache_dir().to_owned())
}

/// Sessions and saved styles: `~/.local/share/predella` on Linux.
pub fn data_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.data_dir().to_owned())
}

/// Logs: `~/.local/state/predella` on Linux, the cache folder elsewhere.
pub fn state_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.state_dir().unwrap_or(dirs.cache_dir()).to_owned())
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "predella")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_is_absolute_and_ours() {
        for dir in [config_dir(), cache_dir(), data_dir(), state_dir()].into_iter().flatten() {
            assert!(dir.is_absolute(), "{dir:?}");
            assert!(dir.components().any(|c| c.as_os_str() == "predella"), "{dir:?}");
        }
        assert_ne!(cache_dir(), data_dir());
    }
}
