//! Styles that were saved by name, each a folder with its pictures in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::paths;
use crate::recipe::{References, Style, yaml};
use crate::util::fs::{FsError, create_dir, read_regular, remove_all, write_new};

/// The format that this version writes.
const VERSION: u32 = 1;
/// Longest description that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// Longest name.
const MAX_NAME: usize = 64;
/// The description in a style's folder.
const FILE: &str = "style.yaml";

/// What a style is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedStyle {
    /// Format of this document.
    version: u32,
    /// Style text, appended to every subject. May be empty.
    pub style_prompt: String,
    /// The pictures; once saved, files beside the description.
    pub references: References,
    /// How strongly they are followed, and where.
    pub style: Style,
}

/// Why a style cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StyleError {
    /// A name that is no plain word.
    #[error("{0:?} is no name for a style; use letters, digits, - and _, at most {MAX_NAME}")]
    Name(String),
    /// No style of this name.
    #[error("there is no style {0}")]
    Missing(String),
    /// A style of this name is there already.
    #[error("there is a style {0} already")]
    Taken(String),
    /// No place for them: the user has no home.
    #[error("there is no folder for styles, since HOME is not set")]
    NoHome,
    /// A description that cannot be understood.
    #[error("the style {name} is damaged: {message}")]
    Damaged {
        /// Its name.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The disk.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The disk, while reading.
    #[error("cannot read the styles: {0}")]
    Io(#[from] std::io::Error),
}

impl SavedStyle {
    /// A style that is not on disk yet.
    pub fn new(style_prompt: String, references: References, style: Style) -> Self {
        Self { version: VERSION, style_prompt, references, style }
    }
}

/// Every saved style.
#[derive(Debug, Clone)]
pub struct Styles(PathBuf);

impl Styles {
    /// The user's own.
    ///
    /// # Errors
    /// When the user has no home.
    pub fn of_user() -> Result<Self, StyleError> {
        paths::data_dir().map(|dir| Self(dir.join("styles"))).ok_or(StyleError::NoHome)
    }

    /// Keeps a style with its pictures, which are given in the order of the
    /// references, each with an extension for its name.
    ///
    /// # Errors
    /// When the name is taken or no name, or the disk fails.
    pub fn save(
        &self,
        name: &str,
        mut style: SavedStyle,
        pictures: &[(Vec<u8>, String)],
    ) -> Result<PathBuf, StyleError> {
        let folder = self.folder(name)?;
        if folder.exists() {
            return Err(StyleError::Taken(name.to_owned()));
        }
        fs::create_dir_all(&self.0)?;
        create_dir(&folder)?;
        for (i, (reference, (bytes, extension))) in
            style.references.pictures.iter_mut().zip(pictures).enumerate()
        {
            reference.picture = format!("{}.{extension}", i + 1);
            write_new(&folder.join(&reference.picture), bytes)?;
        }
        // Last, so that a style without it is none.
        let text = yaml::to_string(&style)
            .map_err(|e| StyleError::Damaged { name: name.into(), message: e.to_string() })?;
        write_new(&folder.join(FILE), text.as_bytes())?;
        Ok(folder)
    }

    /// A style with its pictures named by their whole paths.
    ///
    /// # Errors
    /// When there is none of this name or it cannot be understood.
    pub fn open(&self, name: &str) -> Result<SavedStyle, StyleError> {
        let folder = self.folder(name)?;
        let damaged = |message: String| StyleError::Damaged { name: name.to_owned(), message };
        let bytes = match read_regular(&folder.join(FILE), MAX_FILE) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StyleError::Missing(name.to_owned()));
            }
            read => read?,
        };
        let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8 text".into()))?;
        let mut style: SavedStyle = yaml::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if style.version != VERSION {
            return Err(damaged(format!("it has version {}", style.version)));
        }
        for reference in &mut style.references.pictures {
            // A style that came from elsewhere names no file outside its folder.
            let plain = Path::new(&reference.picture).file_name();
            if plain.is_none_or(|plain| plain != reference.picture.as_str()) {
                return Err(damaged(format!("{} is not a file beside it", reference.picture)));
            }
            reference.picture = folder.join(&reference.picture).display().to_string();
        }
        Ok(style)
    }

    /// The names, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, StyleError> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_name(&name) && entry.path().join(FILE).is_file() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Removes a style and its pictures.
    ///
    /// # Errors
    /// When there is none of this name, or the disk fails.
    pub fn remove(&self, name: &str) -> Result<(), StyleError> {
        let style = self.open(name)?;
        let folder = self.folder(name)?;
        let mut files = vec![folder.join(FILE)];
        files.extend(style.references.pictures.iter().map(|r| PathBuf::from(&r.picture)));
        remove_all(&files)?;
        // Whatever else somebody put there stays, and so does the folder then.
        let _ = fs::remove_dir(&folder);
        Ok(())
    }

    fn folder(&self, name: &str) -> Result<PathBuf, StyleError> {
        if is_name(name) { Ok(self.0.join(name)) } else { Err(StyleError::Name(name.to_owned())) }
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Reference;

    fn sample() -> SavedStyle {
        let picture = Reference::new("/home/somebody/castle.png", "0", "a castle", 1.0);
        let references = References::new(vec![picture]);
        SavedStyle::new("ink".into(), references, Style::default())
    }

    #[test]
    fn a_style_is_kept_with_its_pictures_and_goes_whole() {
        let dir = tempfile::tempdir().unwrap();
        let styles = Styles(dir.path().join("styles"));
        assert_eq!(styles.names().unwrap(), [""; 0]);
        let pictures = [(b"picture".to_vec(), "png".to_owned())];
        styles.save("ink", sample(), &pictures).unwrap();
        assert!(matches!(styles.save("ink", sample(), &pictures), Err(StyleError::Taken(_))));
        assert_eq!(styles.names().unwrap(), ["ink"]);
        let found = styles.open("ink").unwrap();
        let picture = Path::new(&found.references.pictures[0].picture);
        assert_eq!(fs::read(picture).unwrap(), b"picture");
        assert_eq!(found.style_prompt, "ink");
        styles.remove("ink").unwrap();
        assert!(matches!(styles.open("ink"), Err(StyleError::Missing(_))));
        assert!(!picture.exists());
    }

    #[test]
    fn names_and_pictures_stay_in_their_folder() {
        let dir = tempfile::tempdir().unwrap();
        let styles = Styles(dir.path().to_owned());
        for name in ["", "..", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(matches!(styles.open(name), Err(StyleError::Name(_))), "{name:?}");
        }
        fs::create_dir(dir.path().join("bad")).unwrap();
        for picture in ["../secret.png", "/etc/passwd", "..", ""] {
            let mut style = sample();
            style.references.pictures[0].picture = picture.into();
            let text = yaml::to_string(&style).unwrap();
            let file = dir.path().join("bad").join(FILE);
            let _ = fs::remove_file(&file);
            write_new(&file, text.as_bytes()).unwrap();
            assert!(matches!(styles.open("bad"), Err(StyleError::Damaged { .. })), "{picture:?}");
        }
    }
}
