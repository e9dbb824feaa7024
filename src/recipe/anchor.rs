//! Where a set's style comes from.

use serde::{Deserialize, Serialize};

/// Where a set's style comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The first panel lends its style to the others.
    #[default]
    FirstPanel,
    /// Pictures lend their style to every panel.
    References(References),
}

/// Reference pictures and how they enter the set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// The pictures; their weights sum to one.
    pub pictures: Vec<Reference>,
    /// How a picture is brought to the noise of each step.
    pub encoding: Encoding,
    /// How a picture is brought to the set's size.
    pub fit: Fit,
}

/// One reference picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The file, as it was named.
    pub picture: String,
    /// SHA-256 of the file, in hex: another file of that name is refused.
    pub hash: String,
    /// What the picture shows and in which style.
    pub caption: String,
    /// Its share of the style, 0 to 1.
    pub weight: f64,
}

/// How a picture is brought to the noise of each step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// By the model's own way back, DDIM inversion.
    Inversion {
        /// Guidance scale on the way back; the published one is 2.
        guidance_scale: f64,
        /// Steps at whose noise the picture is not shown, but cleaner: from 0,
        /// which is exact, to the steps less one.
        offset: u32,
    },
    /// By noise that is added: no time is spent, and any scheduler will do.
    Noise {
        /// Seed of the noise.
        seed: u64,
    },
}

/// How a picture of other proportions is brought to a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The middle, as large as it goes; edges are lost.
    #[default]
    Crop,
    /// All of it, with bars in the colour of its edge.
    Pad,
    /// All of it, out of proportion.
    Stretch,
}

impl Default for Encoding {
    fn default() -> Self {
        Self::Inversion { guidance_scale: 2.0, offset: 0 }
    }
}

impl Anchor {
    /// Whether the first panel lends its style.
    pub fn is_first_panel(&self) -> bool {
        matches!(self, Self::FirstPanel)
    }

    /// The reference pictures; none where the first panel is the anchor.
    pub fn references(&self) -> &[Reference] {
        match self {
            Self::FirstPanel => &[],
            Self::References(references) => &references.pictures,
        }
    }
}
