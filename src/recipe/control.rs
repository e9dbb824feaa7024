//! What steers the composition of panels, as data (ControlNet, arXiv 2302.05543).

use super::Recipe;
use super::limits::{RecipeError, number};
use serde::{Deserialize, Serialize};

/// The control net and the pictures that it follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The folder of the net; `None` takes the one that comes with the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<String>,
    /// SHA-256 over the net's files, in hex: other weights are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The net reads the negative prompt in both guidance halves, as the published
    /// implementation lets it for SDXL; only for comparing with that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negative_text: bool,
    /// One map for all panels, or one for each.
    pub maps: Vec<ControlMap>,
}

/// A map, made from a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlMap {
    /// What is taken from the picture.
    pub kind: ControlKind,
    /// The file, as it was named.
    pub picture: String,
    /// SHA-256 of the file, in hex: another file of that name is refused.
    pub hash: String,
    /// The panel that follows it, from 0. `None` means every panel without a
    /// map of its own, but not the anchor of an aligned set, which lends its
    /// style and keeps its own composition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<usize>,
    /// How strongly it steers, 0 to [`MAX_SCALE`].
    #[serde(default = "one")]
    pub scale: f64,
    /// Share of the steps that pass before it steers.
    #[serde(default)]
    pub start: f64,
    /// Share of the steps after which it lets go.
    #[serde(default = "one")]
    pub end: f64,
    /// For edges: the gradients that make one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// For depth: the given picture is dark where it is near.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invert: bool,
}

/// What a map takes from a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// Edges after Canny, white on black.
    Canny,
    /// Depth from a grey depth picture; near is white.
    Depth,
    /// Corners after Harris, white on black.
    Corners,
    /// The picture as it is: a map that another program made.
    Raw,
}

impl ControlKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Canny, Self::Depth, Self::Corners, Self::Raw];

    /// The name in recipes, options and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Canny => "canny",
            Self::Depth => "depth",
            Self::Corners => "corners",
            Self::Raw => "raw",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The smallest gradients, |dx| + |dy| of the Sobel filter, of an edge that
/// hangs on another and of one that stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Above this an edge is kept where it touches a kept one.
    pub low: f64,
    /// Above this an edge is kept.
    pub high: f64,
}

impl Default for Thresholds {
    /// The usual ones of edge-guided models.
    fn default() -> Self {
        Self { low: 100.0, high: 200.0 }
    }
}

/// The strongest steering.
pub const MAX_SCALE: f64 = 5.0;
/// The largest gradient of bytes.
pub const MAX_GRADIENT: f64 = 2040.0;

impl ControlMap {
    /// A map with everything but kind and picture as usual.
    pub fn new(kind: ControlKind, picture: &str, hash: &str) -> Self {
        Self {
            kind,
            picture: picture.to_owned(),
            hash: hash.to_owned(),
            panel: None,
            scale: 1.0,
            start: 0.0,
            end: 1.0,
            thresholds: (kind == ControlKind::Canny).then(Thresholds::default),
            invert: false,
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn check(&self) -> Result<(), RecipeError> {
        number("control scale", self.scale, 0.0, MAX_SCALE)?;
        number("control start", self.start, 0.0, 1.0)?;
        number("control end", self.end, self.start, 1.0)?;
        let Thresholds { low, high } = self.thresholds.unwrap_or_default();
        number("low threshold", low, 0.0, MAX_GRADIENT)?;
        number("high threshold", high, low, MAX_GRADIENT)
    }
}

impl Control {
    /// The number of the map that a panel follows: its own, else the one for all.
    pub fn map_of(&self, panel: usize, is_anchor: bool) -> Option<usize> {
        let own = self.maps.iter().position(|map| map.panel == Some(panel));
        let all = || self.maps.iter().position(|map| map.panel.is_none()).filter(|_| !is_anchor);
        own.or_else(all)
    }

    pub(super) fn check(&self, recipe: &Recipe) -> Result<(), RecipeError> {
        if self.maps.is_empty() {
            return Err(RecipeError::Control("there is no map to follow".into()));
        }
        for (i, map) in self.maps.iter().enumerate() {
            map.check()?;
            if let Some(panel) = map.panel.filter(|panel| *panel >= recipe.panels.len()) {
                let (number, count) = (panel + 1, recipe.panels.len());
                let text = format!("there is no panel {number} to steer; the set has {count}");
                return Err(RecipeError::Control(text));
            }
            if self.maps.iter().take(i).any(|other| other.panel == map.panel) {
                let whom = map.panel.map_or("all panels".into(), |n| format!("panel {}", n + 1));
                let text = format!("two maps are given for {whom}; a picture follows one");
                return Err(RecipeError::Control(text));
            }
        }
        Ok(())
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::super::{tests::sample, yaml};
    use super::*;

    fn steered() -> Recipe {
        let maps = vec![ControlMap::new(ControlKind::Canny, "house.png", "00")];
        Recipe {
            control: Some(Control { net: None, hash: None, negative_text: false, maps }),
            ..sample()
        }
    }

    /// A change to a good recipe and the words that its refusal must hold.
    type Case = (fn(&mut Control), &'static str);

    #[test]
    fn each_range_is_held() {
        let cases: [Case; 8] = [
            (|c| c.maps.clear(), "no map"),
            (|c| c.maps[0].scale = -1.0, "control scale is -1"),
            (|c| c.maps[0].scale = f64::NAN, "control scale is NaN"),
            (|c| c.maps[0].end = 1.5, "control end is 1.5"),
            (|c| (c.maps[0].start, c.maps[0].end) = (0.8, 0.2), "control end is 0.2"),
            (|c| c.maps[0].thresholds = Some(Thresholds { low: 9.0, high: 3.0 }), "high threshold"),
            (|c| c.maps[0].panel = Some(2), "no panel 3"),
            (|c| c.maps.push(c.maps[0].clone()), "two maps"),
        ];
        assert_eq!(steered().check(), Ok(()));
        for (change, words) in cases {
            let mut recipe = steered();
            change(recipe.control.as_mut().unwrap());
            let text = recipe.check().unwrap_err().to_string();
            assert!(text.contains(words), "{text:?} does not say {words:?}");
        }
    }

    #[test]
    fn a_panels_own_map_comes_first_and_the_anchor_is_left_out() {
        let mut control = steered().control.unwrap();
        let own = ControlMap { panel: Some(2), ..ControlMap::new(ControlKind::Raw, "own.png", "") };
        control.maps.push(own);
        assert_eq!((control.map_of(0, true), control.map_of(0, false)), (None, Some(0)));
        assert_eq!((control.map_of(1, false), control.map_of(2, false)), (Some(0), Some(1)));
        control.maps[1].panel = Some(0);
        assert_eq!(control.map_of(0, true), Some(1), "an anchor that is named follows its map");
    }

    #[test]
    fn old_recipes_have_none_and_short_maps_take_defaults() {
        let text = yaml::to_string(&sample()).unwrap();
        assert!(!text.contains("control"));
        assert_eq!(yaml::from_str::<Recipe>(&text).unwrap().control, None);
        let text = text + "control:\n  maps:\n  - kind: depth\n    picture: d.png\n    hash: ab\n";
        let map = yaml::from_str::<Recipe>(&text).unwrap().control.unwrap().maps.remove(0);
        assert_eq!(map, ControlMap::new(ControlKind::Depth, "d.png", "ab"));
        let full = steered();
        assert_eq!(yaml::from_str::<Recipe>(&yaml::to_string(&full).unwrap()).unwrap(), full);
    }
}
