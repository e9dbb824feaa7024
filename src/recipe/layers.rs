//! The choice of layers, as data.

use super::limits::{RecipeError, number};
use serde::{Deserialize, Serialize};

/// Which self-attention layers share, counted in the order of the published
/// implementation: down blocks, up blocks, then the middle.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layers {
    /// Every layer.
    #[default]
    All,
    /// The published `only_self_level`: a rough share, 0 to 1, of layers that
    /// stay plain.
    OnlySelfLevel(f64),
    /// Exactly this many layers stay plain, spread evenly.
    PlainCount(u32),
    /// One character a layer: `1` shares, `0` stays plain.
    Mask(String),
    /// Those of a part of the network.
    Group(LayerGroup),
}

/// Parts of the network, by what they are known to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerGroup {
    /// The way down.
    Down,
    /// The middle.
    Mid,
    /// The way up: style rather than layout.
    Up,
    /// The last third of the way up: texture (arXiv 2402.12974).
    LastUp,
    /// The middle transformer of the first block up that has any: style; SDXL's
    /// `up_blocks.0.attentions.1` (arXiv 2404.02733).
    Style,
    /// The last transformer of the way down: layout; SDXL's
    /// `down_blocks.2.attentions.1`.
    Layout,
}

impl LayerGroup {
    /// Every group with its name.
    pub const ALL: [(Self, &str); 6] = [
        (Self::Down, "down"),
        (Self::Mid, "mid"),
        (Self::Up, "up"),
        (Self::LastUp, "last-up"),
        (Self::Style, "style"),
        (Self::Layout, "layout"),
    ];

    /// Its name in options.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(group, _)| *group == self).map_or("", |(_, name)| name)
    }
}

impl Layers {
    pub(super) fn check(&self) -> Result<(), RecipeError> {
        match self {
            Self::OnlySelfLevel(level) => number("only-self level", *level, 0.0, 1.0),
            Self::Mask(mask) => match mask.chars().find(|c| !matches!(c, '0' | '1')) {
                Some(c) => Err(RecipeError::Mask(c)),
                None => Ok(()),
            },
            Self::All | Self::PlainCount(_) | Self::Group(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_names() {
        assert_eq!(Layers::parse("last_up"), Ok(Layers::Group(LayerGroup::LastUp)));
        assert_eq!(Layers::parse("0110"), Ok(Layers::Mask("0110".into())));
        assert!(Layers::parse("top").unwrap_err().contains("layout"));
    }
}
