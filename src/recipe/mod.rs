//! What decides pixels, as pure data.
//!
//! A [`Recipe`] is frozen when a set is queued and travels by value from the
//! command line to the engine and into the picture that it made. Nothing on
//! that way reads settings from anywhere else, so the same recipe, model and
//! engine version give the same pixels.

mod anchor;
mod axis;
mod control;
mod draft;
mod layers;
mod limits;
mod panorama;
mod schedule;
mod style;
mod subject;
mod window;
mod written;
pub mod yaml;

pub use anchor::{Anchor, Blend, Encoding, Fit, Preset, Reference, References};
pub use axis::Axis;
pub use control::{Control, ControlKind, ControlMap, MAX_GRADIENT, MAX_SCALE, Thresholds};
pub use draft::Draft;
pub use layers::{LayerGroup, Layers};
pub use limits::{MAX_PANELS, MAX_SIDE, MAX_STEPS, RecipeError};
pub use panorama::{MAX_PANORAMA, MAX_WINDOWS, Panorama};
pub use schedule::{SchedulerChoice, SchedulerKind, Spacing};
pub use style::{AdaIn, Fades, Style};
pub use subject::Subject;
pub use window::{Curve, Window};

use serde::{Deserialize, Serialize};

/// The recipe format that this version writes.
pub const RECIPE_VERSION: u32 = 1;

/// Everything that decides the pixels of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Format of this document, see [`RECIPE_VERSION`].
    pub version: u32,
    /// Version of the engine that froze the recipe.
    pub engine: String,
    /// The weights.
    pub model: ModelRef,
    /// Where the style comes from.
    pub anchor: Anchor,
    /// The pictures to paint, in order.
    pub panels: Vec<Panel>,
    /// Style text, appended to every subject: `{subject}, {style}`. May be empty.
    pub style_prompt: String,
    /// What to steer away from; `None` means zeros for SDXL and the empty
    /// string for SD 1.5, as in the published pipelines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_prompt: Option<String>,
    /// Size of each picture, or of the windows of a panorama.
    pub size: Size,
    /// Number of denoising steps, 1 to [`MAX_STEPS`].
    pub steps: u32,
    /// Classifier-free guidance scale; 1 or less paints without guidance.
    pub guidance_scale: f64,
    /// The sampler and its timesteps.
    pub scheduler: SchedulerChoice,
    /// Style alignment.
    pub style: Style,
    /// What steers the composition; `None` leaves it to the prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// Panels larger than the model paints; `None` paints each at its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panorama: Option<Panorama>,
}

/// A model by name and, once it was looked up, by the hash of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRef {
    /// `mini`, a folder, or a hub repository `owner/name[@revision]`.
    pub name: String,
    /// SHA-256 over the model's weight and configuration files, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// One picture to paint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// What is in the picture, without the style.
    pub subject: String,
    /// Seed of this panel's own noise stream; the same seed gives the same
    /// starting latents as PyTorch's CPU generator.
    pub seed: u64,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// A subject, then the style text; either may be empty.
pub fn whole_prompt(subject: &str, style: &str) -> String {
    let (subject, style) = (subject.trim(), style.trim());
    match (subject.is_empty(), style.is_empty()) {
        (_, true) => subject.to_owned(),
        (true, false) => style.to_owned(),
        (false, false) => format!("{subject}, {style}"),
    }
}

impl Recipe {
    /// The whole prompt of a panel: its subject, then the style text.
    pub fn prompt(&self, panel: &Panel) -> String {
        whole_prompt(&panel.subject, &self.style_prompt)
    }

    /// That of each panel.
    pub fn prompts(&self) -> Vec<String> {
        self.panels.iter().map(|panel| self.prompt(panel)).collect()
    }

    /// Whether the first panel lends its style to the others.
    pub fn lends_first(&self) -> bool {
        self.anchor.is_first_panel() && !self.style.is_plain()
    }

    /// The panel that lends its style to others, if one does.
    pub fn lender(&self) -> Option<usize> {
        (self.panels.len() > 1 && self.lends_first()).then_some(0)
    }

    /// The size of a panel's picture.
    pub fn size_of(&self, panel: usize) -> Size {
        match self.panorama {
            Some(panorama) if self.lender() != Some(panel) => panorama.size,
            _ => self.size,
        }
    }

    /// The size of the pictures that follow a control map.
    pub fn map_size(&self, map: &ControlMap) -> Size {
        // What all follow, the one that lends its style does not.
        let all = self.panorama.map_or(self.size, |panorama| panorama.size);
        map.panel.map_or(all, |panel| self.size_of(panel))
    }

    /// Whether each step asks the model twice, with and without the prompt.
    pub fn is_guided(&self) -> bool {
        self.guidance_scale > 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small valid recipe.
    pub(crate) fn sample() -> Recipe {
        Recipe {
            version: RECIPE_VERSION,
            engine: "0.1.0".into(),
            model: ModelRef { name: "mini".into(), hash: None },
            anchor: Anchor::FirstPanel,
            panels: vec![
                Panel { subject: "a fox".into(), seed: 7 },
                Panel { subject: "a bear".into(), seed: u64::MAX },
            ],
            style_prompt: "watercolour".into(),
            negative_prompt: None,
            size: Size { width: 256, height: 256 },
            steps: 20,
            guidance_scale: 5.0,
            scheduler: SchedulerChoice::default(),
            style: Style::default(),
            control: None,
            panorama: None,
        }
    }

    #[test]
    fn the_style_follows_the_subject() {
        let mut recipe = sample();
        assert_eq!(recipe.prompt(&recipe.panels[0]), "a fox, watercolour");
        recipe.style_prompt = " ".into();
        assert_eq!(recipe.prompt(&recipe.panels[0]), "a fox");
    }

    #[test]
    fn yaml_keeps_every_field() {
        let recipe = sample();
        let text = yaml::to_string(&recipe).unwrap();
        assert_eq!(yaml::from_str::<Recipe>(&text).unwrap(), recipe);
    }

    #[test]
    fn references_are_kept_too() {
        let picture = Reference::new("ref.png", "00", "a house, watercolour", 1.0);
        let references = References { fit: Fit::Pad, ..References::new(vec![picture]) };
        let mut recipe = Recipe { anchor: Anchor::References(references), ..sample() };
        let text = yaml::to_string(&recipe).unwrap();
        assert!(!text.contains("blend") && !text.contains("reference_weight: null"), "{text}");
        assert_eq!(yaml::from_str::<Recipe>(&text).unwrap(), recipe);
        if let Anchor::References(references) = &mut recipe.anchor {
            references.blend = Blend::Slerp;
            references.pictures[0].layers = Some(Layers::Group(LayerGroup::Up));
            references.pictures[0].window.end = 0.5;
        }
        let text = yaml::to_string(&recipe).unwrap();
        assert_eq!(yaml::from_str::<Recipe>(&text).unwrap(), recipe);
        let error = recipe.check().unwrap_err().to_string();
        assert!(error.contains("blended latents"), "{error}");
    }

    #[test]
    fn an_unknown_field_is_named_with_its_line() {
        let text = yaml::to_string(&sample()).unwrap().replace("steps:", "stepz:");
        let error = yaml::from_str::<Recipe>(&text).unwrap_err();
        assert!(error.message.contains("stepz"), "{error:?}");
        assert!(error.line.is_some(), "{error:?}");
    }
}
