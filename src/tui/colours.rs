//! The theme in use, read once.

use super::theme::Theme;

/// The theme in use, or none where colours are not wanted.
pub struct Colours {
    name: String,
    theme: Theme,
    wanted: bool,
}

impl Colours {
    /// No theme yet.
    pub fn new(wanted: bool) -> Self {
        Self { name: String::new(), theme: Theme::colourless(), wanted }
    }

    /// The theme of this name.
    pub fn of(&mut self, name: &str) -> &Theme {
        if self.wanted && self.name != name {
            self.theme = Theme::shipped(name).unwrap_or_else(|_| Theme::colourless());
            self.name = name.to_owned();
        }
        &self.theme
    }
}
