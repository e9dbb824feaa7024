//! A set that is still being written.

use super::{
    Anchor, Control, ModelRef, Panel, Panorama, RECIPE_VERSION, Recipe, SchedulerChoice, Size,
    Style, Subject,
};
use serde::{Deserialize, Serialize};

/// What a person edits before a set is painted. Freezing it gives a [`Recipe`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draft {
    /// The model's name.
    pub model: String,
    /// Style text for every panel.
    pub style_prompt: String,
    /// One subject a panel; the first is the anchor.
    pub subjects: Vec<Subject>,
    /// What to steer away from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub negative_prompt: String,
    /// Size of each picture.
    pub size: Size,
    /// Denoising steps.
    pub steps: u32,
    /// Classifier-free guidance scale.
    pub guidance_scale: f64,
    /// The sampler.
    pub scheduler: SchedulerChoice,
    /// Style alignment.
    pub style: Style,
    /// Where the style comes from.
    #[serde(skip_serializing_if = "Anchor::is_first_panel")]
    pub anchor: Anchor,
    /// What steers the composition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// Panels larger than the model paints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panorama: Option<Panorama>,
    /// The first panel's seed; each next one without a seed of its own takes the
    /// next number.
    pub seed: u64,
    /// Whether the seed stays from run to run.
    pub seed_locked: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            model: "mini".into(),
            style_prompt: String::new(),
            subjects: Vec::new(),
            negative_prompt: String::new(),
            size: Size { width: 256, height: 256 },
            steps: 20,
            guidance_scale: 5.0,
            scheduler: SchedulerChoice::default(),
            style: Style::default(),
            anchor: Anchor::default(),
            control: None,
            panorama: None,
            seed: 1,
            seed_locked: false,
        }
    }
}

impl Draft {
    /// The seed of a subject, counted from 0.
    pub fn seed_of(&self, at: usize) -> u64 {
        let own = self.subjects.get(at).and_then(|subject| subject.seed);
        own.unwrap_or(self.seed.wrapping_add(at as u64))
    }

    /// The recipe of this moment. `engine` is the version that will paint it.
    pub fn freeze(&self, engine: &str) -> Recipe {
        let panel = |(at, subject): (usize, &Subject)| Panel {
            subject: subject.text.clone(),
            seed: self.seed_of(at),
        };
        Recipe {
            version: RECIPE_VERSION,
            engine: engine.to_owned(),
            model: ModelRef { name: self.model.clone(), hash: None },
            anchor: self.anchor.clone(),
            panels: self.subjects.iter().enumerate().map(panel).collect(),
            style_prompt: self.style_prompt.clone(),
            negative_prompt: Some(self.negative_prompt.clone())
                .filter(|text| !text.trim().is_empty()),
            size: self.size,
            steps: self.steps,
            guidance_scale: self.guidance_scale,
            scheduler: self.scheduler,
            style: self.style.clone(),
            control: self.control.clone(),
            panorama: self.panorama,
        }
    }

    /// Whether the first panel will lend its style to the others.
    pub fn lends_first(&self) -> bool {
        self.anchor.is_first_panel() && !self.style.is_plain()
    }

    /// A draft that paints what a recipe painted.
    pub fn from_recipe(recipe: &Recipe) -> Self {
        let seed = recipe.panels.first().map_or(1, |panel| panel.seed);
        let subject = |(at, panel): (u64, &Panel)| Subject {
            text: panel.subject.clone(),
            seed: Some(panel.seed).filter(|own| seed.checked_add(at) != Some(*own)),
        };
        Self {
            model: recipe.model.name.clone(),
            style_prompt: recipe.style_prompt.clone(),
            subjects: (0..).zip(&recipe.panels).map(subject).collect(),
            negative_prompt: recipe.negative_prompt.clone().unwrap_or_default(),
            size: recipe.size,
            steps: recipe.steps,
            guidance_scale: recipe.guidance_scale,
            scheduler: recipe.scheduler,
            style: recipe.style.clone(),
            anchor: recipe.anchor.clone(),
            control: recipe.control.clone(),
            panorama: recipe.panorama,
            seed,
            seed_locked: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_comes_back_from_its_draft() {
        let own = Subject { text: "an owl".into(), seed: Some(7) };
        let subjects = vec!["a fox".into(), "a bear".into(), own, "a cat".into()];
        let draft = Draft { subjects, seed: 40, seed_locked: true, ..Draft::default() };
        let recipe = draft.freeze("1");
        let seeds: Vec<_> = recipe.panels.iter().map(|panel| panel.seed).collect();
        assert_eq!(seeds, [40, 41, 7, 43]);
        assert_eq!(Draft::from_recipe(&recipe), draft);
    }

    #[test]
    fn pictures_that_lend_and_steer_come_back_too() {
        let text = "subjects: [a fox]\nanchor: !references\n  pictures:\n  - {picture: a.png, hash: ab, \
                    caption: a house, weight: 1.0}\n  encoding: !noise {seed: 0}\n  fit: pad\n\
                    control:\n  maps:\n  - {kind: canny, picture: b.png, hash: cd, scale: 0.5}\n";
        let draft: Draft = crate::recipe::yaml::from_str(text).unwrap();
        let draft = Draft { seed_locked: true, ..draft };
        assert_eq!((draft.anchor.references().len(), draft.control.is_some()), (1, true));
        assert_eq!(Draft::from_recipe(&draft.freeze("1")), draft);
        let kept = crate::recipe::yaml::to_string(&draft).unwrap();
        assert_eq!(crate::recipe::yaml::from_str::<Draft>(&kept).unwrap(), draft);
        assert!(!crate::recipe::yaml::to_string(&Draft::default()).unwrap().contains("anchor"));
    }

    #[test]
    fn old_drafts_take_defaults_for_new_fields() {
        let draft: Draft = crate::recipe::yaml::from_str("subjects: [a fox]\nsteps: 30\n").unwrap();
        assert_eq!((draft.steps, draft.model.as_str()), (30, "mini"));
    }
}
