//! Feature maps as wholes: sums, joins, and the way to tokens and back.

use candle_core::{Result, Tensor};

use super::activation::each_chunk;
use super::memory::{Out, build, data};
use super::pack::transpose;
use super::simd::{Isa, LANES, Simd, Work};

/// Floats of one task of a sum.
const CHUNK: usize = 1 << 13;
/// Lines of one task of a transposed copy.
const LINES: usize = 4 * LANES;

/// See [`crate::engine::kernels::add`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or of different shapes.
pub(super) fn add(isa: Isa, left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if left.dims() != right.dims() {
        candle_core::bail!("add: {:?} and {:?}", left.dims(), right.dims())
    }
    let (a, b) = (left.contiguous()?, right.contiguous()?);
    let (a, b) = (data(&a), data(&b));
    let (a, b) = (a.slice()?, b.slice()?);
    let fill = |out: Out| {
        each_chunk(a.len().div_ceil(CHUNK), CHUNK, |from, to| {
            let range = from * CHUNK..(to * CHUNK).min(a.len());
            let y = out.at(range.start);
            isa.run(Sum { a: &a[range.clone()], b: &b[range], y });
        });
        Ok(())
    };
    // SAFETY: the chunks cover all elements, each once.
    unsafe { build(left.dims(), fill) }
}

/// See [`crate::engine::kernels::add_channels`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn add_channels(isa: Isa, x: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let (rows, channels, height, width) = x.dims4()?;
    if shift.dims() != [rows, channels] {
        candle_core::bail!("add_channels: {:?} and {:?}", x.dims(), shift.dims())
    }
    let (x, shift) = (x.contiguous()?, shift.contiguous()?);
    let (x, shift) = (data(&x), data(&shift));
    let (x, shift) = (x.slice()?, shift.slice()?);
    let plane = height * width;
    let fill = |out: Out| {
        each_chunk(rows * channels, plane, |from, to| {
            for index in from..to {
                let x = &x[index * plane..][..plane];
                isa.run(Shift { x, shift: shift[index], y: out.at(index * plane) });
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover all planes, each once.
    unsafe { build((rows, channels, height, width), fill) }
}

/// See [`crate::engine::kernels::concat_channels`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn concat_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (rows, first, height, width) = a.dims4()?;
    let (_, second, ..) = b.dims4()?;
    if b.dims() != [rows, second, height, width] {
        candle_core::bail!("concat_channels: {:?} and {:?}", a.dims(), b.dims())
    }
    let (a, b) = (a.contiguous()?, b.contiguous()?);
    let (a, b) = (data(&a), data(&b));
    let (a, b) = (a.slice()?, b.slice()?);
    let (channels, plane) = (first + second, height * width);
    let fill = |out: Out| {
        each_chunk(rows * channels, plane, |from, to| {
            for index in from..to {
                let (row, channel) = (index / channels, index % channels);
                let plane_of = |x: &[f32], at: usize| x[at * plane..][..plane].as_ptr();
                let from = match channel.checked_sub(first) {
                    None => plane_of(a, row * first + channel),
                    Some(channel) => plane_of(b, row * second + channel),
                };
                // SAFETY: both are planes, and this one of the result is this task's own.
                unsafe { std::ptr::copy_nonoverlapping(from, out.at(index * plane), plane) };
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover all planes, each once.
    unsafe { build((rows, channels, height, width), fill) }
}

/// See [`crate::engine::kernels::tokens`].
///
/// # Errors
/// If `x` is not of single precision on the CPU, or has not four dimensions.
pub(super) fn tokens(isa: Isa, x: &Tensor) -> Result<Tensor> {
    let (rows, channels, height, width) = x.dims4()?;
    transposed(isa, x, [rows, channels, height * width], &[rows, height * width, channels])
}

/// See [`crate::engine::kernels::feature_map`].
///
/// # Errors
/// If `x` is not of single precision on the CPU, or has not `height * width` tokens.
pub(super) fn feature_map(isa: Isa, x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (rows, tokens, channels) = x.dims3()?;
    if tokens != height * width {
        candle_core::bail!("feature_map: {:?} as {height} x {width}", x.dims())
    }
    transposed(isa, x, [rows, tokens, channels], &[rows, channels, height, width])
}

/// `x` as `(rows, lines, places)`, the last two exchanged; `dims` is the shape to call it.
fn transposed(
    isa: Isa,
    x: &Tensor,
    [rows, lines, places]: [usize; 3],
    dims: &[usize],
) -> Result<Tensor> {
    let x = x.contiguous()?;
    let x = data(&x);
    let x = x.slice()?;
    let blocks = places.div_ceil(LINES);
    let fill = |out: Out| {
        each_chunk(rows * blocks, lines * LINES, |from, to| {
            for index in from..to {
                let (row, place) = (index / blocks, index % blocks * LINES);
                let count = LINES.min(places - place);
                let from = &x[row * lines * places + place..];
                let to = out.at((row * places + place) * lines);
                // SAFETY: these places of the row are this task's own, `lines` floats each.
                unsafe { transpose(isa, from, (places, lines, count), to, lines) };
            }
        });
        Ok(())
    };
    // SAFETY: the blocks cover all places of all rows, each once.
    unsafe { build(dims, fill) }
}

/// `a + b`.
struct Sum<'a> {
    a: &'a [f32],
    b: &'a [f32],
    y: *mut f32,
}

impl Work for Sum<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let count = self.a.len().min(self.b.len());
        let (a, b, y) = (self.a.as_ptr(), self.b.as_ptr(), self.y);
        for at in (0..count).step_by(LANES) {
            let lanes = LANES.min(count - at);
            // SAFETY: `at + lanes` stays within all three.
            unsafe {
                if lanes == LANES {
                    S::store(y.add(at), S::add(S::load(a.add(at)), S::load(b.add(at))));
                } else {
                    let (a, b) = (S::load_first(a.add(at), lanes), S::load_first(b.add(at), lanes));
                    S::store_first(y.add(at), S::add(a, b), lanes);
                }
            }
        }
    }
}

/// `x + shift`.
struct Shift<'a> {
    x: &'a [f32],
    shift: f32,
    y: *mut f32,
}

impl Work for Shift<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (x, y) = (self.x.as_ptr(), self.y);
        for at in (0..self.x.len()).step_by(LANES) {
            let lanes = LANES.min(self.x.len() - at);
            // SAFETY: `at + lanes` stays within both.
            unsafe {
                let sum = S::add(S::load_first(x.add(at), lanes), S::splat(self.shift));
                S::store_first(y.add(at), sum, lanes);
            }
        }
    }
}
