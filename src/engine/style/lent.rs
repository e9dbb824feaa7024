//! Keys of lenders as others see them: some left out, others weaker, or all pooled.
//!
//! A lender's own attention is never touched, so that it stays what it is for all.
//! Others see copies of its keys, in which single tokens are multiplied (those of
//! its subject), replaced by the mean of their cell, or left out by chance, with a seed.

use super::pool;
use super::subject::Masks;
use crate::engine::kernels::{self, KeySource};
use candle_core::{Device, Result, Tensor};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Channels that a head grows by to hold a logit of its own; what the kernels take.
const MORE: usize = 8;
/// The logit of a token that is left out, in the range of half precision.
const OUT: f32 = -1e4;

/// How the keys of lenders are seen in one step.
#[derive(Debug, Clone)]
pub struct Lent {
    /// Share of the tokens that are left out.
    pub dropout: f64,
    /// Decides which.
    pub seed: u64,
    /// The step.
    pub step: usize,
    /// Factor on the keys of the subject's tokens.
    pub subject_keys: f64,
    /// Which tokens those are.
    pub masks: Arc<Masks>,
    /// Rows of one half.
    pub per_half: usize,
    /// Cells of a side to which keys and values are pooled; 0 pools nothing.
    pub pool: usize,
    /// Height and width of the latents.
    pub size: (usize, usize),
}

impl Lent {
    /// Attention of the rows from `from` on, whose queries and `sources` these are, with
    /// the copies in place of the lenders' keys.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn attend(
        &self,
        (layer, from): (usize, usize),
        [q, k, v]: [&Tensor; 3],
        heads: usize,
        sources: &[Vec<KeySource>],
    ) -> Result<Tensor> {
        let (rows, tokens, _) = k.dims3()?;
        let lenders = lenders(from, rows, sources);
        let out = self.left_out(layer, tokens);
        let left = out.contains(&false);
        let moved = |(row, list): (usize, &Vec<KeySource>)| -> Vec<KeySource> {
            if !left && list.iter().all(|source| source.row != row) {
                // Who would see the lenders alone, of whom nothing is left, sees itself.
                return vec![KeySource::own(row)];
            }
            let to = |source: &KeySource| match lenders.get(&source.row) {
                Some((place, _)) if source.row != row => {
                    KeySource { row: *place, scale: 1.0, shift: source.shift }
                }
                _ => *source,
            };
            list.iter().map(to).collect()
        };
        let sources: Vec<_> = (from..).zip(sources).map(moved).collect();
        let (k, v) = self.with_copies(k, v, &lenders)?;
        if !out.contains(&true) {
            return kernels::attention(q, &k, &v, heads, &sources);
        }
        let logit = |token: usize| if out[token] { OUT } else { 0.0 };
        let copies = (0..lenders.len()).flat_map(|_| (0..tokens).map(logit));
        let logits: Vec<f32> = std::iter::repeat_n(0.0, rows * tokens).chain(copies).collect();
        let blank = vec![0.0; logits.len()];
        let (wide_k, wide_v) = (widen(&k, heads, logits)?, widen(&v, heads, blank)?);
        let alone = |at: usize| sources[at].iter().all(|source| source.row == from + at);
        let all: Vec<usize> = (0..sources.len()).collect();
        let mut done = Vec::new();
        // Rows that look at nobody else are not touched, to the last bit.
        for run in all.chunk_by(|a, b| alone(*a) == alone(*b)) {
            let (first, count) = (run[0], run.len());
            let (q, sources) = (q.narrow(0, first, count)?, &sources[first..first + count]);
            done.push(match alone(first) {
                true => kernels::attention(&q, &k, &v, heads, sources)?,
                false => {
                    let q = queries(&q, heads)?;
                    narrow(&kernels::attention(&q, &wide_k, &wide_v, heads, sources)?, heads)?
                }
            });
        }
        Tensor::cat(&done, 0)
    }

    /// Keys and values with the lenders' copies behind them.
    fn with_copies(&self, k: &Tensor, v: &Tensor, lenders: &Copies) -> Result<(Tensor, Tensor)> {
        let tokens = k.dim(1)?;
        let (mut keys, mut values) = (vec![k.clone()], vec![v.clone()]);
        let mut order: Vec<_> = lenders.iter().collect();
        order.sort_by_key(|(_, (place, _))| *place);
        for (row, (_, scale)) in order {
            let key = k.narrow(0, *row, 1)?;
            let factors = self.factors(*row, tokens, *scale);
            let factors = Tensor::from_vec(factors, (1, tokens, 1), &Device::Cpu)?;
            let factors = factors.to_device(k.device())?.to_dtype(k.dtype())?;
            keys.push(self.few(key.broadcast_mul(&factors)?)?);
            values.push(self.few(v.narrow(0, *row, 1)?)?);
        }
        Ok((Tensor::cat(&keys, 0)?, Tensor::cat(&values, 0)?))
    }

    /// Each token of (1, tokens, channels) as the mean of its cell.
    fn few(&self, x: Tensor) -> Result<Tensor> {
        match self.pool {
            0 => Ok(x),
            cells => pool::pooled(&x, pool::grid(self.size, x.dim(1)?)?, cells),
        }
    }

    /// What each key of a lender is multiplied by.
    fn factors(&self, row: usize, tokens: usize, scale: f32) -> Vec<f32> {
        let weaker = scale * self.subject_keys as f32;
        match self.masks.of(tokens, row % self.per_half.max(1)) {
            Some(mask) => mask.iter().map(|on| if *on { weaker } else { scale }).collect(),
            None => vec![scale; tokens],
        }
    }

    /// Which tokens are left out in a layer, of every lender the same.
    fn left_out(&self, layer: usize, tokens: usize) -> Vec<bool> {
        let place = [self.step, layer].iter().fold(self.seed, |seed, n| mix(seed ^ *n as u64));
        let chance = |token: usize| (mix(place ^ token as u64) >> 11) as f64 / (1u64 << 53) as f64;
        (0..tokens).map(|token| chance(token) < self.dropout).collect()
    }
}

/// For each lender's row the place of its copy and the factor on its keys.
type Copies = BTreeMap<usize, (usize, f32)>;

/// Each lender once: its copy stands behind the `rows`.
fn lenders(from: usize, rows: usize, sources: &[Vec<KeySource>]) -> Copies {
    let mut lenders = Copies::new();
    for (row, list) in (from..).zip(sources) {
        for source in list.iter().filter(|source| source.row != row) {
            let place = rows + lenders.len();
            lenders.entry(source.row).or_insert((place, source.scale));
        }
    }
    lenders
}

/// Spreads a number over all its bits (SplitMix64).
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Queries of heads that are wider, whose first new channel takes a key's logit as it is.
fn queries(q: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, tokens, width) = q.dims3()?;
    let depth = width / heads;
    let root = ((depth + MORE) as f64).sqrt();
    let q = (q * (root / (depth as f64).sqrt()))?;
    widen(&q, heads, vec![root as f32; rows * tokens])
}

/// Gives each head of x (rows, tokens, channels) more channels, the first of which
/// holds `first`, one a token.
fn widen(x: &Tensor, heads: usize, first: Vec<f32>) -> Result<Tensor> {
    let (rows, tokens, width) = x.dims3()?;
    let first = Tensor::from_vec(first, (rows, tokens, 1, 1), &Device::Cpu)?;
    let more = first.to_device(x.device())?.to_dtype(x.dtype())?.pad_with_zeros(3, 0, MORE - 1)?;
    let more = more.broadcast_as((rows, tokens, heads, MORE))?;
    let x = x.reshape((rows, tokens, heads, width / heads))?;
    Tensor::cat(&[x, more], 3)?.reshape((rows, tokens, width + heads * MORE))
}

/// Takes those channels away again.
fn narrow(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, tokens, width) = x.dims3()?;
    let depth = width / heads - MORE;
    let x = x.reshape((rows, tokens, heads, depth + MORE))?.narrow(3, 0, depth)?;
    x.reshape((rows, tokens, heads * depth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng;

    fn lent(dropout: f64, masks: Masks) -> Lent {
        let masks = Arc::new(masks);
        let (pool, size) = (0, (3, 4));
        Lent { dropout, seed: 3, step: 1, subject_keys: 0.5, masks, per_half: 2, pool, size }
    }

    fn qkv() -> [Tensor; 3] {
        [1, 2, 3].map(|seed| rng::noise(seed, (2, 12, 16)).unwrap())
    }

    fn sources(scale: f32) -> Vec<Vec<KeySource>> {
        let other = KeySource { row: 0, scale, shift: 0.5 };
        vec![vec![KeySource::own(0)], vec![KeySource::own(1), other]]
    }

    fn off(a: &Tensor, b: &Tensor) -> f32 {
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn left_out_tokens_are_as_if_they_were_not_there() {
        let qkv = qkv();
        for scale in [0.7, 0.0] {
            let lent = lent(0.4, Masks::default());
            let ours = lent.attend((5, 0), qkv.each_ref(), 2, &sources(scale)).unwrap();
            let out = lent.left_out(5, 12);
            let kept: Vec<u32> = (0..12).filter(|t| !out[*t as usize]).collect();
            assert!((1..12).contains(&kept.len()), "{kept:?}");
            // The same by hand: the keys that are left, behind the row's own.
            let [q, k, v] = &qkv;
            let kept = Tensor::new(kept, &Device::Cpu).unwrap();
            let join = |x: &Tensor, factor: f64| {
                let lent =
                    (x.narrow(0, 0, 1).unwrap().index_select(&kept, 1).unwrap() * factor).unwrap();
                Tensor::cat(&[x.narrow(0, 1, 1).unwrap(), lent], 1).unwrap()
            };
            let (k, v) = (join(k, f64::from(scale)), join(v, 1.0));
            let head = |x: &Tensor, h: usize| x.narrow(2, h * 8, 8).unwrap().squeeze(0).unwrap();
            let q = q.narrow(0, 1, 1).unwrap();
            for h in 0..2 {
                let logits = head(&q, h).contiguous().unwrap();
                let logits =
                    logits.matmul(&head(&k, h).t().unwrap().contiguous().unwrap()).unwrap();
                let mut shift = vec![0f32; 12];
                shift.extend(vec![0.5f32; k.dim(1).unwrap() - 12]);
                let shift = Tensor::new(shift, &Device::Cpu).unwrap();
                let logits = (logits / 8f64.sqrt()).unwrap().broadcast_add(&shift).unwrap();
                let shares = candle_nn::ops::softmax_last_dim(&logits).unwrap();
                let by_hand = shares.matmul(&head(&v, h).contiguous().unwrap()).unwrap();
                let ours = head(&ours.narrow(0, 1, 1).unwrap(), h);
                assert!(off(&ours, &by_hand) < 1e-5, "{}", off(&ours, &by_hand));
            }
        }
    }

    #[test]
    fn nothing_left_out_is_the_usual_attention_and_a_lender_stays_itself() {
        let [q, k, v] = &qkv();
        let usual = kernels::attention(q, k, v, 2, &sources(0.7)).unwrap();
        let ours =
            lent(0.0, Masks::default()).attend((5, 0), qkv().each_ref(), 2, &sources(0.7)).unwrap();
        assert!(off(&usual, &ours) < 1e-6);
        let dropped =
            lent(0.9, Masks::default()).attend((5, 0), qkv().each_ref(), 2, &sources(0.7)).unwrap();
        let first = |x: &Tensor| x.narrow(0, 0, 1).unwrap();
        assert_eq!(off(&first(&dropped), &first(&usual)), 0.0);
        assert!(off(&dropped, &usual) > 1e-3);
    }

    #[test]
    fn pooled_to_one_token_the_values_are_their_mean() {
        let qkv = qkv();
        let alone = [vec![KeySource::own(0)], vec![KeySource { row: 0, scale: 0.7, shift: 0.5 }]];
        let of = |pool, dropout| {
            let lent = Lent { pool, ..lent(dropout, Masks::default()) };
            lent.attend((5, 0), qkv.each_ref(), 2, &alone).unwrap()
        };
        let mean = qkv[2].narrow(0, 0, 1).unwrap().mean_keepdim(1).unwrap();
        let row = |x: &Tensor, at| x.narrow(0, at, 1).unwrap();
        let seen = row(&of(1, 0.0), 1).broadcast_sub(&mean).unwrap();
        assert!(off(&seen, &seen.zeros_like().unwrap()) < 1e-5);
        assert_eq!(off(&of(9, 0.0), &of(0, 0.0)), 0.0, "cells of one token pool nothing");
        assert!(off(&of(2, 0.0), &of(0, 0.0)) > 1e-3 && off(&of(2, 0.0), &of(1, 0.0)) > 1e-3);
        // The lender is itself; and who sees nothing of it any more is, too.
        let own = [0, 1].map(|row| vec![KeySource::own(row)]);
        let own = kernels::attention(&qkv[0], &qkv[1], &qkv[2], 2, &own).unwrap();
        assert_eq!(off(&row(&of(1, 0.0), 0), &row(&own, 0)), 0.0);
        assert!(off(&of(0, 1.0), &own) < 1e-6);
    }

    #[test]
    fn tokens_are_left_out_by_seed_step_and_layer() {
        let lent = lent(0.5, Masks::default());
        let count = lent.left_out(0, 4096).iter().filter(|out| **out).count();
        assert!((1900..2200).contains(&count), "{count}");
        assert_eq!(lent.left_out(0, 64), lent.left_out(0, 64));
        assert_ne!(lent.left_out(0, 64), lent.left_out(1, 64));
        assert_ne!(lent.left_out(0, 64), Lent { step: 2, ..lent.clone() }.left_out(0, 64));
    }
}
