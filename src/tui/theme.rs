//! Colours by role, from TOML files.

use ratatui::style::{Color, Modifier, Style};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The themes that ship, by name.
const SHIPPED: [(&str, &str); 6] = [
    ("dusk", include_str!("../../themes/dusk.toml")),
    ("paper", include_str!("../../themes/paper.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("sixteen", include_str!("../../themes/sixteen.toml")),
    ("siena", include_str!("../../themes/siena.toml")),
    ("lapis", include_str!("../../themes/lapis.toml")),
];

/// Colours by role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// What the theme is like, in a few words.
    pub about: String,
    /// The ground.
    #[serde(deserialize_with = "colour")]
    pub background: Color,
    /// Plain text.
    #[serde(deserialize_with = "colour")]
    pub text: Color,
    /// Text of less weight: labels, hints.
    #[serde(deserialize_with = "colour")]
    pub muted: Color,
    /// Lines and frames.
    #[serde(deserialize_with = "colour")]
    pub border: Color,
    /// The frame of the pane with the cursor, keys, the anchor.
    #[serde(deserialize_with = "colour")]
    pub accent: Color,
    /// Text on the cursor's bar.
    #[serde(deserialize_with = "colour")]
    pub cursor_text: Color,
    /// The cursor's bar.
    #[serde(deserialize_with = "colour")]
    pub cursor: Color,
    /// Done, kept, aligned.
    #[serde(deserialize_with = "colour")]
    pub good: Color,
    /// Take care.
    #[serde(deserialize_with = "colour")]
    pub warning: Color,
    /// Failed.
    #[serde(deserialize_with = "colour")]
    pub bad: Color,
    /// The finished part of a progress bar.
    #[serde(deserialize_with = "colour")]
    pub progress: Color,
}

/// A colour by its name or as `#rrggbb`.
fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no colour; #rrggbb is one")))
}

/// A theme file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeFault {
    /// No theme of this name.
    #[error("there is no theme {0:?}; `predella themes` lists them")]
    Unknown(String),
    /// Not a theme.
    #[error("{0}")]
    Parse(String),
}

impl Theme {
    /// Names of the themes that ship.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A theme that ships.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn shipped(name: &str) -> Result<Self, ThemeFault> {
        let found = SHIPPED.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| ThemeFault::Unknown(name.to_owned()))?;
        Self::parse(text)
    }

    /// A theme from a file's text.
    ///
    /// # Errors
    /// With the line, when a role is missing, unknown, or no colour.
    pub fn parse(text: &str) -> Result<Self, ThemeFault> {
        toml::from_str(text).map_err(|e| ThemeFault::Parse(e.to_string()))
    }

    /// The terminal's own colours, for `NO_COLOR`.
    pub fn colourless() -> Self {
        let plain = Color::Reset;
        Self {
            about: "no colours".into(),
            background: plain,
            text: plain,
            muted: plain,
            border: plain,
            accent: plain,
            cursor_text: plain,
            cursor: plain,
            good: plain,
            warning: plain,
            bad: plain,
            progress: plain,
        }
    }

    /// Plain text on the ground.
    pub fn base(&self) -> Style {
        Style::new().fg(self.text).bg(self.background)
    }

    /// Labels and hints.
    pub fn dim(&self) -> Style {
        Style::new().fg(self.muted)
    }

    /// Keys, titles, the anchor.
    pub fn strong(&self) -> Style {
        Style::new().fg(self.accent).add_modifier(Modifier::BOLD)
    }

    /// The line under the cursor. Without colours it is shown reversed.
    pub fn selected(&self) -> Style {
        if self.cursor == Color::Reset {
            return Style::new().add_modifier(Modifier::REVERSED);
        }
        Style::new().fg(self.cursor_text).bg(self.cursor)
    }

    /// The frame of a pane.
    pub fn frame(&self, focused: bool) -> Style {
        Style::new().fg(if focused { self.accent } else { self.border })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color) -> Option<f64> {
        let Color::Rgb(r, g, b) = color else { return None };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        Some(0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b))
    }

    /// WCAG 2's contrast ratio; named colours are the terminal's own affair.
    fn contrast(a: Color, b: Color) -> f64 {
        match (luminance(a), luminance(b)) {
            (Some(a), Some(b)) => (a.max(b) + 0.05) / (a.min(b) + 0.05),
            _ => 21.0,
        }
    }

    #[test]
    fn every_theme_reads_and_can_be_read() {
        for name in Theme::names() {
            let theme = Theme::shipped(name).unwrap_or_else(|e| panic!("{name}: {e}"));
            let ground = theme.background;
            assert!(contrast(theme.text, ground) >= 7.0, "{name}: text");
            assert!(contrast(theme.cursor_text, theme.cursor) >= 4.5, "{name}: cursor");
            let signals = [theme.muted, theme.accent, theme.good, theme.warning, theme.bad];
            for colour in signals {
                assert!(
                    contrast(colour, ground) >= 4.5,
                    "{name}: {colour} {}",
                    contrast(colour, ground)
                );
            }
        }
    }

    #[test]
    fn the_sixteen_colour_theme_uses_no_others() {
        let theme = Theme::shipped("sixteen").unwrap();
        let all =
            [theme.background, theme.text, theme.muted, theme.border, theme.accent, theme.cursor];
        assert!(all.iter().all(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_))));
    }

    #[test]
    fn a_fault_names_its_line() {
        let text = include_str!("../../themes/dusk.toml").replace("accent", "akzent");
        let error = Theme::parse(&text).unwrap_err().to_string();
        assert!(error.contains("akzent") && error.contains("line"), "{error}");
        assert!(Theme::shipped("plaid").is_err());
    }
}
