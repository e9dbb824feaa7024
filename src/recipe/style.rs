//! The options of StyleAligned (arXiv 2312.02133) as data.

use serde::{Deserialize, Serialize};

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
        !(shares || queries || keys || values || self.share_group_norm)
    }
}
