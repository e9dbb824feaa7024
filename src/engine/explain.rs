//! What style alignment does in each layer at each step, measured while a set is
//! painted.
//!
//! The share of attention that panels give to a reference is measured by attention
//! itself: with values that are one for the reference's tokens and zero for all
//! others, what comes out is that share.

use super::error::Result;
use super::kernels;
use super::pass::{SharedLayer, Watch};
use candle_core::{D, Device, Result as TensorResult, Tensor};
use serde::Serialize;
use std::cell::{Cell, RefCell};

/// One self-attention layer in one step, over the panels of the half with the prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// Number of the step, from 0.
    pub step: usize,
    /// The layer's number, as layer masks count.
    pub layer: usize,
    /// Its module.
    pub module: String,
    /// Tokens of each panel.
    pub tokens: usize,
    /// Heads.
    pub heads: usize,
    /// Share of the panels' attention that each reference gets, 0 to 1.
    pub shares: Vec<f32>,
    /// How far the panels' queries and keys were from the references' mean before
    /// AdaIN, in the references' deviations.
    pub away: [f32; 2],
    /// The same behind AdaIN.
    pub left: [f32; 2],
}

/// Watches a run.
#[derive(Default)]
pub struct Watcher {
    step: Cell<usize>,
    seen: RefCell<Vec<Seen>>,
    fault: RefCell<Option<candle_core::Error>>,
}

impl Watcher {
    /// Says which step begins now, from 0.
    pub fn step_begins(&self, step: usize) {
        self.step.set(step);
    }

    /// What was seen, in the order of computation.
    ///
    /// # Errors
    /// When measuring failed.
    pub fn into_seen(self) -> Result<Vec<Seen>> {
        match self.fault.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(self.seen.into_inner()),
        }
    }

    fn measure(&self, layer: &SharedLayer) -> TensorResult<Option<Seen>> {
        let rows = layer.style.anchors(layer.number);
        // The last half is the one with the prompt.
        let last = rows.iter().flatten().map(|(anchor, _)| *anchor).max();
        let half = |panel: &usize| rows[*panel].iter().any(|(anchor, _)| Some(*anchor) == last);
        let panels: Vec<usize> = (0..rows.len()).filter(half).collect();
        let Some(first) = panels.first() else { return Ok(None) };
        let references: Vec<usize> = rows[*first].iter().map(|(anchor, _)| *anchor).collect();
        let [q, k, _] = layer.after;
        let share = |reference: &usize| share(q, k, layer, *reference, &panels);
        let away = |x: &Tensor| distance(x, &panels, &rows[*first]);
        Ok(Some(Seen {
            step: self.step.get(),
            layer: layer.number,
            module: layer.module.to_owned(),
            tokens: q.dim(1)?,
            heads: layer.heads,
            shares: references.iter().map(share).collect::<TensorResult<_>>()?,
            away: [away(&layer.before[0])?, away(&layer.before[1])?],
            left: [away(q)?, away(k)?],
        }))
    }
}

impl Watch for Watcher {
    fn shared(&self, layer: &SharedLayer) {
        match self.measure(layer) {
            Ok(seen) => self.seen.borrow_mut().extend(seen),
            Err(error) => *self.fault.borrow_mut() = Some(error),
        }
    }
}

/// Mean share of the panels' attention that falls on the tokens of `reference`.
fn share(
    q: &Tensor,
    k: &Tensor,
    layer: &SharedLayer,
    reference: usize,
    panels: &[usize],
) -> TensorResult<f32> {
    let (rows, tokens, channels) = k.dims3()?;
    let marks: Vec<f32> = (0..rows).map(|row| f32::from(u8::from(row == reference))).collect();
    let marks = Tensor::from_vec(marks, (rows, 1, 1), &Device::Cpu)?.to_device(k.device())?;
    let marks = marks.to_dtype(k.dtype())?.broadcast_as((rows, tokens, channels))?;
    let given = kernels::attention(
        q,
        k,
        &marks.contiguous()?,
        layer.heads,
        layer.style.sources(layer.number),
    )?;
    mean(&rows_of(&given, panels)?)
}

/// Mean over panels and channels of `|μ_panel − μ| / σ`, with the blended
/// statistics of the references.
fn distance(x: &Tensor, panels: &[usize], references: &[(usize, f32)]) -> TensorResult<f32> {
    let x = x.to_dtype(candle_core::DType::F32)?;
    let of = |row: usize| {
        let row = x.narrow(0, row, 1)?;
        Ok::<_, candle_core::Error>((row.mean_keepdim(1)?, row.sqr()?.mean_keepdim(1)?))
    };
    let (mut centre, mut square) = (Vec::new(), Vec::new());
    for (row, weight) in references {
        let (mean, squares) = of(*row)?;
        centre.push((mean * f64::from(*weight))?);
        square.push((squares * f64::from(*weight))?);
    }
    let sum = |parts: &[Tensor]| Tensor::cat(parts, 0)?.sum_keepdim(0);
    let (centre, square) = (sum(&centre)?, sum(&square)?);
    let deviation = ((square - centre.sqr()?)?.relu()? + 1e-5)?.sqrt()?;
    let means = rows_of(&x, panels)?.mean_keepdim(1)?;
    mean(&means.broadcast_sub(&centre)?.abs()?.broadcast_div(&deviation)?)
}

fn rows_of(x: &Tensor, rows: &[usize]) -> TensorResult<Tensor> {
    let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
    x.index_select(&Tensor::new(rows, x.device())?, 0)
}

fn mean(x: &Tensor) -> TensorResult<f32> {
    x.to_dtype(candle_core::DType::F32)?.flatten_all()?.mean(D::Minus1)?.to_scalar()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::style::{StyleContext, guidance_rows};
    use crate::recipe::Style;

    fn watched(style: &Style, q: Tensor, k: Tensor) -> Seen {
        let context = StyleContext::new(style, &guidance_rows(2, 1), vec![true]);
        let before = [q.clone(), k.clone(), k.clone()];
        let after = context.normalise(0, before.clone()).unwrap();
        let watcher = Watcher::default();
        watcher.step_begins(1);
        let [number, heads] = [0, 2];
        let module = "down.attn1";
        let layer =
            SharedLayer { number, module, heads, before: &before, after: &after, style: &context };
        watcher.shared(&layer);
        watcher.into_seen().unwrap().remove(0)
    }

    /// Rows (2, 3 tokens, 4 channels): an anchor, and a panel `shift` away from it.
    fn tokens(shift: f32) -> Tensor {
        let one: Vec<f32> = (0..12).map(|i| ((i * 7) % 5) as f32 - 2.0).collect();
        let two: Vec<f32> = one.iter().map(|x| x + shift).collect();
        Tensor::from_vec([one, two].concat(), (2, 3, 4), &Device::Cpu).unwrap()
    }

    #[test]
    fn equal_keys_share_attention_by_their_weight() {
        for (weight, share) in [(1.0, 0.5), (3.0, 0.75)] {
            let style = Style { reference_weight: weight, ..Style::default() };
            let seen = watched(&style, tokens(0.0), tokens(0.0));
            assert!((seen.shares[0] - share).abs() < 1e-5, "{seen:?}");
            assert_eq!((seen.step, seen.tokens, seen.away), (1, 3, [0.0, 0.0]));
        }
    }

    #[test]
    fn adain_takes_the_distance_away() {
        let seen = watched(&Style::default(), tokens(4.0), tokens(-4.0));
        assert!(seen.away[0] > 1.0 && seen.away[1] > 1.0, "{seen:?}");
        assert!(seen.left[0] < 1e-3 && seen.left[1] < 1e-3, "{seen:?}");
    }
}
