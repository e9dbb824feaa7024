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
mod leak;
mod lent;
pub mod norm;
mod pool;
pub mod share;
mod subject;
mod vary;

pub use lent::Lent;
pub use subject::{Lookout, Masks, Watched};
pub use vary::{Manner, Sharing};

use super::kernels::{self, KeySource, StatAnchors};
use super::layers::Partners;
use crate::recipe::Style;
use candle_core::{Result as TensorResult, Tensor};
use std::sync::Arc;

/// A row of one half that lends its style to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lender {
    /// The row.
    pub row: usize,
    /// Its share; those of all lenders of a row sum to one.
    pub weight: f32,
    /// Its own reference weight; `None` means the set's.
    pub reference_weight: Option<f64>,
    /// Its own score scale; `None` means the set's.
    pub score_scale: Option<f64>,
}

impl Lender {
    /// One that lends as the set says.
    pub fn new(row: usize, weight: f32) -> Self {
        Self { row, weight, reference_weight: None, score_scale: None }
    }
}

/// Those that lend a row their style.
pub type Lenders = Vec<Lender>;

/// What a row of the UNet's batch is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Guidance half: rows see only rows of their own half.
    pub half: usize,
    /// The rows that lend their style; none for an anchor itself.
    pub anchors: Lenders,
}

/// The rows of a guidance batch `[half 0: anchor, panels … | half 1: …]`.
pub fn guidance_rows(per_half: usize, halves: usize) -> Vec<Row> {
    lay_out(&behind(&[1.0], per_half), halves, false)
}

/// One half of so many rows: the first ones, as many as there are weights, lend
/// their style to all behind them.
pub fn behind(weights: &[f32], rows: usize) -> Vec<Lenders> {
    let lender = |(row, weight): (usize, &f32)| Lender::new(row, *weight);
    let all: Lenders = weights.iter().enumerate().map(lender).collect();
    (0..rows).map(|i| if i < weights.len() { Lenders::new() } else { all.clone() }).collect()
}

/// Rows of one half, with those that lend to each, in every half; or only in the
/// last, which is the one with the prompt.
pub fn lay_out(lenders: &[Lenders], halves: usize, prompted_only: bool) -> Vec<Row> {
    let per_half = lenders.len();
    let row = |half: usize, of: &Lenders| {
        let shares = !prompted_only || half + 1 == halves;
        let lends = of.iter().filter(|_| shares);
        let anchors = lends.map(|l| Lender { row: half * per_half + l.row, ..*l }).collect();
        Row { half, anchors }
    };
    (0..halves).flat_map(|half| lenders.iter().map(move |of| row(half, of))).collect()
}

/// What the rows of a layer look at.
#[derive(Debug, Clone, Default)]
struct Part {
    anchors: Vec<StatAnchors>,
    sources: Vec<Vec<KeySource>>,
}

impl Part {
    fn new(style: &Style, rows: &[Row], swaps: bool) -> Self {
        let anchors = |row: &Row| row.anchors.iter().map(|l| (l.row, l.weight)).collect();
        let sources = share::sources(style, rows, swaps);
        Self { anchors: rows.iter().map(anchors).collect(), sources }
    }
}

/// How the rows of one forward pass share style.
#[derive(Debug, Clone)]
pub struct StyleContext {
    /// For each self-attention layer the part that it shares by.
    layers: Vec<Option<usize>>,
    parts: Vec<Part>,
    adain: [bool; 3],
    strength: f64,
    partners: Option<Vec<Option<usize>>>,
    lent: Option<Lent>,
    lookout: Option<Arc<Lookout>>,
    /// Rows look at themselves with their lenders' queries.
    leaks: bool,
    step: usize,
    /// Rows in front of the half with the prompt.
    front: usize,
}

impl StyleContext {
    /// Lays out the sharing for these rows. `layers` has one entry for each
    /// self-attention layer, numbered as [`layers`] says.
    pub fn new(style: &Style, rows: &[Row], layers: Vec<bool>) -> Self {
        let mut context = Self::bare(style, rows);
        context.parts.push(Part::new(style, rows, false));
        context.layers = layers.iter().map(|shares| shares.then_some(0)).collect();
        context
    }

    /// One without any layer.
    fn bare(style: &Style, rows: &[Row]) -> Self {
        let adain = style.adain;
        let flags = [adain.queries, adain.keys, adain.values].map(|on| on && !style.full_share);
        let prompted = rows.last().map_or(0, |last| last.half);
        Self {
            step: 0,
            front: rows.iter().filter(|row| row.half != prompted).count(),
            layers: Vec::new(),
            parts: Vec::new(),
            adain: flags,
            strength: style.strength,
            partners: style.share_group_norm.then(|| norm::partners(rows)),
            lent: None,
            lookout: None,
            leaks: false,
        }
    }

    /// The next layer stays plain.
    fn leave(&mut self) {
        self.layers.push(None);
    }

    /// The next layer shares as an earlier one.
    fn share_as(&mut self, part: usize) {
        self.layers.push(Some(part));
    }

    /// The next layer shares in a way of its own, whose number is given back.
    fn share(&mut self, style: &Style, rows: &[Row], swaps: bool) -> usize {
        self.parts.push(Part::new(style, rows, swaps));
        self.share_as(self.parts.len() - 1);
        self.parts.len() - 1
    }

    fn part(&self, layer: usize) -> Option<&Part> {
        self.parts.get((*self.layers.get(layer)?)?)
    }

    /// Whether the self-attention layer of this number shares.
    pub fn shares(&self, layer: usize) -> bool {
        self.part(layer).is_some()
    }

    /// The step that this is for, from 0.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The first row of the half with the prompt: that of what lends first.
    pub fn front(&self) -> usize {
        self.front
    }

    /// Which of queries, keys and values take the anchors' statistics.
    pub fn normalises(&self) -> [bool; 3] {
        self.adain
    }

    /// How many layers share.
    pub fn sharing_layers(&self) -> usize {
        self.layers.iter().flatten().count()
    }

    /// What each row of a sharing layer attends to.
    pub fn sources(&self, layer: usize) -> &[Vec<KeySource>] {
        self.part(layer).map_or(&[], |part| &part.sources)
    }

    /// Whose statistics each row of a sharing layer takes.
    pub fn anchors(&self, layer: usize) -> &[StatAnchors] {
        self.part(layer).map_or(&[], |part| &part.anchors)
    }

    /// Which rows pool their group-norm statistics.
    pub fn partners(&self) -> Partners<'_> {
        self.partners.as_deref()
    }

    /// Lets others see the lenders' keys in this way, and someone look out for subjects.
    pub fn lend(&mut self, lent: Option<Lent>, lookout: Option<Arc<Lookout>>) {
        (self.lent, self.lookout) = (lent, lookout);
    }

    /// Lets rows look at themselves with the queries of those that lend.
    fn ask_as_lenders(&mut self) {
        (self.leaks, self.adain) = (true, [false; 3]);
    }

    /// Who looks out for the subjects of those that lend.
    pub fn lookout(&self) -> Option<&Lookout> {
        self.lookout.as_deref()
    }

    /// Gives queries, keys and values (rows, tokens, channels) the statistics
    /// of their anchors, each only where the style asks for it.
    pub fn normalise(&self, layer: usize, qkv: [Tensor; 3]) -> TensorResult<[Tensor; 3]> {
        let [q, k, v] = qkv;
        let anchors = self.anchors(layer);
        let one = |x: Tensor, on: bool| if on { adain::adain(&x, anchors) } else { Ok(x) };
        Ok([one(q, self.adain[0])?, one(k, self.adain[1])?, one(v, self.adain[2])?])
    }

    /// The attention of a sharing layer, from what is projected and the same behind
    /// AdaIN.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn attend(
        &self,
        layer: usize,
        before: [&Tensor; 3],
        after: [&Tensor; 3],
        heads: usize,
    ) -> TensorResult<Tensor> {
        self.attend_from((layer, 0), before, after, heads)
    }

    /// The same for the rows from `from` on.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn attend_from(
        &self,
        (layer, from): (usize, usize),
        [own_q, own_k, own_v]: [&Tensor; 3],
        [q, k, v]: [&Tensor; 3],
        heads: usize,
    ) -> TensorResult<Tensor> {
        if self.leaks {
            let lenders = self.anchors(layer).get(from..).unwrap_or_default();
            return leak::attend(from, [own_q, own_k, own_v], heads, lenders);
        }
        let count = q.dim(0)? - from;
        let sources = self.sources(layer).get(from..).unwrap_or_default();
        let rows = |x: &Tensor| x.narrow(0, from, count);
        let q = rows(q)?;
        let shared = match &self.lent {
            Some(lent) => lent.attend((layer, from), [&q, k, v], heads, sources)?,
            None => kernels::attention(&q, k, v, heads, sources)?,
        };
        if self.strength >= 1.0 {
            return Ok(shared);
        }
        let own: Vec<_> = (from..from + count).map(|row| vec![KeySource::own(row)]).collect();
        let plain = kernels::attention(&rows(own_q)?, own_k, own_v, heads, &own)?;
        // In this order a row that shares nothing is itself, to the last bit.
        &plain + ((shared - &plain)? * self.strength)?
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
