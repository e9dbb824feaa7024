//! The colours in use, read once for each theme.

use super::theme::Theme;
use super::themes::Themes;

/// The theme in use, or none where colours are not wanted.
pub struct Colours {
    name: String,
    from: Themes,
    theme: Theme,
    wanted: bool,
}

impl Colours {
    /// No theme yet.
    pub fn new(wanted: bool) -> Self {
        Self { name: String::new(), from: Themes::default(), theme: Theme::colourless(), wanted }
    }

    /// The theme of this name. While its file cannot be used, the last colours
    /// stay.
    pub fn of(&mut self, name: &str, themes: &Themes) -> &Theme {
        if self.wanted && (self.name != name || self.from != *themes) {
            if let Ok(theme) = themes.get(name) {
                self.theme = theme;
            } else if self.name.is_empty() {
                self.theme = Theme::shipped(DEFAULT).unwrap_or_else(|_| Theme::colourless());
            }
            (self.name, self.from) = (name.to_owned(), themes.clone());
        }
        &self.theme
    }
}

/// The theme before one is chosen.
pub const DEFAULT: &str = "dusk";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs::{write_atomic, write_new};

    #[test]
    fn a_file_that_is_being_written_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (file, paper) =
            (folder.path().join("mine.toml"), include_str!("../../themes/paper.toml"));
        write_new(&file, paper.as_bytes()).unwrap();
        let mut colours = Colours::new(true);
        let shipped = Theme::shipped("paper").unwrap();
        assert_eq!(*colours.of("mine", &Themes::read(folder.path())), shipped);
        write_atomic(&file, &paper.as_bytes()[..40]).unwrap();
        assert_eq!(*colours.of("mine", &Themes::read(folder.path())), shipped);
        let lapis = include_str!("../../themes/lapis.toml");
        write_atomic(&file, lapis.as_bytes()).unwrap();
        let lapis = Theme::shipped("lapis").unwrap();
        assert_eq!(*colours.of("mine", &Themes::read(folder.path())), lapis);
        assert_eq!(*Colours::new(false).of("mine", &Themes::default()), Theme::colourless());
        let dusk = Theme::shipped(DEFAULT).unwrap();
        assert_eq!(*Colours::new(true).of("gone", &Themes::default()), dusk);
    }
}
