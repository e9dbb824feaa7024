//! Adaptive instance normalisation (arXiv 1703.06868, eq. 8; StyleAligned section 3.2).

use crate::engine::kernels;
use candle_core::{Result, Tensor};

/// Added to the variance inside the square root, as in the published code.
pub const EPS: f64 = 1e-5;

/// Gives each row of x (rows, tokens, channels) the mean and deviation over
/// tokens of its weighted anchors; a row without anchors is left as it is.
///
/// `x̂ = (x − μ_x) / σ_x · σ_a + μ_a`, for each channel, with the unbiased
/// variance and `σ = sqrt(var + 1e-5)`. Channels are normalised one by one, so
/// that splitting heads before or after changes nothing.
///
/// # Errors
/// When an anchor is not a row of `x`.
pub fn adain(x: &Tensor, anchors: &[Vec<(usize, f32)>]) -> Result<Tensor> {
    kernels::adain(x, anchors)
}
