//! Convolution, linear layer and resize.

use candle_core::{Result, Tensor};

use super::super::nearest_indices;

/// See [`crate::engine::kernels::conv2d`].
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
    let y = if x.device().is_cpu() {
        // Row by row, so that a row's bytes do not depend on how candle cuts up a batch.
        let rows = (0..x.dim(0)?)
            .map(|row| x.narrow(0, row, 1)?.contiguous()?.conv2d(weight, padding, stride, 1, 1))
            .collect::<Result<Vec<_>>>()?;
        Tensor::cat(&rows, 0)?
    } else {
        x.conv2d(weight, padding, stride, 1, 1)?
    };
    match bias {
        Some(bias) => y.broadcast_add(&bias.reshape((1, (), 1, 1))?),
        None => Ok(y),
    }
}

/// See [`crate::engine::kernels::linear`].
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (out, _) = weight.dims2()?;
    let mut shape = x.dims().to_vec();
    let Some(last) = shape.last_mut() else { candle_core::bail!("linear: x is a scalar") };
    let width = std::mem::replace(last, out);
    let transposed = weight.t()?;
    let y = if x.device().is_cpu() {
        let rows = x.contiguous()?.reshape((x.dim(0)?, (), width))?;
        rows.broadcast_matmul(&transposed)?.reshape(shape)?
    } else {
        x.contiguous()?.reshape(((), width))?.matmul(&transposed)?.reshape(shape)?
    };
    match bias {
        Some(bias) => y.broadcast_add(bias),
        None => Ok(y),
    }
}

/// See [`crate::engine::kernels::upsample_nearest`].
///
/// # Errors
/// If `x` has not four dimensions or a size is zero.
pub fn upsample_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (_, _, from_height, from_width) = x.dims4()?;
    if height == 0 || width == 0 {
        candle_core::bail!("upsample_nearest: cannot resize to {height} x {width}")
    }
    let down = Tensor::new(nearest_indices(from_height, height), x.device())?;
    let across = Tensor::new(nearest_indices(from_width, width), x.device())?;
    x.contiguous()?.index_select(&across, 3)?.index_select(&down, 2)
}
