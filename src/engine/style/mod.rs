//! StyleAligned image generation (arXiv 2312.02133) as data beside a forward pass.
//!
//! In each shared self-attention layer a panel's queries and keys take the
//! anchor's mean and deviation ([`adain`]), and the anchor's keys and values
//! are appended to the panel's own ([`share`]). Group norms may pool their
//! statistics with the anchor's ([`norm`]). Which layers share is [`layers`].
//!
//! The anchor attends to a duplicate of itself, which changes nothing in a
//! softmax average, and normalising it with its own statistics is the identity.
//! So the anchor never depends on the panels, and a panel depends only on its
//! own noise and prompt and on the anchor: it may be painted alone, in a chunk
//! or with the whole set, and is the same picture.

pub mod adain;
pub mod layers;
pub mod norm;
pub mod share;

use super::kernels::KeySource;
use super::layers::Partners;
use crate::recipe::Style;
use candle_core::{Result as TensorResult, Tensor};

/// What a row of the UNet's batch is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Guidance half: rows see only rows of their own half.
    pub half: usize,
    /// The rows that lend their style, with weights that sum to one; none for
    /// an anchor itself.
    pub anchors: Vec<(usize, f32)>,
}

/// The rows of one half that lend a row their style, with weights that sum to one.
pub type Lenders = Vec<(usize, f32)>;

/// The rows of a guidance batch `[half 0: anchor, panels … | half 1: …]`.
pub fn guidance_rows(per_half: usize, halves: usize) -> Vec<Row> {
    lay_out(&behind(&[1.0], per_half), halves)
}

/// One half of so many rows: the first ones, as many as there are weights, lend
/// their style to all behind them.
pub fn behind(weights: &[f32], rows: usize) -> Vec<Lenders> {
    let all: Lenders = weights.iter().copied().enumerate().collect();
    (0..rows).map(|i| if i < weights.len() { Lenders::new() } else { all.clone() }).collect()
}

/// Rows of one half, with those that lend to each, in every half.
pub fn lay_out(lenders: &[Lenders], halves: usize) -> Vec<Row> {
    let per_half = lenders.len();
    let row = |half: usize, of: &Lenders| {
        let anchors = of.iter().map(|(row, weight)| (half * per_half + row, *weight)).collect();
        Row { half, anchors }
    };
    (0..halves).flat_map(|half| lenders.iter().map(move |of| row(half, of))).collect()
}

/// How the rows of one forward pass share style.
#[derive(Debug, Clone)]
pub struct StyleContext {
    layers: Vec<bool>,
    adain: [bool; 3],
    anchors: Vec<Vec<(usize, f32)>>,
    sources: Vec<Vec<KeySource>>,
    partners: Option<Vec<Option<usize>>>,
}

impl StyleContext {
    /// Lays out the sharing for these rows. `layers` has one entry for each
    /// self-attention layer, numbered as [`layers`] says.
    pub fn new(style: &Style, rows: &[Row], layers: Vec<bool>) -> Self {
        let adain = style.adain;
        let flags = [adain.queries, adain.keys, adain.values].map(|on| on && !style.full_share);
        Self {
            layers,
            adain: flags,
            anchors: rows.iter().map(|row| row.anchors.clone()).collect(),
            sources: share::sources(style, rows),
            partners: style.share_group_norm.then(|| norm::partners(rows)),
        }
    }

    /// Whether the self-attention layer of this number shares.
    pub fn shares(&self, layer: usize) -> bool {
        self.layers.get(layer).copied().unwrap_or(false)
    }

    /// How many layers share.
    pub fn sharing_layers(&self) -> usize {
        self.layers.iter().filter(|on| **on).count()
    }

    /// Whose style each row takes, with weights that sum to one.
    pub fn anchors(&self) -> &[Vec<(usize, f32)>] {
        &self.anchors
    }

    /// What each row attends to.
    pub fn sources(&self) -> &[Vec<KeySource>] {
        &self.sources
    }

    /// Which rows pool their group-norm statistics.
    pub fn partners(&self) -> Partners<'_> {
        self.partners.as_deref()
    }

    /// Gives queries, keys and values (rows, tokens, channels) the statistics
    /// of their anchors, each only where the style asks for it.
    pub fn normalise(&self, qkv: [Tensor; 3]) -> TensorResult<[Tensor; 3]> {
        let [q, k, v] = qkv;
        let one = |x: Tensor, on: bool| if on { adain::adain(&x, &self.anchors) } else { Ok(x) };
        Ok([one(q, self.adain[0])?, one(k, self.adain[1])?, one(v, self.adain[2])?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_has_its_own_anchor() {
        let rows = guidance_rows(3, 2);
        let anchors: Vec<_> = rows.iter().map(|r| r.anchors.first().map(|a| a.0)).collect();
        assert_eq!(anchors, [None, Some(0), Some(0), None, Some(3), Some(3)]);
        assert_eq!(rows[4].half, 1);
    }

    #[test]
    fn several_anchors_stand_in_front_and_see_none() {
        let rows = lay_out(&behind(&[0.25, 0.75], 3), 2);
        assert!(rows[0].anchors.is_empty() && rows[4].anchors.is_empty());
        assert_eq!(rows[5].anchors, [(3, 0.25), (4, 0.75)]);
    }
}
