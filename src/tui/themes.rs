//! The themes that can be chosen: those that ship and the user's own.

use super::theme::{Theme, ThemeFault};
use crate::util::stamps::Stamps;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest theme file that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// Most files that are read.
const MOST: usize = 100;
/// How their names end.
const ENDING: &str = ".toml";

/// The themes that can be chosen. An own one stands for a shipped one of the
/// same name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Themes {
    own: BTreeMap<String, Result<Theme, String>>,
    /// To see that one has changed.
    files: Stamps,
}

impl Themes {
    /// The shipped ones and `NAME.toml` for each in a folder, if there is one.
    pub fn read(folder: &Path) -> Self {
        let files = Stamps::of(folder, ENDING, MOST);
        let read = |name: &String| {
            let path = std::fs::canonicalize(folder.join(file(name)));
            let bytes = path.and_then(|path| crate::util::fs::read_regular(&path, LONGEST));
            let text = bytes.map_err(|e| e.to_string()).and_then(|bytes| {
                String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
            });
            let theme = text.and_then(|text| Theme::parse(&text).map_err(|e| e.to_string()));
            (name.clone(), theme)
        };
        Self { own: files.names().map(read).collect(), files }
    }

    /// The same read anew, if a file has come, gone or changed.
    pub fn changed(&self, folder: &Path) -> Option<Self> {
        (Stamps::of(folder, ENDING, MOST) != self.files).then(|| Self::read(folder))
    }

    /// Every name: the shipped ones, then the user's own.
    pub fn names(&self) -> Vec<String> {
        let own = self.own.keys().filter(|name| Theme::names().all(|shipped| shipped != *name));
        Theme::names().map(str::to_owned).chain(own.cloned()).collect()
    }

    /// The theme of a name.
    ///
    /// # Errors
    /// When there is none, or its file cannot be used.
    pub fn get(&self, name: &str) -> Result<Theme, ThemeFault> {
        match self.own.get(name) {
            Some(Ok(theme)) => Ok(theme.clone()),
            Some(Err(why)) => Err(ThemeFault::Parse(why.clone())),
            None => Theme::shipped(name),
        }
    }

    /// What is wrong with the user's own, each with its file.
    pub fn faults(&self) -> Vec<String> {
        let fault = |(name, theme): (&String, &Result<Theme, String>)| {
            let why = theme.as_ref().err()?;
            Some(format!("themes/{}: {why}", file(name)))
        };
        self.own.iter().filter_map(fault).collect()
    }
}

fn file(name: &str) -> String {
    format!("{name}{ENDING}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs::{write_atomic, write_new};

    #[test]
    fn own_themes_are_found_changed_and_their_faults_named() {
        let folder = tempfile::tempdir().unwrap();
        let shipped = include_str!("../../themes/paper.toml");
        let mut themes = Themes::read(folder.path());
        assert_eq!(themes.names(), Theme::names().collect::<Vec<_>>());
        assert_eq!(themes.changed(folder.path()), None);
        write_new(&folder.path().join("mine.toml"), shipped.as_bytes()).unwrap();
        write_new(&folder.path().join("dusk.toml"), b"about = 3").unwrap();
        themes = themes.changed(folder.path()).unwrap();
        assert_eq!(themes.names().last().map(String::as_str), Some("mine"));
        assert_eq!(themes.get("mine"), Theme::shipped("paper"));
        assert!(themes.get("dusk").is_err() && themes.get("plaid").is_err());
        assert!(themes.faults()[0].starts_with("themes/dusk.toml: "), "{:?}", themes.faults());
        write_atomic(&folder.path().join("dusk.toml"), shipped.as_bytes()).unwrap();
        themes = themes.changed(folder.path()).unwrap();
        assert_eq!(themes.get("dusk"), Theme::shipped("paper"));
        assert_eq!(themes.faults(), [""; 0]);
    }
}
