//! Tensors as slices, results under construction, and scratch memory.

use std::cell::RefCell;
use std::ops::Deref;

use candle_core::{Device, Layout, Result, Shape, Storage, Tensor};

use super::simd::LANES;

/// A borrowed view of a contiguous CPU tensor of single precision; `G` is the lock on its storage.
pub(super) struct Data<'a, G> {
    storage: G,
    layout: &'a Layout,
}

/// Borrows a tensor's elements.
pub(super) fn data(tensor: &Tensor) -> Data<'_, impl Deref<Target = Storage>> {
    let (storage, layout) = tensor.storage_and_layout();
    Data { storage, layout }
}

impl<G: Deref<Target = Storage>> Data<'_, G> {
    /// The elements in row-major order.
    ///
    /// # Errors
    /// If the tensor is elsewhere, of another type, or strided.
    pub(super) fn slice(&self) -> Result<&[f32]> {
        let Storage::Cpu(storage) = &*self.storage else {
            candle_core::bail!("a CPU kernel was given a tensor of another device")
        };
        let Some((start, end)) = self.layout.contiguous_offsets() else {
            candle_core::bail!("a CPU kernel was given a strided tensor")
        };
        match storage.as_slice::<f32>()?.get(start..end) {
            Some(slice) => Ok(slice),
            None => candle_core::bail!("a tensor's layout exceeds its storage"),
        }
    }
}

/// Where tasks write disjoint parts of one result.
#[derive(Clone, Copy)]
pub(super) struct Out(*mut f32);

// SAFETY: the pointer is only written through by tasks that own disjoint parts (see `at`).
unsafe impl Send for Out {}
// SAFETY: as above.
unsafe impl Sync for Out {}

impl Out {
    /// The memory of a vector, which must outlive all that is written.
    pub(super) fn of(data: &mut Vec<f32>) -> Self {
        Self(data.as_mut_ptr())
    }

    /// The place `offset` floats in. To write there is sound if the place is within the result
    /// and no other task writes it.
    pub(super) fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

/// Makes a tensor of `shape` whose every element `fill` writes.
///
/// # Errors
/// Those of `fill`.
///
/// # Safety
/// `fill` must write every element before it returns `Ok`.
pub(super) unsafe fn build(
    shape: impl Into<Shape>,
    fill: impl FnOnce(Out) -> Result<()>,
) -> Result<Tensor> {
    let shape = shape.into();
    let count = shape.elem_count();
    let mut data: Vec<f32> = Vec::with_capacity(count);
    fill(Out::of(&mut data))?;
    // SAFETY: the capacity is there and the caller promises that `fill` wrote all of it.
    unsafe { data.set_len(count) };
    Tensor::from_vec(data, shape, &Device::Cpu)
}

/// One vector, aligned so that it never straddles two cache lines.
#[derive(Clone, Copy)]
#[repr(align(64))]
#[expect(dead_code, reason = "read as plain floats, through a pointer")]
struct Line([f32; LANES]);

thread_local! {
    static SCRATCH: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Lends `task` a scratch of at least `count` floats, initialised but with any content, aligned
/// to a cache line. The memory stays with the thread for the next task.
pub(super) fn with_scratch<R>(count: usize, task: impl FnOnce(&mut [f32]) -> R) -> R {
    // Taken out for the time of the task, so that a task within a task finds its own.
    let mut lines = SCRATCH.take();
    let needed = count.div_ceil(LANES);
    if lines.len() < needed {
        lines.resize(needed, Line([0.0; LANES]));
    }
    // SAFETY: a line is sixteen floats without padding, so `len` lines are `len * 16` floats.
    let floats = unsafe {
        std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<f32>(), lines.len() * LANES)
    };
    let result = task(&mut floats[..count]);
    SCRATCH.set(lines);
    result
}
