//! Elementwise kernels.

use super::gpu::{Gpu, address, empty, launch, pack, suffix, walk};
use super::{channels_last, from_channels_last};
use candle_core::{Result, Tensor};

/// `left + right`, of one shape. Two maps with their channels innermost give such a map.
pub fn add(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if let (4, false) = (left.rank(), left.is_contiguous() && right.is_contiguous()) {
        return from_channels_last(&flat_add(&channels_last(left)?, &channels_last(right)?)?);
    }
    flat_add(&left.contiguous()?, &right.contiguous()?)
}

fn flat_add(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let gpu = Gpu::of(left)?;
    let out = empty(left, left.dims())?;
    let (a, b, y) = (address(left)?, address(right)?, address(&out)?);
    let width = pack(left.dtype(), left.elem_count(), &[a, b, y]);
    let packs = left.elem_count() / width;
    let name = format!("add_{}_{width}", suffix(left.dtype()));
    launch!(gpu, name, walk(packs), a, b, y, packs as i64);
    Ok(out)
}

/// `x + shift`, x `(n, c, h, w)`, shift `(n, c)`.
pub fn add_channels(x: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let gpu = Gpu::of(x)?;
    let map = channels_last(x)?;
    let shift = shift.contiguous()?;
    let (_, height, wide, channels) = map.dims4()?;
    let out = empty(&map, map.dims())?;
    let (a, b, y) = (address(&map)?, address(&shift)?, address(&out)?);
    let width = pack(x.dtype(), channels, &[a, b, y]);
    let (packs, columns) = (map.elem_count() / width, channels / width);
    let name = format!("add_channels_{}_{width}", suffix(x.dtype()));
    let area = (height * wide * columns) as i32;
    launch!(gpu, name, walk(packs), a, b, y, packs as i64, area, columns as i32);
    from_channels_last(&out)
}

/// See [`crate::engine::kernels::geglu`]; the last dimension is even.
pub fn geglu(x: &Tensor) -> Result<Tensor> {
    let gpu = Gpu::of(x)?;
    let x = x.contiguous()?;
    let mut shape = x.dims().to_vec();
    let half = shape.last().copied().unwrap_or(0) / 2;
    if let Some(last) = shape.last_mut() {
        *last = half;
    }
    let out = empty(&x, &shape)?;
    let (from, to) = (address(&x)?, address(&out)?);
    let width = pack(x.dtype(), half, &[from, to]);
    let packs = out.elem_count() / width;
    let name = format!("geglu_{}_{width}", suffix(x.dtype()));
    launch!(gpu, name, walk(packs), from, to, packs as i64, (half / width) as i32);
    Ok(out)
}

/// Channels of `a` and then of `b`, both `(n, c, h, w)`.
pub fn concat_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let gpu = Gpu::of(a)?;
    let (a, b) = (channels_last(a)?, channels_last(b)?);
    let (rows, height, wide, left) = a.dims4()?;
    let right = b.dim(3)?;
    let out = empty(&a, &[rows, height, wide, left + right])?;
    let (from_a, from_b, to) = (address(&a)?, address(&b)?, address(&out)?);
    let width = pack(a.dtype(), left, &[from_a, from_b, to]).min(pack(a.dtype(), right, &[]));
    let packs = out.elem_count() / width;
    let name = format!("concat_{}_{width}", suffix(a.dtype()));
    let columns = ((left / width) as i32, (right / width) as i32);
    launch!(gpu, name, walk(packs), from_a, from_b, to, packs as i64, columns.0, columns.1);
    from_channels_last(&out)
}

/// See [`crate::engine::kernels::upsample_nearest`]; no size is zero.
pub fn upsample_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let gpu = Gpu::of(x)?;
    let map = channels_last(x)?;
    let (rows, from_height, from_width, channels) = map.dims4()?;
    let out = empty(&map, &[rows, height, width, channels])?;
    let (from, to) = (address(&map)?, address(&out)?);
    let by = pack(x.dtype(), channels, &[from, to]);
    let packs = out.elem_count() / by;
    let name = format!("upsample_{}_{by}", suffix(x.dtype()));
    let sizes = [channels / by, from_height, from_width, height, width].map(|size| size as i32);
    let [columns, from_h, from_w, h, w] = sizes;
    launch!(gpu, name, walk(packs), from, to, packs as i64, columns, from_h, from_w, h, w);
    from_channels_last(&out)
}
