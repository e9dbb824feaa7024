//! Linear layers through cuBLASLt, with bias and residual in the epilogue.

use super::gpu::{Gpu, address, empty};
use candle_core::cuda_backend::cudarc::cublas::sys::cublasOperation_t;
use candle_core::cuda_backend::cudarc::cublaslt::{result, sys};
use candle_core::cuda_backend::cudarc::driver::{CudaSlice, CudaStream, DevicePtr};
use candle_core::{DType, Error, Result, Tensor};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;
use sys::cublasLtMatmulDescAttributes_t as Describe;
use sys::cublasLtMatmulPreferenceAttributes_t as Prefer;

/// Scratch memory of the library; what NVIDIA advises for Hopper.
const WORKSPACE: usize = 32 << 20;
/// The alignment of fresh memory, and the most that an algorithm asks for.
const FULL_ALIGNMENT: u64 = 256;

/// What decides which algorithm is best.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    dtype: DType,
    rows: usize,
    inputs: usize,
    outputs: usize,
    bias: bool,
    /// Of weight, input, residual and output, in bytes.
    alignments: [u32; 4],
}

/// A chosen algorithm with its descriptions; these live as long as the program.
#[derive(Clone, Copy)]
struct Choice {
    operation: sys::cublasLtMatmulDesc_t,
    weight: sys::cublasLtMatrixLayout_t,
    input: sys::cublasLtMatrixLayout_t,
    output: sys::cublasLtMatrixLayout_t,
    algorithm: sys::cublasLtMatmulAlgo_t,
}

/// The library on one device.
pub(super) struct Blas {
    handle: sys::cublasLtHandle_t,
    workspace: CudaSlice<u8>,
    choices: RefCell<HashMap<Shape, Choice>>,
}

impl Blas {
    /// Opens the library for a stream.
    pub fn open(stream: &Arc<CudaStream>) -> Result<Self> {
        let handle = result::create_handle().map_err(Error::wrap)?;
        // SAFETY: only the library writes and reads it.
        let workspace = unsafe { stream.alloc(WORKSPACE) }.map_err(Error::wrap)?;
        Ok(Self { handle, workspace, choices: RefCell::default() })
    }

    fn choice(&self, shape: Shape) -> Result<Choice> {
        if let Some(choice) = self.choices.borrow().get(&shape) {
            return Ok(*choice);
        }
        // SAFETY: descriptions are made here, used here, and never freed.
        let choice = unsafe { choose(self.handle, shape) }.map_err(Error::wrap)?;
        self.choices.borrow_mut().insert(shape, choice);
        Ok(choice)
    }
}

/// The library counts columns first, so that `y = x wᵀ` is `yᵀ = w xᵀ`: w, stored (outputs,
/// inputs), is seen transposed, and the bias runs along the columns of yᵀ.
unsafe fn choose(
    handle: sys::cublasLtHandle_t,
    shape: Shape,
) -> std::result::Result<Choice, result::CublasError> {
    let kind = match shape.dtype {
        DType::F16 => sys::cudaDataType::CUDA_R_16F,
        DType::BF16 => sys::cudaDataType::CUDA_R_16BF,
        _ => sys::cudaDataType::CUDA_R_32F,
    };
    let [rows, inputs, outputs] = [shape.rows, shape.inputs, shape.outputs].map(|n| n as u64);
    let single = sys::cudaDataType::CUDA_R_32F;
    let exact = sys::cublasComputeType_t::CUBLAS_COMPUTE_32F;
    let operation = result::create_matmul_desc(exact, single)?;
    let weight = result::create_matrix_layout(kind, inputs, outputs, inputs as i64)?;
    let input = result::create_matrix_layout(kind, inputs, rows, inputs as i64)?;
    let output = result::create_matrix_layout(kind, outputs, rows, outputs as i64)?;
    let transposed = cublasOperation_t::CUBLAS_OP_T;
    let epilogue = match shape.bias {
        true => sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_BIAS,
        false => sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_DEFAULT,
    };
    // SAFETY: the attributes are of the types that the library reads for them.
    unsafe {
        describe(operation, Describe::CUBLASLT_MATMUL_DESC_TRANSA, &transposed)?;
        describe(operation, Describe::CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue)?;
        let preference = result::create_matmul_pref()?;
        prefer(preference, Prefer::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &WORKSPACE)?;
        let places = [
            Prefer::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
            Prefer::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
            Prefer::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
            Prefer::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
        ];
        for (place, alignment) in places.into_iter().zip(&shape.alignments) {
            prefer(preference, place, alignment)?;
        }
        let found = result::get_matmul_algo_heuristic(
            handle, operation, weight, input, output, output, preference,
        )?;
        result::destroy_matmul_pref(preference)?;
        Ok(Choice { operation, weight, input, output, algorithm: found.algo })
    }
}

unsafe fn describe<T>(
    operation: sys::cublasLtMatmulDesc_t,
    attribute: Describe,
    value: &T,
) -> std::result::Result<(), result::CublasError> {
    let pointer = std::ptr::from_ref(value).cast::<c_void>();
    unsafe { result::set_matmul_desc_attribute(operation, attribute, pointer, size_of::<T>()) }
}

unsafe fn prefer<T>(
    preference: sys::cublasLtMatmulPreference_t,
    attribute: Prefer,
    value: &T,
) -> std::result::Result<(), result::CublasError> {
    let pointer = std::ptr::from_ref(value).cast::<c_void>();
    unsafe { result::set_matmul_pref_attribute(preference, attribute, pointer, size_of::<T>()) }
}

fn alignment(address: u64) -> u32 {
    (1u64 << address.trailing_zeros().min(8)).min(FULL_ALIGNMENT) as u32
}

/// `x weightᵀ + bias + residual`, x `(…, inputs)`, residual of the result's shape.
pub fn linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    residual: Option<&Tensor>,
) -> Result<Tensor> {
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let bias = bias.map(Tensor::contiguous).transpose()?;
    let residual = residual.map(Tensor::contiguous).transpose()?;
    let (outputs, inputs) = weight.dims2()?;
    let mut dims = x.dims().to_vec();
    if let Some(last) = dims.last_mut() {
        *last = outputs;
    }
    let gpu = Gpu::of(&x)?;
    let out = empty(&x, &dims)?;
    let (w, b, d) = (address(&weight)?, address(&x)?, address(&out)?);
    let c = residual.as_ref().map_or(Ok(d), address)?;
    let choice = gpu.blas.choice(Shape {
        dtype: x.dtype(),
        rows: x.elem_count() / inputs,
        inputs,
        outputs,
        bias: bias.is_some(),
        alignments: [w, b, c, d].map(alignment),
    })?;
    let (alpha, beta) = (1f32, if residual.is_some() { 1f32 } else { 0f32 });
    let (workspace, _order) = gpu.blas.workspace.device_ptr(&gpu.stream);
    // SAFETY: shapes were checked, and see the module's note.
    unsafe {
        if let Some(bias) = &bias {
            let at = address(bias)?;
            describe(choice.operation, Describe::CUBLASLT_MATMUL_DESC_BIAS_POINTER, &at)
                .map_err(Error::wrap)?;
        }
        result::matmul(
            gpu.blas.handle,
            choice.operation,
            std::ptr::from_ref(&alpha).cast(),
            std::ptr::from_ref(&beta).cast(),
            w as *const c_void,
            choice.weight,
            b as *const c_void,
            choice.input,
            c as *const c_void,
            choice.output,
            d as *mut c_void,
            choice.output,
            &raw const choice.algorithm,
            workspace as *mut c_void,
            WORKSPACE,
            gpu.stream.cu_stream().cast(),
        )
        .map_err(Error::wrap)?;
    }
    Ok(out)
}
