//! Adaptive instance normalisation over tokens.

use super::gpu::{Gpu, address, empty, launch, pack, scratch, suffix};
use super::norm::{MAX_ROWS, slabs};
use crate::engine::kernels::{StatAnchors, leaves_alone};
use candle_core::cuda_backend::cudarc::driver::{DeviceRepr, LaunchConfig};
use candle_core::{Result, Tensor};

/// `MAX_ENTRIES` of the sources.
pub(super) const MAX_ENTRIES: usize = 128;
/// Channels whose sums fit the shared memory that a block has without asking.
const MAX_CHANNELS: usize = (48 << 10) / 8;
/// Threads of a block that finishes the statistics.
const FINISHERS: usize = 128;

/// `Anchors` of the sources.
#[repr(C)]
#[derive(Clone, Copy)]
struct Anchors {
    start: [i16; MAX_ROWS + 1],
    row: [i16; MAX_ENTRIES],
    weight: [f32; MAX_ENTRIES],
}
// SAFETY: plain numbers in C's layout.
unsafe impl DeviceRepr for Anchors {}

impl Anchors {
    /// `None` when there are more rows or anchors than a launch can name.
    fn new(lists: &[StatAnchors]) -> Option<Self> {
        let mut anchors =
            Self { start: [0; MAX_ROWS + 1], row: [0; MAX_ENTRIES], weight: [0.0; MAX_ENTRIES] };
        let mut end = 0;
        for (row, list) in lists.iter().enumerate() {
            for &(anchor, weight) in list.iter().filter(|_| !leaves_alone(row, list)) {
                *anchors.row.get_mut(end)? = anchor as i16;
                anchors.weight[end] = weight;
                end += 1;
            }
            *anchors.start.get_mut(row + 1)? = end as i16;
        }
        Some(anchors)
    }
}

/// See [`crate::engine::kernels::adain`]; `None` for batches and widths past what the kernel
/// holds.
pub fn adain(x: &Tensor, lists: &[StatAnchors]) -> Result<Option<Tensor>> {
    let x = x.contiguous()?;
    let (rows, tokens, channels) = x.dims3()?;
    let Some(anchors) = Anchors::new(lists).filter(|_| channels <= MAX_CHANNELS) else {
        return Ok(None);
    };
    if lists.iter().enumerate().all(|(row, list)| leaves_alone(row, list)) {
        return Ok(Some(x));
    }
    let gpu = Gpu::of(&x)?;
    let out = empty(&x, x.dims())?;
    let (from, to) = (address(&x)?, address(&out)?);
    let by = pack(x.dtype(), channels, &[from, to]);
    let config = slabs(rows, tokens, channels / by, channels * 8);
    let count = config.grid_dim.0;
    let partial = scratch(&x, rows * count as usize * channels)?;
    let map = scratch(&x, rows * channels)?;
    let (sums, affine) = (address(&partial)?, address(&map)?);
    let (name, n, ch) = (suffix(x.dtype()), tokens as i32, channels as i32);
    launch!(gpu, format!("token_stats_{name}_{by}"), config, from, sums, n, ch);
    let finish = LaunchConfig {
        grid_dim: (channels.div_ceil(FINISHERS) as u32, rows as u32, 1),
        block_dim: (FINISHERS as u32, 1, 1),
        shared_mem_bytes: 0,
    };
    let finisher = format!("adain_finish_{name}");
    launch!(gpu, finisher, finish, from, sums, affine, n, ch, count as i32, anchors);
    let apply = LaunchConfig { shared_mem_bytes: 0, ..config };
    launch!(gpu, format!("adain_apply_{name}_{by}"), apply, from, affine, to, n, ch);
    Ok(Some(out))
}
