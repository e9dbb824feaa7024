//! The ranges of a recipe.

use super::{Anchor, Blend, Encoding, Layers, Recipe, Reference, References, SchedulerKind, Size};

/// Most denoising steps; the training schedule has no more.
pub const MAX_STEPS: u32 = 1000;
/// Most panels in a set.
pub const MAX_PANELS: usize = 1000;
/// Longest side in pixels.
pub const MAX_SIDE: u32 = 8192;
/// Most reference pictures of a set.
pub const MAX_REFERENCES: usize = 8;

/// A recipe that cannot be painted with any model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// No panel.
    #[error("the set has no panels; give at least one prompt")]
    NoPanels,
    /// Too many panels.
    #[error("{0} panels are too many; a set holds at most {MAX_PANELS}")]
    TooManyPanels(usize),
    /// A panel with neither subject nor style.
    #[error("panel {0} has an empty prompt; write what it shows")]
    EmptyPrompt(usize),
    /// A number out of its range.
    #[error("{name} is {value}; it must be {range}")]
    OutOfRange {
        /// The field.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is accepted.
        range: String,
    },
    /// No reference picture, or too many.
    #[error("{0} reference pictures; a set takes 1 to {MAX_REFERENCES}")]
    References(usize),
    /// Weights of references that are not shares of one whole.
    #[error("the weights of the references sum to {0:.3}; they must sum to 1")]
    Weights(f64),
    /// Options that exclude each other.
    #[error("{0}")]
    Together(&'static str),
    /// A layer mask with other characters than 0 and 1.
    #[error("the layer mask has {0:?}; it takes one 0 or 1 for each self-attention layer")]
    Mask(char),
    /// A panorama that cannot be painted.
    #[error("{0}")]
    Panorama(String),
    /// Control maps that do not fit the set.
    #[error("{0}")]
    Control(String),
}

impl Recipe {
    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self) -> Result<(), RecipeError> {
        match self.panels.len() {
            0 => return Err(RecipeError::NoPanels),
            n if n > MAX_PANELS => return Err(RecipeError::TooManyPanels(n)),
            _ => {}
        }
        if let Some(i) = self.panels.iter().position(|p| self.prompt(p).is_empty()) {
            return Err(RecipeError::EmptyPrompt(i + 1));
        }
        integer("steps", self.steps, 1, MAX_STEPS)?;
        self.size.check()?;
        integer("the scheduler's offset", self.scheduler.offset.unwrap_or(0), 0, MAX_STEPS - 1)?;
        number("guidance scale", self.guidance_scale, 0.0, 100.0)?;
        self.style.check()?;
        if let Anchor::References(references) = &self.anchor {
            self.check_references(references)?;
        }
        if let Some(control) = &self.control {
            control.check(self)?;
        }
        if let Some(panorama) = &self.panorama {
            panorama.check(self)?;
        }
        Ok(())
    }

    fn check_references(&self, references: &References) -> Result<(), RecipeError> {
        let count = references.pictures.len();
        if !(1..=MAX_REFERENCES).contains(&count) {
            return Err(RecipeError::References(count));
        }
        for reference in &references.pictures {
            number("the weight of a reference", reference.weight, 0.0, 1.0)?;
            check_manner(reference, references.blend)?;
        }
        let sum: f64 = references.pictures.iter().map(|r| r.weight).sum();
        if (sum - 1.0).abs() > 1e-3 {
            return Err(RecipeError::Weights(sum));
        }
        if references.rows() > 1 && self.style.share_group_norm {
            let text = "group norms are shared with one reference, not with several";
            return Err(RecipeError::Together(text));
        }
        let Encoding::Inversion { guidance_scale, offset } = references.encoding else {
            return Ok(());
        };
        number("the guidance scale of the inversion", guidance_scale, 0.0, 100.0)?;
        integer("the offset of the inversion", offset, 0, self.steps - 1)?;
        if self.scheduler.kind == Some(SchedulerKind::Euler) {
            let text =
                "inversion needs the ddim scheduler; with euler, encode the reference by noise";
            return Err(RecipeError::Together(text));
        }
        Ok(())
    }
}

/// Checks how one reference lends, besides its weight.
fn check_manner(reference: &Reference, blend: Blend) -> Result<(), RecipeError> {
    reference.window.check("start of a reference's steps", "end of a reference's steps")?;
    reference.layers.as_ref().map_or(Ok(()), Layers::check)?;
    let weight = reference.reference_weight.unwrap_or(1.0);
    number("a reference's own reference weight", weight, 0.0, 1000.0)?;
    number("a reference's own score scale", reference.score_scale.unwrap_or(1.0), 0.0, 5.0)?;
    if blend != Blend::Attention && !reference.lends_as_usual() {
        let text = "blended latents lend as one: steps, layers and presets of each need blending in attention";
        return Err(RecipeError::Together(text));
    }
    Ok(())
}

impl Size {
    /// Checks that pictures of this size can be painted with some model.
    ///
    /// # Errors
    /// The side that is out of its range.
    pub fn check(self) -> Result<(), RecipeError> {
        integer("width", self.width, 8, MAX_SIDE)?;
        integer("height", self.height, 8, MAX_SIDE)
    }
}

pub(super) fn integer(
    name: &'static str,
    value: u32,
    low: u32,
    high: u32,
) -> Result<(), RecipeError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(RecipeError::OutOfRange {
        name,
        value: value.to_string(),
        range: format!("{low} to {high}"),
    })
}

/// NaN is in no range, so it is refused here too.
pub(super) fn number(
    name: &'static str,
    value: f64,
    low: f64,
    high: f64,
) -> Result<(), RecipeError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(RecipeError::OutOfRange {
        name,
        value: value.to_string(),
        range: format!("{low} to {high}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    /// A change to a good recipe and the words that its refusal must hold.
    type Case = (fn(&mut Recipe), &'static str);

    #[test]
    fn each_range_is_held() {
        let cases: [Case; 9] = [
            (|r| r.panels.clear(), "no panels"),
            (|r| r.steps = 0, "steps is 0; it must be 1 to 1000"),
            (|r| r.steps = 10_000, "steps is 10000"),
            (|r| r.guidance_scale = f64::NAN, "guidance scale is NaN"),
            (|r| r.guidance_scale = f64::INFINITY, "guidance scale is inf"),
            (|r| r.size.width = 0, "width is 0"),
            (|r| r.style.layers = Layers::OnlySelfLevel(1.5), "only-self level is 1.5"),
            (|r| r.style.layers = Layers::Mask("01x".into()), "'x'"),
            (
                |r| {
                    r.style_prompt.clear();
                    r.panels[1].subject = " ".into();
                },
                "panel 2 has an empty prompt",
            ),
        ];
        assert_eq!(sample().check(), Ok(()));
        for (change, words) in cases {
            let mut recipe = sample();
            change(&mut recipe);
            let text = recipe.check().unwrap_err().to_string();
            assert!(text.contains(words), "{text:?} does not say {words:?}");
        }
    }
}
