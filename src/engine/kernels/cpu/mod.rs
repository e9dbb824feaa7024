//! The kernels in single precision on the CPU, with the vectors that the processor has.
//!
//! `unsafe` stands here for three things: vector instructions that were looked for at run time,
//! pointers into panels that are read out of order, and results that many threads write at once.

mod activation;
mod adain;
mod attention;
mod conv;
mod linear;
mod maps;
mod math;
mod memory;
mod norm;
mod pack;
mod portable;
mod resize;
mod simd;
mod softmax;
#[cfg(test)]
mod tests;
mod tile;
#[cfg(target_arch = "x86_64")]
mod x86;

use candle_core::{DType, Result, Tensor};

use super::{KeySource, StatAnchors};
use activation::Curve;
use conv::Plus;
use norm::GroupNorm;
use simd::Isa;

/// Whether these kernels can take all of `tensors`.
pub(super) fn takes(tensors: &[&Tensor]) -> bool {
    tensors.iter().all(|tensor| tensor.device().is_cpu() && tensor.dtype() == DType::F32)
}

pub(super) fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    conv::conv2d(Isa::best(), x, weight, Plus { bias, ..Plus::default() }, stride, padding)
}

pub(super) fn conv2d_add(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    residual: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let plus = Plus { bias: Some(bias), shift: None, residual: Some(residual) };
    conv::conv2d(Isa::best(), x, weight, plus, stride, padding)
}

pub(super) fn conv2d_shift(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    shift: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let plus = Plus { bias: Some(bias), shift: Some(shift), residual: None };
    conv::conv2d(Isa::best(), x, weight, plus, stride, padding)
}

pub(super) fn linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    residual: Option<&Tensor>,
) -> Result<Tensor> {
    linear::linear(Isa::best(), x, weight, bias, residual)
}

pub(super) fn add(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    maps::add(Isa::best(), left, right)
}

pub(super) fn add_channels(x: &Tensor, shift: &Tensor) -> Result<Tensor> {
    maps::add_channels(Isa::best(), x, shift)
}

pub(super) fn concat_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    maps::concat_channels(a, b)
}

pub(super) fn tokens(x: &Tensor) -> Result<Tensor> {
    maps::tokens(Isa::best(), x)
}

pub(super) fn feature_map(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    maps::feature_map(Isa::best(), x, height, width)
}

pub(super) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<Tensor> {
    attention::attention(Isa::best(), (q, k, v), heads, sources, false)
}

pub(super) fn causal_attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    let own: Vec<_> = (0..q.dim(0)?).map(|row| vec![KeySource::own(row)]).collect();
    attention::attention(Isa::best(), (q, k, v), heads, &own, true)
}

pub(super) fn group_norm(
    x: &Tensor,
    groups: usize,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
    silu: bool,
    partners: Option<&[Option<usize>]>,
) -> Result<Tensor> {
    norm::group_norm(Isa::best(), x, GroupNorm { groups, weight, bias, eps, silu, partners })
}

pub(super) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    norm::layer_norm(Isa::best(), x, weight, bias, eps)
}

pub(super) fn geglu(x: &Tensor) -> Result<Tensor> {
    activation::geglu(Isa::best(), x)
}

pub(super) fn silu(x: &Tensor) -> Result<Tensor> {
    activation::activate(Isa::best(), x, Curve::Silu)
}

pub(super) fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    activation::activate(Isa::best(), x, Curve::GeluErf)
}

pub(super) fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    activation::activate(Isa::best(), x, Curve::QuickGelu)
}

pub(super) fn adain(x: &Tensor, anchors: &[StatAnchors]) -> Result<Tensor> {
    adain::adain(Isa::best(), x, anchors)
}

pub(super) fn upsample_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    resize::upsample_nearest(x, height, width)
}
