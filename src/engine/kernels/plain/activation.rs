//! Activations.

use candle_core::{D, Result, Tensor};

/// See [`crate::engine::kernels::geglu`].
///
/// # Errors
/// If the last dimension is odd.
pub fn geglu(x: &Tensor) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    if width % 2 != 0 {
        candle_core::bail!("geglu: {width} channels cannot be halved")
    }
    let value = x.narrow(D::Minus1, 0, width / 2)?;
    let gate = x.narrow(D::Minus1, width / 2, width / 2)?.contiguous()?;
    value * gate.gelu_erf()?
}

/// See [`crate::engine::kernels::silu`].
///
/// # Errors
/// If the type is not a float type.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    x.silu()
}

/// See [`crate::engine::kernels::gelu_erf`].
///
/// # Errors
/// If the type is not a float type.
pub fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    x.gelu_erf()
}

/// See [`crate::engine::kernels::quick_gelu`].
///
/// # Errors
/// If the type is not a float type.
pub fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    x * candle_nn::ops::sigmoid(&(x * 1.702)?)?
}
