//! Normalisation: group norm, layer norm, AdaIN.

use candle_core::{D, DType, Result, Tensor};

use super::super::{StatAnchors, leaves_alone};

/// StyleAligned's guard against a flat channel.
const ADAIN_EPS: f64 = 1e-5;

/// See [`crate::engine::kernels::group_norm`].
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn group_norm(
    x: &Tensor,
    groups: usize,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
    silu: bool,
    partners: Option<&[Option<usize>]>,
) -> Result<Tensor> {
    let (rows, channels, height, width) = x.dims4()?;
    let grouped = x.contiguous()?.to_dtype(DType::F32)?.reshape((rows, groups, ()))?;
    let mean = grouped.mean_keepdim(D::Minus1)?;
    let var = grouped.broadcast_sub(&mean)?.sqr()?.mean_keepdim(D::Minus1)?;
    let (mean, var) = match partners {
        Some(partners) => pool(&mean, &var, partners)?,
        None => (mean, var),
    };
    let scaled = grouped.broadcast_sub(&mean)?.broadcast_div(&(var + eps)?.sqrt()?)?;
    let y = scaled
        .reshape((rows, channels, height, width))?
        .broadcast_mul(&weight.to_dtype(DType::F32)?.reshape((1, channels, 1, 1))?)?
        .broadcast_add(&bias.to_dtype(DType::F32)?.reshape((1, channels, 1, 1))?)?;
    let y = if silu { y.silu()? } else { y };
    y.to_dtype(x.dtype())
}

/// Statistics of each row taken together with its partner's; a row without one is its own.
fn pool(mean: &Tensor, var: &Tensor, partners: &[Option<usize>]) -> Result<(Tensor, Tensor)> {
    let rows: Vec<u32> =
        partners.iter().enumerate().map(|(row, partner)| partner.unwrap_or(row) as u32).collect();
    let rows = Tensor::new(rows, mean.device())?;
    let (other_mean, other_var) = (mean.index_select(&rows, 0)?, var.index_select(&rows, 0)?);
    let half = ((mean - &other_mean)? * 0.5)?;
    let pooled_mean = ((mean + other_mean)? * 0.5)?;
    let pooled_var = (((var + other_var)? * 0.5)? + half.sqr()?)?;
    Ok((pooled_mean, pooled_var))
}

/// See [`crate::engine::kernels::layer_norm`].
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return candle_nn::ops::layer_norm(&x.contiguous()?, weight, bias, eps as f32);
    }
    let wide = x.to_dtype(DType::F32)?;
    let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
    let var = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred
        .broadcast_div(&(var + eps)?.sqrt()?)?
        .broadcast_mul(&weight.to_dtype(DType::F32)?)?
        .broadcast_add(&bias.to_dtype(DType::F32)?)?
        .to_dtype(x.dtype())
}

/// See [`crate::engine::kernels::adain`].
///
/// # Errors
/// If shapes do not fit.
pub fn adain(x: &Tensor, anchors: &[StatAnchors]) -> Result<Tensor> {
    let keep: Vec<u8> =
        anchors.iter().enumerate().map(|(row, list)| u8::from(leaves_alone(row, list))).collect();
    if keep.iter().all(|&kept| kept == 1) {
        return Ok(x.clone());
    }
    let (rows, tokens, _) = x.dims3()?;
    let wide = x.to_dtype(DType::F32)?;
    let mean = wide.mean_keepdim(1)?;
    let centred = wide.broadcast_sub(&mean)?;
    let var = ((centred.sqr()?.sum_keepdim(1)? / (tokens - 1) as f64)? + ADAIN_EPS)?;
    let (to_mean, to_var) = mix(&mean, &var, anchors)?;
    let moved = centred
        .broadcast_mul(&(to_var.sqrt()? / var.sqrt()?)?)?
        .broadcast_add(&to_mean)?
        .to_dtype(x.dtype())?;
    let keep = Tensor::from_vec(keep, (rows, 1, 1), x.device())?.broadcast_as(x.shape())?;
    keep.where_cond(x, &moved)
}

/// The mixture's mean and variance for each row, from all rows' `(b, 1, c)`.
fn mix(mean: &Tensor, var: &Tensor, anchors: &[StatAnchors]) -> Result<(Tensor, Tensor)> {
    let longest = anchors.iter().map(Vec::len).max().unwrap_or(0);
    let picks = (0..longest).map(|place| pick(mean, anchors, place)).collect::<Result<Vec<_>>>()?;
    let mut mixed = mean.zeros_like()?;
    for (rows, weight) in &picks {
        mixed = (mixed + mean.index_select(rows, 0)?.broadcast_mul(weight)?)?;
    }
    let mut spread = var.zeros_like()?;
    for (rows, weight) in &picks {
        let off = (mean.index_select(rows, 0)? - &mixed)?;
        let second = (var.index_select(rows, 0)? + off.sqr()?)?;
        spread = (spread + second.broadcast_mul(weight)?)?;
    }
    Ok((mixed, spread))
}

/// The `place`-th anchor of each row: its row and its weight `(b, 1, 1)`; a shorter list is
/// filled with the row itself at weight nought.
fn pick(like: &Tensor, anchors: &[StatAnchors], place: usize) -> Result<(Tensor, Tensor)> {
    let (rows, weights): (Vec<u32>, Vec<f32>) = anchors
        .iter()
        .enumerate()
        .map(|(row, list)| {
            list.get(place).map_or((row as u32, 0.0), |&(anchor, weight)| (anchor as u32, weight))
        })
        .unzip();
    let count = rows.len();
    let weights = Tensor::from_vec(weights, (count, 1, 1), like.device())?;
    Ok((Tensor::new(rows, like.device())?, weights))
}
