//! Convolutions and linear layers, alone or onto a residual.

#[cfg(feature = "cuda")]
use super::cuda;
use super::{add, add_channels};
use super::{cpu, plain};
use candle_core::{Result, Tensor};

/// Two-dimensional convolution with zero padding on all four sides.
///
/// `x` is `(n, c, h, w)`, `weight` `(o, c, k, k)`, `bias` `(o)`; the result is
/// `(n, o, h', w')` with `h' = (h + 2 padding - k) / stride + 1`.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias.unwrap_or(weight)]) {
        return cpu::conv2d(x, weight, bias, stride, padding);
    }
    #[cfg(feature = "cuda")]
    if let Some(bias) = bias
        && cuda::takes(&[x, weight, bias])
        && let Some(y) = cuda::conv2d(x, weight, bias, None, stride, padding)?
    {
        return Ok(y);
    }
    plain::conv2d(x, weight, bias, stride, padding)
}

/// [`conv2d`] with a bias, and `residual`, of the result's shape, added.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn conv2d_add(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    residual: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias, residual]) {
        return cpu::conv2d_add(x, weight, bias, residual, stride, padding);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, weight, bias, residual])
        && let Some(y) = cuda::conv2d(x, weight, bias, Some(residual), stride, padding)?
    {
        return Ok(y);
    }
    add(&conv2d(x, weight, Some(bias), stride, padding)?, residual)
}

/// [`conv2d`] with a bias, and `shift`, one number a channel of each row `(n, o)`, added.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn conv2d_shift(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    shift: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias, shift]) {
        return cpu::conv2d_shift(x, weight, bias, shift, stride, padding);
    }
    add_channels(&conv2d(x, weight, Some(bias), stride, padding)?, shift)
}

/// A map `(n, c, h, w)` or a filter `(o, c, k, k)` in the order in which the kernels read it
/// fastest on its device.
///
/// # Errors
/// If `x` has not four dimensions.
pub fn arrange(x: Tensor) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if cuda::takes(&[&x]) {
        return cuda::arrange(&x);
    }
    Ok(x)
}

/// Whether convolutions in single precision may round their inputs to TF32 (ten bits of
/// mantissa) where a card has units for it: some four times faster, and about as exact as half
/// precision. For the whole program; allowed until it is forbidden, as in PyTorch.
pub fn allow_tf32(allowed: bool) {
    #[cfg(feature = "cuda")]
    cuda::allow_tf32(allowed);
    // Elsewhere single precision is always whole.
    let _ = allowed;
}

/// `x weightᵀ + bias`.
///
/// `x` is `(b, n, in)` or `(b, in)`, `weight` `(out, in)` as PyTorch stores it, `bias` `(out)`.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias.unwrap_or(weight)]) {
        return cpu::linear(x, weight, bias, None);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, weight, bias.unwrap_or(weight)]) {
        return cuda::linear(x, weight, bias, None);
    }
    plain::linear(x, weight, bias)
}

/// [`linear`] with `residual`, of the result's shape, added.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn linear_add(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    residual: &Tensor,
) -> Result<Tensor> {
    if cpu::takes(&[x, weight, bias.unwrap_or(weight), residual]) {
        return cpu::linear(x, weight, bias, Some(residual));
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, weight, bias.unwrap_or(weight), residual]) {
        return cuda::linear(x, weight, bias, Some(residual));
    }
    add(&linear(x, weight, bias)?, residual)
}
