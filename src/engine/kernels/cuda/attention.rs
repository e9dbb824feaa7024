//! Attention in tiles, with sources that are never joined.

use super::adain::MAX_ENTRIES;
use super::gpu::{Gpu, address, empty, launch, suffix};
use super::norm::MAX_ROWS;
use crate::engine::kernels::KeySource;
use candle_core::cuda_backend::cudarc::driver::{DeviceRepr, LaunchConfig};
use candle_core::{DType, Result, Tensor};

/// Head widths that the kernel is made for, each with the queries of one block.
const WIDTHS: [(usize, usize); 6] =
    [(32, 128), (48, 128), (64, 128), (80, 128), (128, 64), (160, 64)];
/// Keys in one tile, stages of keys and of values, and padding of a row of shared memory.
const TILE_KEYS: usize = 64;
const STAGES: usize = 4;
const PADDING: usize = 8;

/// `Sources` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
struct Sources {
    first: i32,
    start: [i16; MAX_ROWS + 1],
    row: [i16; MAX_ENTRIES],
    scale: [f32; MAX_ENTRIES],
    shift: [f32; MAX_ENTRIES],
}
// SAFETY: plain numbers in C's layout.
unsafe impl DeviceRepr for Sources {}

/// `Strides` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
struct Strides([i64; 6]);
// SAFETY: as above.
unsafe impl DeviceRepr for Strides {}

/// See [`crate::engine::kernels::attention`]; `None` in f32, for heads that are too wide or not
/// a multiple of eight, and for rows with very many sources.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<Option<Tensor>> {
    let (rows, queries, width) = q.dims3()?;
    let (keys, d) = (k.dim(1)?, width / heads);
    let made = WIDTHS.iter().find(|(made, _)| d <= *made && d.is_multiple_of(8));
    let (Some(&(made, block)), Some(launches)) = (made, launches(sources)) else {
        return Ok(None);
    };
    if q.dtype() == DType::F32 || keys == 0 {
        return Ok(None);
    }
    let (q, k, v) = (readable(q)?, readable(k)?, readable(v)?);
    let gpu = Gpu::of(&q)?;
    let out = empty(&q, &[rows, queries, width])?;
    let (from, to) = ([address(&q)?, address(&k)?, address(&v)?], address(&out)?);
    let strides = Strides(strides(&q, &k, &v));
    let root = std::f32::consts::LOG2_E / (d as f32).sqrt();
    let name = format!("attend_{}_{made}", suffix(q.dtype()));
    for (count, named) in launches {
        let config = LaunchConfig {
            grid_dim: (queries.div_ceil(block) as u32, heads as u32, count as u32),
            block_dim: (128, 1, 1),
            shared_mem_bytes: (STAGES * TILE_KEYS * (made + PADDING) * 2) as u32,
        };
        let [n, m, d] = [queries, keys, d].map(|size| size as i32);
        launch!(gpu, name, config, from[0], from[1], from[2], to, n, m, d, strides, root, named);
    }
    Ok(Some(out))
}

/// Rows of a batch in launches, each with the number of its rows; `None` when one row alone has
/// more sources than a launch can name.
fn launches(sources: &[Vec<KeySource>]) -> Option<Vec<(usize, Sources)>> {
    let mut launches = Vec::new();
    let mut first = 0;
    while first < sources.len() {
        let mut named = Sources {
            first: first as i32,
            start: [0; MAX_ROWS + 1],
            row: [0; MAX_ENTRIES],
            scale: [0.0; MAX_ENTRIES],
            shift: [0.0; MAX_ENTRIES],
        };
        let (mut count, mut end) = (0, 0);
        for list in sources[first..].iter().take(MAX_ROWS) {
            if end + list.len() > MAX_ENTRIES {
                break;
            }
            for (place, source) in (end..).zip(list) {
                named.row[place] = source.row as i16;
                named.scale[place] = source.scale;
                named.shift[place] = source.shift;
            }
            end += list.len();
            count += 1;
            named.start[count] = end as i16;
        }
        if count == 0 {
            return None;
        }
        launches.push((count, named));
        first += count;
    }
    Some(launches)
}

/// A tensor whose tokens the kernel can read 16 bytes at a time.
fn readable(x: &Tensor) -> Result<Tensor> {
    let stride = x.stride();
    let even = stride[2] == 1 && stride[..2].iter().all(|step| step.is_multiple_of(8));
    if even && address(x)?.is_multiple_of(16) { Ok(x.clone()) } else { x.force_contiguous() }
}

fn strides(q: &Tensor, k: &Tensor, v: &Tensor) -> [i64; 6] {
    let of = |x: &Tensor, axis: usize| x.stride()[axis] as i64;
    [of(q, 0), of(q, 1), of(k, 0), of(k, 1), of(v, 0), of(v, 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launches_name_every_row_once() {
        let sources: Vec<_> =
            (0..70).map(|row| vec![KeySource::own(row), KeySource::own(row / 2)]).collect();
        let launches = launches(&sources).unwrap();
        let counts: Vec<_> = launches.iter().map(|(count, named)| (*count, named.first)).collect();
        assert_eq!(counts, [(64, 0), (6, 64)]);
        assert_eq!((launches[1].1.row[3], launches[1].1.start[2]), (32, 4));
    }

    #[test]
    fn too_many_sources_are_left_to_the_plain_form() {
        assert!(super::launches(&[vec![KeySource::own(0); MAX_ENTRIES + 1]]).is_none());
    }
}
