//! The operations that a diffusion network spends its time in, each behind one function.
//!
//! Every function takes a tensor on any device and of any float type. [`plain`] holds the form
//! written in ordinary candle operations: it is what runs where no faster form exists, and what
//! each faster form is tested against.
//!
//! One law holds for all of them on the CPU: **a row of a batch is computed alone**. Its bytes
//! depend neither on the size of the batch, nor on the other rows (save those that it names as
//! its sources), nor on the number of threads.

mod affine;
mod checks;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod maps;
pub mod plain;

pub use affine::{allow_tf32, arrange, conv2d, conv2d_add, conv2d_shift, linear, linear_add};
pub use maps::{add, add_channels, concat_channels, feature_map, tokens, upsample_nearest};

use candle_core::{DType, Device, Result, Tensor};
use checks::{check_adain, check_attention, check_causal, check_group_norm};

/// Loads candle's own kernels onto a GPU by calling one of each kind. The driver compiles them when
/// it sees them for the first time, which takes seconds; later runs find them in its cache.
///
/// # Errors
/// If the device fails.
pub fn load(device: &Device) -> Result<()> {
    let x = Tensor::zeros((2, 2), DType::F32, device)?;
    let one = Tensor::zeros(1, DType::U32, device)?;
    let x = x.affine(1.0, 1.0)?.add(&x)?.sqr()?.index_select(&one, 0)?;
    let is_one = x.sum(1)?.to_dtype(DType::U32)?.eq(&one)?;
    is_one.where_cond(&one, &one)?;
    device.synchronize()
}

/// One run of keys and values that a query row attends to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeySource {
    /// The row of the keys and values.
    pub row: usize,
    /// Factor on the logits of these keys.
    pub scale: f32,
    /// Added to the logits of these keys after scaling; `ln 2` doubles their weight.
    pub shift: f32,
}

impl KeySource {
    /// A row's own keys, neither scaled nor shifted.
    #[must_use]
    pub fn own(row: usize) -> Self {
        Self { row, scale: 1.0, shift: 0.0 }
    }

    /// Whether the logits stay as they are.
    pub(crate) fn is_neutral(&self) -> bool {
        self.scale == 1.0 && self.shift == 0.0
    }
}

/// The rows and weights that one row of [`adain`] takes its statistics from.
pub type StatAnchors = Vec<(usize, f32)>;

/// Attention in which each query row names the rows of keys and values that it looks at.
///
/// `q` is `(b, n, heads * d)`, `k` and `v` are `(bk, m, heads * d)`, the result has the shape of
/// `q`. Row `i` attends to the concatenation of `sources[i]` (which is never built): the logits
/// of one source are `scale * q·k / sqrt(d) + shift` and the softmax runs over all of them
/// together.
///
/// # Errors
/// If shapes, types or devices do not fit, `sources` has not one non-empty list a query row, or
/// a source names a row that is not there.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<Tensor> {
    check_attention(q, k, v, heads, sources)?;
    if cpu::takes(&[q, k, v]) {
        return cpu::attention(q, k, v, heads, sources);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[q, k, v])
        && let Some(y) = cuda::attention(q, k, v, heads, sources)?
    {
        return Ok(y);
    }
    plain::attention(q, k, v, heads, sources)
}

/// Self-attention in which a token sees itself and the tokens before it.
///
/// `q`, `k` and `v` are `(b, n, heads * d)`, and so is the result.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn causal_attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    check_causal(q, k, v, heads)?;
    if cpu::takes(&[q, k, v]) {
        return cpu::causal_attention(q, k, v, heads);
    }
    plain::causal_attention(q, k, v, heads)
}

/// Group normalisation, with an optional SiLU after it and optional pooling of statistics.
///
/// `x` is `(n, c, h, w)`, `weight` and `bias` are `(c)`. With `partners`, the statistics of row
/// `i` are those of the rows `i` and `partners[i]` taken together (StyleAligned's shared group
/// norm); `None` in the list leaves a row to itself.
///
/// # Errors
/// If shapes, types or devices do not fit, `c` is not a multiple of `groups`, or a partner is
/// not there.
pub fn group_norm(
    x: &Tensor,
    groups: usize,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
    silu: bool,
    partners: Option<&[Option<usize>]>,
) -> Result<Tensor> {
    check_group_norm(x, groups, partners)?;
    if cpu::takes(&[x, weight, bias]) {
        return cpu::group_norm(x, groups, weight, bias, eps, silu, partners);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, weight, bias])
        && let Some(y) = cuda::group_norm(x, groups, weight, bias, eps, silu, partners)?
    {
        return Ok(y);
    }
    plain::group_norm(x, groups, weight, bias, eps, silu, partners)
}

/// Normalisation of each token of `x` `(b, n, c)` over its channels.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias]) {
        return cpu::layer_norm(x, weight, bias, eps);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, weight, bias])
        && let Some(y) = cuda::layer_norm(x, weight, bias, eps)?
    {
        return Ok(y);
    }
    plain::layer_norm(x, weight, bias, eps)
}

/// The gated activation of the transformer blocks: `x` is `(b, n, 2c)`, the result `(b, n, c)`,
/// its first half times [`gelu_erf`] of its second.
///
/// # Errors
/// If the last dimension is odd.
pub fn geglu(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::geglu(x);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x]) && x.dims().last().is_some_and(|width| width.is_multiple_of(2)) {
        return cuda::geglu(x);
    }
    plain::geglu(x)
}

/// `x sigmoid(x)`.
///
/// # Errors
/// If the type is not a float type.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::silu(x);
    }
    plain::silu(x)
}

/// GELU by the error function (not by `tanh`).
///
/// # Errors
/// If the type is not a float type.
pub fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::gelu_erf(x);
    }
    plain::gelu_erf(x)
}

/// `x sigmoid(1.702 x)`, the activation of the first CLIP encoder.
///
/// # Errors
/// If the type is not a float type.
pub fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::quick_gelu(x);
    }
    plain::quick_gelu(x)
}

/// Adaptive instance normalisation over tokens (StyleAligned, section 3.2).
///
/// `x` is `(b, n, c)`. Each channel of row `i` is brought from its own mean and deviation over
/// the tokens to those of `anchors[i]`; an empty list, or one that names only the row itself,
/// returns the row bit for bit. A deviation is `sqrt(var + 1e-5)` with the unbiased variance.
/// Several anchors are pooled as a mixture: `m = Σ w μ` and `σ² = Σ w (σ_j² + (μ_j - m)²)`; their
/// weights are expected to sum to one.
///
/// # Errors
/// If `x` has not three dimensions or fewer than two tokens, `anchors` not one list a row, or
/// an anchor is not there.
pub fn adain(x: &Tensor, anchors: &[StatAnchors]) -> Result<Tensor> {
    check_adain(x, anchors)?;
    if cpu::takes(&[x]) {
        return cpu::adain(x, anchors);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x])
        && let Some(y) = cuda::adain(x, anchors)?
    {
        return Ok(y);
    }
    plain::adain(x, anchors)
}

/// Whether `anchors` leave `row` as it is.
fn leaves_alone(row: usize, anchors: &StatAnchors) -> bool {
    anchors.iter().all(|&(anchor, _)| anchor == row)
}

/// The source index of each of `to` places for a resize from `from`, in single precision as
/// PyTorch computes it.
fn nearest_indices(from: usize, to: usize) -> Vec<u32> {
    let scale = from as f32 / to as f32;
    let last = from.saturating_sub(1);
    (0..to).map(|place| ((place as f32 * scale) as usize).min(last) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kernel_of_each_kind_can_be_called() {
        load(&Device::Cpu).unwrap();
    }
}
