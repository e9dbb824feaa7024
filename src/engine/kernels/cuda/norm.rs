//! Group and layer norm.

use super::gpu::{Gpu, address, empty, launch, pack, scratch, suffix};
use super::{channels_last, from_channels_last};
use candle_core::cuda_backend::cudarc::driver::{DeviceRepr, LaunchConfig};
use candle_core::{Result, Tensor};

/// `MAX_ROWS` of the sources.
pub(super) const MAX_ROWS: usize = 64;
/// Channels whose sums fit the shared memory that a block has without asking.
const MAX_CHANNELS: usize = (48 << 10) / 8;
/// Slabs in which a row is summed at most, and pixels in each at least.
const MAX_SLABS: usize = 64;
const SLAB_PIXELS: usize = 16;
/// Packs of one token that a block of layer norm keeps: 128 threads, 5 packs each.
const KEPT_PACKS: usize = 128 * 5;

/// `Partners` of the sources.
#[repr(C)]
#[derive(Clone, Copy)]
struct Partners([i16; MAX_ROWS]);
// SAFETY: plain numbers in C's layout.
unsafe impl DeviceRepr for Partners {}

/// How a batch of `(rows, pixels, channels)` is cut up for sums and for affine maps: blocks of
/// columns of packs by lines of pixels.
pub(super) fn slabs(rows: usize, pixels: usize, columns: usize, shared: usize) -> LaunchConfig {
    let slabs = (pixels / SLAB_PIXELS).clamp(1, MAX_SLABS);
    let across = columns.min(256);
    LaunchConfig {
        grid_dim: (slabs as u32, rows as u32, 1),
        block_dim: (across as u32, (256 / across).max(1) as u32, 1),
        shared_mem_bytes: shared as u32,
    }
}

/// See [`crate::engine::kernels::group_norm`]; `None` for batches and widths past what the
/// kernel holds.
pub fn group_norm(
    x: &Tensor,
    groups: usize,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
    silu: bool,
    partners: Option<&[Option<usize>]>,
) -> Result<Option<Tensor>> {
    let map = channels_last(x)?;
    let (rows, height, width, channels) = map.dims4()?;
    if rows > MAX_ROWS || channels > MAX_CHANNELS {
        return Ok(None);
    }
    let gpu = Gpu::of(x)?;
    let (weight, bias) = (weight.contiguous()?, bias.contiguous()?);
    let out = empty(&map, map.dims())?;
    let (from, to) = (address(&map)?, address(&out)?);
    let by = pack(x.dtype(), channels, &[from, to]);
    let (pixels, name) = (height * width, suffix(x.dtype()));
    let config = slabs(rows, pixels, channels / by, channels * 8);
    let count = config.grid_dim.0;
    let partial = scratch(x, rows * count as usize * groups)?;
    let stats = scratch(x, rows * groups)?;
    let (sums, moments) = (address(&partial)?, address(&stats)?);
    let [px, ch, gr] = [pixels, channels, groups].map(|size| size as i32);
    launch!(gpu, format!("group_stats_{name}_{by}"), config, from, sums, px, ch, gr);
    let finish = LaunchConfig {
        grid_dim: (rows as u32, 1, 1),
        block_dim: (groups.min(256) as u32, 1, 1),
        shared_mem_bytes: 0,
    };
    let pooled = pooled(rows, partners);
    let finisher = format!("group_finish_{name}");
    launch!(
        gpu,
        finisher,
        finish,
        from,
        sums,
        moments,
        px,
        ch,
        gr,
        count as i32,
        eps as f32,
        pooled
    );
    let apply = LaunchConfig { shared_mem_bytes: 0, ..config };
    let (scale, offset) = (address(&weight)?, address(&bias)?);
    let applier = format!("group_apply_{name}_{by}");
    launch!(gpu, applier, apply, from, moments, scale, offset, to, px, ch, gr, i32::from(silu));
    from_channels_last(&out).map(Some)
}

fn pooled(rows: usize, partners: Option<&[Option<usize>]>) -> Partners {
    let mut pooled = Partners([0; MAX_ROWS]);
    for (row, place) in pooled.0.iter_mut().enumerate().take(rows) {
        let partner = partners.and_then(|all| all.get(row).copied().flatten());
        *place = partner.unwrap_or(row) as i16;
    }
    pooled
}

/// See [`crate::engine::kernels::layer_norm`]; `None` for tokens too wide for one block.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Option<Tensor>> {
    let x = x.contiguous()?;
    let channels = x.dims().last().copied().unwrap_or(0);
    let (weight, bias) = (weight.contiguous()?, bias.contiguous()?);
    let out = empty(&x, x.dims())?;
    let (from, to) = (address(&x)?, address(&out)?);
    let (scale, offset) = (address(&weight)?, address(&bias)?);
    let by = pack(x.dtype(), channels, &[from, to, scale, offset]);
    if channels / by > KEPT_PACKS || channels == 0 {
        return Ok(None);
    }
    let config = LaunchConfig {
        grid_dim: ((x.elem_count() / channels) as u32, 1, 1),
        block_dim: (128, 1, 1),
        shared_mem_bytes: 0,
    };
    let name = format!("layer_norm_{}_{by}", suffix(x.dtype()));
    launch!(Gpu::of(&x)?, name, config, from, scale, offset, to, channels as i32, eps as f32);
    Ok(Some(out))
}
