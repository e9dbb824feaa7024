//! The kernels on CUDA, in f16, bf16 and f32.
//!
//! Feature maps keep the shape `(n, c, h, w)` but lie in memory with their channels innermost,
//! as convolutions on tensor cores want them; a map is then the tokens of a transformer without
//! a copy. Whatever comes in another order is copied once.
//!
//! Linear layers go to cuBLASLt and convolutions to cuDNN, each with bias and residual in its
//! epilogue; the rest are kernels of our own, in `source/`. A function here answers `None` where
//! it has no form for its arguments, and the plain form runs.
//!
//! `unsafe` stands here for calls into CUDA with device pointers. They are sound because every
//! pointer is taken from a tensor that outlives the call, results are written whole before
//! anything reads them, and all work of one device is on one stream in order.

mod adain;
mod attention;
mod blas;
mod dnn;
mod gpu;
mod maps;
mod norm;
#[cfg(test)]
mod tests;

pub(super) use adain::adain;
pub(super) use attention::attention;
pub(super) use blas::linear;
pub(super) use dnn::{allow_tf32, conv2d};
pub(super) use maps::{add, add_channels, concat_channels, geglu, upsample_nearest};
pub(super) use norm::{group_norm, layer_norm};

use candle_core::{DType, Result, Tensor};

/// Whether these kernels can take all of `tensors`.
pub(super) fn takes(tensors: &[&Tensor]) -> bool {
    tensors.iter().all(|tensor| {
        tensor.device().is_cuda()
            && tensor.dtype() == tensors[0].dtype()
            && matches!(tensor.dtype(), DType::F16 | DType::BF16 | DType::F32)
    })
}

/// Four dimensions as before, the second innermost in memory.
pub(super) fn arrange(x: &Tensor) -> Result<Tensor> {
    from_channels_last(&channels_last(x)?)
}

/// `(n, c, h, w)` as contiguous `(n, h, w, c)`; a copy only where the channels are not innermost.
fn channels_last(x: &Tensor) -> Result<Tensor> {
    x.permute((0, 2, 3, 1))?.contiguous()
}

/// The way back, which never copies.
fn from_channels_last(x: &Tensor) -> Result<Tensor> {
    x.permute((0, 3, 1, 2))
}
