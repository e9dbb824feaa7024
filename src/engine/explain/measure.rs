//! One layer, measured.
//!
//! The share of attention that panels give to a reference is measured by attention
//! itself: with values that are one for the reference's tokens and zero for all
//! others, what comes out is that share. Each channel of a head measures another
//! reference. It is the very attention that paints, so whatever weakens or leaves out
//! the lenders' keys counts. Of large layers every fourth token is asked, evenly over the
//! picture: it costs a quarter, and the mean hardly differs.

use super::{Apart, Seen};
use crate::engine::kernels::StatAnchors;
use crate::engine::pass::SharedLayer;
use crate::engine::style::adain::EPS;
use candle_core::{DType, Device, Result, Tensor};
use std::collections::BTreeMap;

/// Tokens from which on a layer is large, and which of them are asked there.
const LARGE: usize = 256;
const EVERY: usize = 4;

/// What the panels of the half with the prompt give and take; `None` without any.
pub fn measure(layer: &SharedLayer, references: usize) -> Result<Option<Seen>> {
    let anchors = layer.style.anchors(layer.number);
    let front = layer.style.front();
    let panels: Vec<usize> = (front..anchors.len()).filter(|i| !anchors[*i].is_empty()).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let apart = |x: &Tensor| apart(x, &panels, anchors);
    let [q, k, v] = layer.before;
    let before = [apart(q)?, apart(k)?, apart(v)?];
    let mut behind = before;
    for (place, moved) in layer.style.normalises().into_iter().enumerate() {
        if moved {
            behind[place] = apart(&layer.after[place])?;
        }
    }
    Ok(Some(Seen {
        step: layer.style.step(),
        layer: layer.number,
        module: layer.module.to_owned(),
        tokens: q.dim(1)?,
        heads: layer.heads,
        panels: panels.len(),
        shares: shares(layer, references, &panels)?,
        before,
        behind,
    }))
}

/// Mean share of the panels' attention that falls on each reference's tokens.
fn shares(layer: &SharedLayer, references: usize, panels: &[usize]) -> Result<Vec<f32>> {
    let [q, k, _] = &layer.after;
    let (_, tokens, width) = k.dims3()?;
    let every = if tokens < LARGE { 1 } else { EVERY };
    let asked: Vec<u32> = (0..tokens as u32).step_by(every).collect();
    let asked = Tensor::new(asked, k.device())?;
    let thin = |x: &Tensor| if every == 1 { Ok(x.clone()) } else { x.index_select(&asked, 1) };
    let (own_q, q) = (thin(&layer.before[0])?, thin(q)?);
    let (depth, first) = (width / layer.heads, panels[0]);
    let numbers: Vec<usize> = (0..references).collect();
    let mut shares = Vec::new();
    for some in numbers.chunks(depth) {
        let marks = marks(layer, some)?;
        let given = layer.style.attend_from(
            (layer.number, first),
            [&own_q, &layer.before[1], &marks],
            [&q, k, &marks],
            layer.heads,
        )?;
        let places: Vec<usize> = panels.iter().map(|panel| panel - first).collect();
        let given = rows_of(&given, &places)?.to_dtype(DType::F32)?;
        let given = given.reshape(((), depth))?.mean(0)?;
        shares.extend(given.narrow(0, 0, some.len())?.to_vec1::<f32>()?);
    }
    Ok(shares)
}

/// Values that are one in a reference's own channel, on each of its tokens.
fn marks(layer: &SharedLayer, references: &[usize]) -> Result<Tensor> {
    let k = &layer.after[1];
    let (rows, tokens, width) = k.dims3()?;
    let (depth, front) = (width / layer.heads, layer.style.front());
    let mut marks = vec![0f32; rows * width];
    for (channel, reference) in references.iter().enumerate() {
        for head in 0..layer.heads {
            let place = (front + reference) * width + head * depth + channel;
            marks.get_mut(place).into_iter().for_each(|mark| *mark = 1.0);
        }
    }
    let marks = Tensor::from_vec(marks, (rows, 1, width), &Device::Cpu)?.to_dtype(k.dtype())?;
    marks.to_device(k.device())?.broadcast_as((rows, tokens, width))?.contiguous()
}

/// Mean and variance of a row's channels over its tokens.
type Moments = (Vec<f32>, Vec<f32>);

/// How far panels are from the mixture of what lends to each.
fn apart(x: &Tensor, panels: &[usize], anchors: &[StatAnchors]) -> Result<Apart> {
    let lending = panels.iter().flat_map(|panel| anchors[*panel].iter().map(|(row, _)| *row));
    let mut rows: Vec<usize> = panels.iter().copied().chain(lending).collect();
    rows.sort_unstable();
    rows.dedup();
    let moments = moments(x, &rows)?;
    let (mut mean, mut spread, mut count) = (0.0, 0.0, 0usize);
    for panel in panels {
        let Some(own) = moments.get(panel) else { continue };
        for channel in 0..own.0.len() {
            let (to_mean, to_var) = mixed(&moments, &anchors[*panel], channel);
            let (own_mean, own_var) = (f64::from(own.0[channel]), f64::from(own.1[channel]));
            mean += (own_mean - to_mean).abs() / (to_var + EPS).sqrt();
            spread += ((own_var + EPS) / (to_var + EPS)).ln().abs() / 2.0;
            count += 1;
        }
    }
    let count = count.max(1) as f64;
    Ok(Apart { mean: (mean / count) as f32, spread: (spread / count).exp() as f32 })
}

/// The mean and variance of a weighted mixture of lenders, in one channel.
fn mixed(moments: &BTreeMap<usize, Moments>, anchors: &StatAnchors, channel: usize) -> (f64, f64) {
    let (mut mean, mut square) = (0.0, 0.0);
    for (row, weight) in anchors {
        let Some((means, vars)) = moments.get(row) else { continue };
        let (of, weight) = (f64::from(means[channel]), f64::from(*weight));
        mean += weight * of;
        square += weight * (f64::from(vars[channel]) + of * of);
    }
    (mean, (square - mean * mean).max(0.0))
}

fn moments(x: &Tensor, rows: &[usize]) -> Result<BTreeMap<usize, Moments>> {
    let x = rows_of(x, rows)?.to_dtype(DType::F32)?;
    let tokens = x.dim(1)?;
    // Sums over tokens as products, which are quick on every device.
    let ones = Tensor::ones((rows.len(), 1, tokens), DType::F32, x.device())?;
    let sum = |x: &Tensor| ones.matmul(x);
    let mean = (sum(&x)? / tokens as f64)?;
    let var = (sum(&x.broadcast_sub(&mean)?.sqr()?)? / tokens.saturating_sub(1).max(1) as f64)?;
    let (mean, var) = (mean.squeeze(1)?.to_vec2::<f32>()?, var.squeeze(1)?.to_vec2::<f32>()?);
    Ok(rows.iter().copied().zip(mean.into_iter().zip(var)).collect())
}

fn rows_of(x: &Tensor, rows: &[usize]) -> Result<Tensor> {
    let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
    x.index_select(&Tensor::new(rows, x.device())?, 0)
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
