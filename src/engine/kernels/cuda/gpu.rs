//! One device as one thread sees it: its stream, loaded kernels and library handles.

use super::blas::Blas;
use super::dnn::Dnn;
use candle_core::backend::BackendStorage;
use candle_core::cuda_backend::DeviceId;
use candle_core::cuda_backend::cudarc::driver::{
    CudaFunction, CudaModule, CudaStream, DevicePtr, LaunchConfig, sys::CUfunction_attribute_enum,
};
use candle_core::cuda_backend::cudarc::nvrtc::Ptx;
use candle_core::{DType, Device, Error, Result, Storage, Tensor};
use half::{bf16, f16};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The compiled units, each with code for one card and PTX for others.
const UNITS: [&[u8]; 3] = [
    include_bytes!(concat!(env!("OUT_DIR"), "/norm.fatbin")),
    include_bytes!(concat!(env!("OUT_DIR"), "/maps.fatbin")),
    include_bytes!(concat!(env!("OUT_DIR"), "/attention.fatbin")),
];
/// Shared memory of a block that needs no asking.
const FREE_SHARED: u32 = 48 << 10;

/// A device. Library handles belong to one thread, so each thread has its own.
pub(super) struct Gpu {
    /// Where all work of this device is queued.
    pub stream: Arc<CudaStream>,
    /// cuBLASLt.
    pub blas: Blas,
    /// cuDNN.
    pub dnn: Dnn,
    modules: Vec<Arc<CudaModule>>,
    functions: RefCell<HashMap<String, CudaFunction>>,
}

thread_local! {
    static GPUS: RefCell<HashMap<DeviceId, &'static Gpu>> = RefCell::default();
}

impl Gpu {
    /// The device of a tensor. Opened once a thread and kept to the end of the program: the
    /// libraries must not be closed after the driver is.
    pub fn of(x: &Tensor) -> Result<&'static Self> {
        let Device::Cuda(device) = x.device() else {
            candle_core::bail!("a CUDA kernel was called for a tensor on another device")
        };
        GPUS.with(|gpus| {
            if let Some(gpu) = gpus.borrow().get(&device.id()) {
                return Ok(*gpu);
            }
            let gpu: &'static Self = Box::leak(Box::new(Self::open(device.cuda_stream())?));
            gpus.borrow_mut().insert(device.id(), gpu);
            Ok(gpu)
        })
    }

    fn open(stream: Arc<CudaStream>) -> Result<Self> {
        let load = |unit: &[u8]| stream.context().load_module(Ptx::from_binary(unit.to_vec()));
        let modules: std::result::Result<_, _> = UNITS.into_iter().map(load).collect();
        let modules = modules.map_err(Error::wrap)?;
        let (blas, dnn) = (Blas::open(&stream)?, Dnn::open(&stream)?);
        Ok(Self { stream, blas, dnn, modules, functions: RefCell::default() })
    }

    /// A kernel by name, allowed `shared` bytes of shared memory.
    pub fn function(&self, name: &str, shared: u32) -> Result<CudaFunction> {
        if let Some(function) = self.functions.borrow().get(name) {
            return Ok(function.clone());
        }
        let found = self.modules.iter().find_map(|module| module.load_function(name).ok());
        let Some(function) = found else { candle_core::bail!("no CUDA kernel {name}") };
        if shared > FREE_SHARED {
            let most = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            function.set_attribute(most, shared as i32).map_err(Error::wrap)?;
        }
        self.functions.borrow_mut().insert(name.to_owned(), function.clone());
        Ok(function)
    }
}

/// Queues a kernel: device, name, configuration, then its arguments in order.
macro_rules! launch {
    ($gpu:expr, $name:expr, $config:expr, $($argument:expr),* $(,)?) => {{
        use candle_core::cuda_backend::cudarc::driver::PushKernelArg;
        let config: candle_core::cuda_backend::cudarc::driver::LaunchConfig = $config;
        let function = $gpu.function(&$name, config.shared_mem_bytes)?;
        let mut builder = $gpu.stream.launch_builder(&function);
        candle_core::builder_arg!(builder, $($argument),*);
        // SAFETY: see the module's note; the argument types are those of the kernel's signature.
        unsafe { builder.launch(config) }.map_err(candle_core::Error::wrap)?;
    }};
}
pub(super) use launch;

/// Where a tensor's first number lies on the device. Good as long as the tensor is.
pub(super) fn address(x: &Tensor) -> Result<u64> {
    let (storage, layout) = x.storage_and_layout();
    let Storage::Cuda(cuda) = &*storage else {
        candle_core::bail!("a CUDA kernel was given a tensor on another device")
    };
    let stream = cuda.device().cuda_stream();
    let base = match x.dtype() {
        DType::F16 => cuda.as_cuda_slice::<f16>()?.device_ptr(&stream).0,
        DType::BF16 => cuda.as_cuda_slice::<bf16>()?.device_ptr(&stream).0,
        DType::F32 => cuda.as_cuda_slice::<f32>()?.device_ptr(&stream).0,
        other => candle_core::bail!("CUDA kernels do not know {other:?}"),
    };
    Ok(base + (layout.start_offset() * x.dtype().size_in_bytes()) as u64)
}

/// A tensor like `x` in type and device, to be written whole by the next kernel.
pub(super) fn empty(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    // SAFETY: every caller launches a kernel that writes each element before it returns.
    unsafe { Tensor::empty(shape, x.dtype(), x.device()) }
}

/// Room for `count` pairs of single floats that one kernel leaves to the next.
pub(super) fn scratch(x: &Tensor, count: usize) -> Result<Tensor> {
    // SAFETY: as above.
    unsafe { Tensor::empty(count * 2, DType::F32, x.device()) }
}

/// How a type is called in the names of kernels.
pub(super) fn suffix(dtype: DType) -> &'static str {
    match dtype {
        DType::F16 => "f16",
        DType::BF16 => "bf16",
        _ => "f32",
    }
}

/// Numbers that one instruction moves: 16 bytes' worth where `channels` and all addresses
/// allow it, else one.
pub(super) fn pack(dtype: DType, channels: usize, addresses: &[u64]) -> usize {
    let full = 16 / dtype.size_in_bytes();
    let aligned = addresses.iter().all(|address| address.is_multiple_of(16));
    if aligned && channels.is_multiple_of(full) { full } else { 1 }
}

/// A grid of `blocks` for threads that walk over `count` things.
pub(super) fn walk(count: usize) -> LaunchConfig {
    const THREADS: usize = 256;
    const MOST_BLOCKS: usize = 4096;
    let blocks = count.div_ceil(THREADS).clamp(1, MOST_BLOCKS);
    LaunchConfig {
        grid_dim: (blocks as u32, 1, 1),
        block_dim: (THREADS as u32, 1, 1),
        shared_mem_bytes: 0,
    }
}
