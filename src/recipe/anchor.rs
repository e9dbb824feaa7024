//! Where a set's style comes from.

use super::layers::Layers;
use super::window::{Window, is_default};
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
    /// How several become one style.
    #[serde(default, skip_serializing_if = "is_default")]
    pub blend: Blend,
}

/// How several references become one style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blend {
    /// Panels attend to all of them, to each by its weight.
    #[default]
    Attention,
    /// Their clean latents are added by weight, and the sum is the one reference:
    /// contents are exposed over each other.
    Linear,
    /// The same along the arcs between the latents, which keep their length.
    Slerp,
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
    /// How its share goes with the steps; where it lends less, the others lend more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub window: Window,
    /// The layers in which it lends; `None` means wherever the set shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Layers>,
    /// Its own reference weight in place of the set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_weight: Option<f64>,
    /// Its own score scale in place of the set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_scale: Option<f64>,
}

/// Reference weights and score scales that are known to suit kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// A picture that the model has not seen: looked at twice as much.
    Normal,
    /// A picture that the model knows by heart, and that would take over: looked at
    /// as much as the panel itself, its keys halved.
    Famous,
}

impl Preset {
    const ALL: [Self; 2] = [Self::Normal, Self::Famous];

    /// Reference weight and score scale.
    fn values(self) -> (f64, f64) {
        match self {
            Self::Normal => (2.0, 1.0),
            Self::Famous => (1.0, 0.5),
        }
    }
}

impl Reference {
    /// One that lends as the set says.
    pub fn new(picture: &str, hash: &str, caption: &str, weight: f64) -> Self {
        Self {
            picture: picture.to_owned(),
            hash: hash.to_owned(),
            caption: caption.to_owned(),
            weight,
            window: Window::default(),
            layers: None,
            reference_weight: None,
            score_scale: None,
        }
    }

    /// The preset that it lends by, if by one.
    pub fn preset(&self) -> Option<Preset> {
        let own = (self.reference_weight, self.score_scale);
        Preset::ALL.into_iter().find(|preset| own == Some(preset.values()).unzip())
    }

    /// Has it lend by a preset, or as the set says.
    pub fn lend_by(&mut self, preset: Option<Preset>) {
        (self.reference_weight, self.score_scale) = preset.map(Preset::values).unzip();
    }

    /// Whether only its weight is its own.
    pub fn lends_as_usual(&self) -> bool {
        let weight = self.weight;
        *self == Self::new(&self.picture, &self.hash, &self.caption, weight)
    }
}

impl References {
    /// These pictures, inverted, cropped and blended in attention.
    pub fn new(pictures: Vec<Reference>) -> Self {
        let (encoding, fit, blend) = Default::default();
        Self { pictures, encoding, fit, blend }
    }

    /// How many rows of latents they are: one where they are blended before.
    pub fn rows(&self) -> usize {
        match self.blend {
            Blend::Attention => self.pictures.len(),
            Blend::Linear | Blend::Slerp => self.pictures.len().min(1),
        }
    }
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

    /// How many rows of latents the references are.
    pub fn rows(&self) -> usize {
        match self {
            Self::FirstPanel => 0,
            Self::References(references) => references.rows(),
        }
    }

    /// The reference pictures; none where the first panel is the anchor.
    pub fn references(&self) -> &[Reference] {
        match self {
            Self::FirstPanel => &[],
            Self::References(references) => &references.pictures,
        }
    }
}
