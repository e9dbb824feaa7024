//! The options of StyleAligned (arXiv 2312.02133) as data.

use super::layers::Layers;
use super::limits::{RecipeError, integer, number};
use super::window::{Window, is_default};
use serde::{Deserialize, Serialize};

/// Most cells of a side to which a lender's tokens are pooled.
pub const MAX_POOL: u32 = 32;

/// How panels take the anchor's style.
///
/// The defaults are the published ones for prompts only: attention is shared
/// in every self-attention layer, queries and keys take the anchor's mean and
/// deviation, norms stay each panel's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Style {
    /// Append the anchor's keys and values in self-attention.
    pub share_attention: bool,
    /// Which features take the anchor's statistics first.
    pub adain: AdaIn,
    /// Every panel attends to every panel; no AdaIN, scale or weight then.
    pub full_share: bool,
    /// λ: multiplies the anchor's appended keys, 0 to 5.
    pub score_scale: f64,
    /// r: the anchor's attention mass against the panel's own at equal scores,
    /// 0 to 1,000. The published `shared_score_shift` is `ln r`. 0 shares nothing.
    pub reference_weight: f64,
    /// Pool group-norm statistics with the anchor.
    pub share_group_norm: bool,
    /// Accepted for compatibility. Layer norm sees one token at a time, so
    /// sharing it changes nothing and nothing is computed for it.
    pub share_layer_norm: bool,
    /// The self-attention layers that share.
    pub layers: Layers,
    /// The steps in which anything is shared.
    #[serde(skip_serializing_if = "is_default")]
    pub window: Window,
    /// What fades along the window's curve.
    #[serde(skip_serializing_if = "is_default")]
    pub fades: Fades,
    /// Share in the half with the prompt alone, so that guidance strengthens the style.
    #[serde(skip_serializing_if = "is_default")]
    pub prompted_only: bool,
    /// How much of the shared attention stands in for the plain one, 0 to 1.
    #[serde(skip_serializing_if = "is_one")]
    pub strength: f64,
    /// Share of the anchor's tokens that are left out by chance, in each layer and
    /// step others, 0 to 1: poses and layouts are copied less.
    #[serde(skip_serializing_if = "is_default")]
    pub dropout: f64,
    /// Seed of that chance.
    #[serde(skip_serializing_if = "is_default")]
    pub dropout_seed: u64,
    /// Multiplies the keys of those of the anchor's tokens that show its subject, 0 to
    /// 1: contents leak less, and only where they are.
    #[serde(skip_serializing_if = "is_one")]
    pub subject_keys: f64,
    /// Layers, of those that share, in which panels attend to the anchor alone and not
    /// to themselves (arXiv 2402.12974).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<Layers>,
    /// Cells of a side to whose means the anchor's keys and values are pooled: style
    /// without its layout, 1 the mean of all (arXiv 2405.17401). 0 pools nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub pool: u32,
    /// How far panels are moved away from what they would be with the anchor's queries, 0
    /// to 20: contents leak less, at the cost of a pass with the prompt (arXiv 2510.06827).
    #[serde(skip_serializing_if = "is_default")]
    pub query_guidance: f64,
    /// The steps in which panels take the anchor's colours: the mean and deviation of
    /// the channels of its clean latents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recolour: Option<Window>,
}

/// What fades along a window's curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fades {
    /// The reference weight.
    #[default]
    Weight,
    /// The score scale.
    Scale,
    /// The strength.
    Strength,
}

/// Whether a factor may be left out.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(factor: &f64) -> bool {
    *factor == 1.0
}

/// Adaptive instance normalisation of queries, keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaIn {
    /// Normalise queries.
    pub queries: bool,
    /// Normalise keys.
    pub keys: bool,
    /// Normalise values.
    pub values: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            share_attention: true,
            adain: AdaIn { queries: true, keys: true, values: false },
            full_share: false,
            score_scale: 1.0,
            reference_weight: 1.0,
            share_group_norm: false,
            share_layer_norm: false,
            layers: Layers::All,
            window: Window::default(),
            fades: Fades::Weight,
            prompted_only: false,
            strength: 1.0,
            dropout: 0.0,
            dropout_seed: 0,
            subject_keys: 1.0,
            swap: None,
            pool: 0,
            query_guidance: 0.0,
            recolour: None,
        }
    }
}

impl Style {
    /// Every panel on its own: the plain model.
    pub fn none() -> Self {
        Self {
            share_attention: false,
            adain: AdaIn { queries: false, keys: false, values: false },
            ..Self::default()
        }
    }

    /// Whether any panel depends on the anchor at all.
    pub fn is_plain(&self) -> bool {
        let AdaIn { queries, keys, values } = self.adain;
        let shares = self.share_attention && (self.full_share || self.reference_weight > 0.0);
        let attends = (shares || queries || keys || values) && self.strength > 0.0;
        !(attends || self.share_group_norm || self.recolour.is_some())
    }

    /// What is shared in step `index` of `steps`; `None` outside the window.
    pub fn at(&self, index: usize, steps: usize) -> Option<Self> {
        let part = self.window.at(index, steps);
        if part <= 0.0 {
            return None;
        }
        let mut now = self.clone();
        *match self.fades {
            Fades::Weight => &mut now.reference_weight,
            Fades::Scale => &mut now.score_scale,
            Fades::Strength => &mut now.strength,
        } *= part;
        Some(now)
    }

    pub(super) fn check(&self) -> Result<(), RecipeError> {
        number("score scale", self.score_scale, 0.0, 5.0)?;
        number("reference weight", self.reference_weight, 0.0, 1000.0)?;
        number("strength", self.strength, 0.0, 1.0)?;
        number("dropout", self.dropout, 0.0, 1.0)?;
        number("factor on the subject's keys", self.subject_keys, 0.0, 1.0)?;
        integer("number of pooled cells", self.pool, 0, MAX_POOL)?;
        self.swap.as_ref().map_or(Ok(()), Layers::check)?;
        if self.full_share && self.swap.is_some() {
            let text =
                "with full sharing each picture looks at all, itself too: there is nothing to swap";
            return Err(RecipeError::Together(text));
        }
        number("query guidance", self.query_guidance, 0.0, 20.0)?;
        if self.full_share && self.query_guidance > 0.0 {
            let text =
                "with full sharing nobody lends alone: there are no queries to be guided away from";
            return Err(RecipeError::Together(text));
        }
        self.window.check("start of the sharing", "end of the sharing")?;
        if let Some(recolour) = &self.recolour {
            recolour.check("start of the recolouring", "end of the recolouring")?;
        }
        self.layers.check()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Curve, LayerGroup, yaml};
    use super::*;

    #[test]
    fn options_that_are_as_usual_are_not_written() {
        let usual = yaml::to_string(&Style::default()).unwrap();
        assert!(usual.lines().count() == 11 && !usual.contains("window"), "{usual}");
        let style = Style {
            window: Window { end: 0.5, curve: Curve::Cosine, ..Window::default() },
            layers: Layers::Group(LayerGroup::LastUp),
            recolour: Some(Window { start: 0.8, ..Window::default() }),
            strength: 0.5,
            dropout: 0.25,
            swap: Some(Layers::Group(LayerGroup::Style)),
            pool: 2,
            query_guidance: 1.5,
            ..Style::default()
        };
        let text = yaml::to_string(&style).unwrap();
        assert!(text.contains("curve: cosine") && text.contains("!group last_up"), "{text}");
        assert_eq!(yaml::from_str::<Style>(&text).unwrap(), style);
    }

    #[test]
    fn a_curve_fades_what_it_is_told_to() {
        let window = Window { curve: Curve::Linear, start: 0.5, ..Window::default() };
        let style = Style { window, reference_weight: 2.0, ..Style::default() };
        assert!(style.at(1, 4).is_none());
        assert_eq!(style.at(3, 4).unwrap().reference_weight, 1.0);
        let scaled = Style { fades: Fades::Scale, ..style.clone() }.at(3, 4).unwrap();
        assert_eq!((scaled.score_scale, scaled.reference_weight), (0.5, 2.0));
        assert_eq!(Style { fades: Fades::Strength, ..style }.at(3, 4).unwrap().strength, 0.5);
    }
}
