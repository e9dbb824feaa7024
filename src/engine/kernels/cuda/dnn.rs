//! Convolutions through cuDNN, channels innermost, with bias and residual in the epilogue.
//!
//! Sums are kept in single precision. Single-precision inputs are rounded to TF32 on their way
//! into the matrix units unless [`allow_tf32`] forbids it.

use super::blas;
use super::gpu::{Gpu, address, empty};
use super::{channels_last, from_channels_last};
use candle_core::cuda_backend::cudarc::cudnn::{CudnnError, sys};
use candle_core::cuda_backend::cudarc::driver::{CudaSlice, CudaStream, DevicePtr};
use candle_core::{DType, Error, Result, Tensor};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::ptr::{from_ref, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The one algorithm that uses the matrix units and takes a bias with it.
const ALGORITHM: sys::cudnnConvolutionFwdAlgo_t =
    sys::cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
const LAYOUT: sys::cudnnTensorFormat_t = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NHWC;

static TF32: AtomicBool = AtomicBool::new(true);

/// See [`crate::engine::kernels::allow_tf32`].
pub fn allow_tf32(allowed: bool) {
    TF32.store(allowed, Ordering::Relaxed);
}

/// What a convolution is, besides its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    dtype: DType,
    /// Rows, height, width, channels.
    input: [usize; 4],
    /// Rows, height, width, channels.
    output: [usize; 4],
    kernel: [usize; 2],
    stride: usize,
    padding: usize,
    tf32: bool,
}

/// Descriptions of a convolution; they live as long as the program.
#[derive(Clone, Copy)]
struct Plan {
    input: sys::cudnnTensorDescriptor_t,
    filter: sys::cudnnFilterDescriptor_t,
    convolution: sys::cudnnConvolutionDescriptor_t,
    bias: sys::cudnnTensorDescriptor_t,
    output: sys::cudnnTensorDescriptor_t,
    workspace: usize,
}

/// The library on one device.
pub(super) struct Dnn {
    handle: sys::cudnnHandle_t,
    identity: sys::cudnnActivationDescriptor_t,
    workspace: RefCell<Option<CudaSlice<u8>>>,
    /// `None` for a shape that the library does not take.
    plans: RefCell<HashMap<Shape, Option<Plan>>>,
}

impl Dnn {
    /// Opens the library for a stream.
    pub fn open(stream: &Arc<CudaStream>) -> Result<Self> {
        // SAFETY: descriptions are made here and never freed.
        let (handle, identity) = unsafe { open(stream) }.map_err(Error::wrap)?;
        let (workspace, plans) = (RefCell::default(), RefCell::default());
        Ok(Self { handle, identity, workspace, plans })
    }

    fn plan(&self, shape: Shape) -> Option<Plan> {
        let known = self.plans.borrow().get(&shape).copied();
        known.unwrap_or_else(|| {
            // SAFETY: as above.
            let plan = unsafe { plan(self.handle, shape) }.ok();
            self.plans.borrow_mut().insert(shape, plan);
            plan
        })
    }

    /// Scratch memory of at least so many bytes. What it replaces is freed in the order of the
    /// stream, behind its last use.
    fn workspace(&self, stream: &Arc<CudaStream>, bytes: usize) -> Result<u64> {
        let mut held = self.workspace.borrow_mut();
        let large_enough = held.as_ref().is_some_and(|held| held.len() >= bytes);
        if !large_enough {
            // SAFETY: only the library writes and reads it.
            *held = Some(unsafe { stream.alloc(bytes.max(1)) }.map_err(Error::wrap)?);
        }
        Ok(held.as_ref().map_or(0, |held| held.device_ptr(stream).0))
    }
}

unsafe fn open(
    stream: &Arc<CudaStream>,
) -> std::result::Result<(sys::cudnnHandle_t, sys::cudnnActivationDescriptor_t), CudnnError> {
    let (mut handle, mut identity) = (null_mut(), null_mut());
    let mode = sys::cudnnActivationMode_t::CUDNN_ACTIVATION_IDENTITY;
    let nan = sys::cudnnNanPropagation_t::CUDNN_PROPAGATE_NAN;
    unsafe {
        sys::cudnnCreate(&raw mut handle).result()?;
        sys::cudnnSetStream(handle, stream.cu_stream().cast()).result()?;
        sys::cudnnCreateActivationDescriptor(&raw mut identity).result()?;
        sys::cudnnSetActivationDescriptor(identity, mode, nan, 0.0).result()?;
    }
    Ok((handle, identity))
}

unsafe fn tensor(
    kind: sys::cudnnDataType_t,
    [rows, height, width, channels]: [usize; 4],
) -> std::result::Result<sys::cudnnTensorDescriptor_t, CudnnError> {
    let mut made = null_mut();
    let [n, c, h, w] = [rows, channels, height, width].map(|size| size as c_int);
    unsafe {
        sys::cudnnCreateTensorDescriptor(&raw mut made).result()?;
        sys::cudnnSetTensor4dDescriptor(made, LAYOUT, kind, n, c, h, w).result()?;
    }
    Ok(made)
}

unsafe fn plan(handle: sys::cudnnHandle_t, shape: Shape) -> std::result::Result<Plan, CudnnError> {
    let kind = match shape.dtype {
        DType::F16 => sys::cudnnDataType_t::CUDNN_DATA_HALF,
        DType::BF16 => sys::cudnnDataType_t::CUDNN_DATA_BFLOAT16,
        _ => sys::cudnnDataType_t::CUDNN_DATA_FLOAT,
    };
    let single = sys::cudnnDataType_t::CUDNN_DATA_FLOAT;
    let math = match shape.dtype {
        DType::F32 if shape.tf32 => sys::cudnnMathType_t::CUDNN_DEFAULT_MATH,
        DType::F32 => sys::cudnnMathType_t::CUDNN_FMA_MATH,
        _ => sys::cudnnMathType_t::CUDNN_TENSOR_OP_MATH,
    };
    let mode = sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION;
    let (mut filter, mut convolution) = (null_mut(), null_mut());
    let [o, c, h, w] = [shape.output[3], shape.input[3], shape.kernel[0], shape.kernel[1]]
        .map(|size| size as c_int);
    let (pad, step) = (shape.padding as c_int, shape.stride as c_int);
    let mut workspace = 0;
    unsafe {
        let input = tensor(kind, shape.input)?;
        let output = tensor(kind, shape.output)?;
        let bias = tensor(kind, [1, 1, 1, shape.output[3]])?;
        sys::cudnnCreateFilterDescriptor(&raw mut filter).result()?;
        sys::cudnnSetFilter4dDescriptor(filter, kind, LAYOUT, o, c, h, w).result()?;
        sys::cudnnCreateConvolutionDescriptor(&raw mut convolution).result()?;
        sys::cudnnSetConvolution2dDescriptor(convolution, pad, pad, step, step, 1, 1, mode, single)
            .result()?;
        sys::cudnnSetConvolutionMathType(convolution, math).result()?;
        sys::cudnnGetConvolutionForwardWorkspaceSize(
            handle,
            input,
            filter,
            convolution,
            output,
            ALGORITHM,
            &raw mut workspace,
        )
        .result()?;
        Ok(Plan { input, filter, convolution, bias, output, workspace })
    }
}

/// See [`crate::engine::kernels::conv2d_add`], with a bias; `None` for a shape that the library
/// does not take.
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    residual: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Option<Tensor>> {
    let gpu = Gpu::of(x)?;
    let (input, filter, bias) = (channels_last(x)?, channels_last(weight)?, bias.contiguous()?);
    let residual = residual.map(channels_last).transpose()?;
    let (rows, height, width, channels) = input.dims4()?;
    let (outputs, kernel_height, kernel_width, _) = filter.dims4()?;
    let Some(sides) = sides([height, width], [kernel_height, kernel_width], stride, padding) else {
        candle_core::bail!("conv2d: a {height} x {width} map is smaller than its filter")
    };
    let dims = [rows, sides[0], sides[1], outputs];
    if (kernel_height, kernel_width, stride, padding) == (1, 1, 1, 0) {
        // A pixel at a time: a linear layer, which cuBLASLt does faster.
        let filter = filter.reshape((outputs, channels))?;
        let map = blas::linear(&input, &filter, Some(&bias), residual.as_ref())?;
        return from_channels_last(&map).map(Some);
    }
    let shape = Shape {
        dtype: x.dtype(),
        input: [rows, height, width, channels],
        output: dims,
        kernel: [kernel_height, kernel_width],
        stride,
        padding,
        tf32: TF32.load(Ordering::Relaxed),
    };
    let Some(plan) = gpu.dnn.plan(shape) else { return Ok(None) };
    let out = empty(&input, &dims)?;
    let to = address(&out)?;
    let added = residual.as_ref().map_or(Ok(to), address)?;
    let scale = if residual.is_some() { 1f32 } else { 0f32 };
    let numbers = [address(&input)?, address(&filter)?, added, address(&bias)?, to];
    match gpu.convolve(&plan, numbers, scale)? {
        true => from_channels_last(&out).map(Some),
        false => {
            gpu.dnn.plans.borrow_mut().insert(shape, None);
            Ok(None)
        }
    }
}

/// Height and width of the result; `None` when the padded map is smaller than the filter.
fn sides(map: [usize; 2], kernel: [usize; 2], stride: usize, padding: usize) -> Option<[usize; 2]> {
    let side = |i: usize| (map[i] + 2 * padding).checked_sub(kernel[i]).map(|n| n / stride + 1);
    Some([side(0)?, side(1)?])
}

impl Gpu {
    /// Queues a convolution; whether the library took it. `numbers` are the addresses of input,
    /// filter, residual, bias and output; `scale` is the residual's factor.
    fn convolve(&self, plan: &Plan, numbers: [u64; 5], scale: f32) -> Result<bool> {
        let [input, filter, added, bias, to] = numbers.map(|address| address as *mut c_void);
        let workspace = self.dnn.workspace(&self.stream, plan.workspace)?;
        let one = 1f32;
        // SAFETY: shapes were described to the library, and see the module's note.
        let status = unsafe {
            sys::cudnnConvolutionBiasActivationForward(
                self.dnn.handle,
                from_ref(&one).cast(),
                plan.input,
                input,
                plan.filter,
                filter,
                plan.convolution,
                ALGORITHM,
                workspace as *mut c_void,
                plan.workspace,
                from_ref(&scale).cast(),
                plan.output,
                added,
                plan.bias,
                bias,
                self.dnn.identity,
                plan.output,
                to,
            )
        };
        match status.result() {
            Ok(()) => Ok(true),
            Err(error) if format!("{error:?}").contains("NOT_SUPPORTED") => Ok(false),
            Err(error) => Err(Error::wrap(error)),
        }
    }
}
