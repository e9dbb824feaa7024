//! Feature maps as wholes: their order in memory, sums, joins and sizes.
//!
//! A feature map is `(n, c, h, w)`. The CPU keeps it in that order; CUDA keeps its channels
//! innermost. Networks go from maps to tokens and back through [`tokens`] and [`feature_map`],
//! which copy only where the order asks for it.

#[cfg(feature = "cuda")]
use super::cuda;
use super::{cpu, plain};
use candle_core::{Result, Tensor};

/// `(n, c, h, w)` to `(n, h * w, c)`.
///
/// # Errors
/// If `x` has not four dimensions.
pub fn tokens(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::tokens(x);
    }
    let (rows, channels, height, width) = x.dims4()?;
    if x.device().is_cuda() {
        return x.permute((0, 2, 3, 1))?.contiguous()?.reshape((rows, height * width, channels));
    }
    x.flatten_from(2)?.transpose(1, 2)?.contiguous()
}

/// `(n, h * w, c)` to `(n, c, h, w)`.
///
/// # Errors
/// If `x` has not three dimensions or not `height * width` tokens.
pub fn feature_map(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::feature_map(x, height, width);
    }
    let (rows, _, channels) = x.dims3()?;
    if x.device().is_cuda() {
        return x.reshape((rows, height, width, channels))?.permute((0, 3, 1, 2));
    }
    x.transpose(1, 2)?.contiguous()?.reshape((rows, channels, height, width))
}

/// `left + right`, of one shape.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn add(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[left, right]) {
        return cpu::add(left, right);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[left, right]) && left.dims() == right.dims() {
        return cuda::add(left, right);
    }
    left + right
}

/// `x + shift` for each channel of each row: `x` is `(n, c, h, w)`, `shift` `(n, c)`.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn add_channels(x: &Tensor, shift: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x, shift]) {
        return cpu::add_channels(x, shift);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x, shift]) && x.dims4()?.0 == shift.dim(0)? && x.dim(1)? == shift.dim(1)? {
        return cuda::add_channels(x, shift);
    }
    x.broadcast_add(&shift.unsqueeze(2)?.unsqueeze(3)?)
}

/// The channels of `a` and then those of `b`.
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn concat_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[a, b]) {
        return cpu::concat_channels(a, b);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[a, b]) && a.dim(0)? == b.dim(0)? && a.dims()[2..] == b.dims()[2..] {
        return cuda::concat_channels(a, b);
    }
    Tensor::cat(&[a, b], 1)
}

/// Nearest-neighbour resize of `x` `(n, c, h, w)` to `(height, width)`, with the index rule of
/// PyTorch's `interpolate(mode="nearest")`.
///
/// # Errors
/// If `x` has not four dimensions or a size is zero.
pub fn upsample_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::upsample_nearest(x, height, width);
    }
    #[cfg(feature = "cuda")]
    if cuda::takes(&[x]) && height > 0 && width > 0 {
        return cuda::upsample_nearest(x, height, width);
    }
    plain::upsample_nearest(x, height, width)
}
