//! Group norm with SiLU, and layer norm.

use candle_core::{Result, Tensor};

use super::activation::each_chunk;
use super::math;
use super::memory::{Out, build, data};
use super::simd::{Isa, LANES, Simd, Work};

/// Values whose moments are taken in single precision; those of many blocks are joined in
/// double precision.
const BLOCK: usize = 4096;

/// Mean and population variance of some values.
#[derive(Debug, Clone, Copy)]
struct Moments {
    mean: f64,
    var: f64,
}

impl Moments {
    /// Of `x`, block by block (Chan, Golub and LeVeque's rule for joining them).
    fn of(isa: Isa, x: &[f32]) -> Self {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for block in x.chunks(BLOCK) {
            let (block_mean, block_squares) = isa.run(Centre { x: block });
            let (size, off) = (block.len() as f64, f64::from(block_mean) - mean);
            let total: f64 = count + size;
            squares += f64::from(block_squares) + off * off * count * size / total;
            mean += off * size / total;
            count = total;
        }
        Self { mean, var: squares / count.max(1.0) }
    }

    /// Of two equally many values together.
    fn with(self, other: Self) -> Self {
        let half = (self.mean - other.mean) / 2.0;
        Self {
            mean: (self.mean + other.mean) / 2.0,
            var: (self.var + other.var) / 2.0 + half * half,
        }
    }

    /// `1 / sqrt(var + eps)`.
    fn inverse_deviation(self, eps: f64) -> f64 {
        1.0 / (self.var + eps).sqrt()
    }
}

/// The mean of a block, and the sum of the squares of what differs from it.
struct Centre<'a> {
    x: &'a [f32],
}

impl Work for Centre<'_> {
    type Out = (f32, f32);

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> (f32, f32) {
        let (x, count) = (self.x.as_ptr(), self.x.len());
        let whole = count / LANES * LANES;
        let quads = count / (4 * LANES) * 4 * LANES;
        // SAFETY: all offsets stay below `count`.
        unsafe {
            let mut sums = [S::splat(0.0); 4];
            for at in (0..quads).step_by(4 * LANES) {
                sums[0] = S::add(sums[0], S::load(x.add(at)));
                sums[1] = S::add(sums[1], S::load(x.add(at + LANES)));
                sums[2] = S::add(sums[2], S::load(x.add(at + 2 * LANES)));
                sums[3] = S::add(sums[3], S::load(x.add(at + 3 * LANES)));
            }
            for at in (quads..whole).step_by(LANES) {
                sums[0] = S::add(sums[0], S::load(x.add(at)));
            }
            sums[1] = S::add(sums[1], S::load_first(x.add(whole), count - whole));
            let sum = S::add(S::add(sums[0], sums[1]), S::add(sums[2], sums[3]));
            let mean = S::sum(sum) / count as f32;
            let centre = S::splat(mean);
            let mut squares = [S::splat(0.0); 4];
            for at in (0..quads).step_by(4 * LANES) {
                squares[0] = add_square::<S>(squares[0], S::load(x.add(at)), centre);
                squares[1] = add_square::<S>(squares[1], S::load(x.add(at + LANES)), centre);
                squares[2] = add_square::<S>(squares[2], S::load(x.add(at + 2 * LANES)), centre);
                squares[3] = add_square::<S>(squares[3], S::load(x.add(at + 3 * LANES)), centre);
            }
            for at in (quads..whole).step_by(LANES) {
                squares[0] = add_square::<S>(squares[0], S::load(x.add(at)), centre);
            }
            let mut rest = 0.0;
            for at in whole..count {
                let off = *x.add(at) - mean;
                rest += off * off;
            }
            let squares = S::add(S::add(squares[0], squares[1]), S::add(squares[2], squares[3]));
            (mean, S::sum(squares) + rest)
        }
    }
}

/// `sum + (x - centre)²`.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
unsafe fn add_square<S: Simd>(sum: S::V, x: S::V, centre: S::V) -> S::V {
    // SAFETY: as for this function.
    unsafe {
        let off = S::sub(x, centre);
        S::fma(off, off, sum)
    }
}

/// The arguments of a group norm besides its input.
#[derive(Clone, Copy)]
pub(super) struct GroupNorm<'a> {
    pub groups: usize,
    pub weight: &'a Tensor,
    pub bias: &'a Tensor,
    pub eps: f64,
    pub silu: bool,
    pub partners: Option<&'a [Option<usize>]>,
}

/// See [`crate::engine::kernels::group_norm`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn group_norm(isa: Isa, x: &Tensor, norm: GroupNorm) -> Result<Tensor> {
    let (rows, channels, height, width) = x.dims4()?;
    let (x, weight, bias) = (x.contiguous()?, norm.weight.contiguous()?, norm.bias.contiguous()?);
    let (x_data, weight, bias) = (data(&x), data(&weight), data(&bias));
    let (values, weight, bias) = (x_data.slice()?, weight.slice()?, bias.slice()?);
    if weight.len() != channels || bias.len() != channels {
        candle_core::bail!("group_norm: weight and bias have not {channels} channels")
    }
    let (groups, pixels) = (norm.groups, height * width);
    let each = channels / groups;
    let size = each * pixels;
    let moments = |group: usize| Moments::of(isa, &values[group * size..][..size]);
    let all = norm.partners.map(|_| gather(rows * groups, size, moments));
    let shared = |group: usize| {
        let (Some(partners), Some(all)) = (norm.partners, &all) else { return moments(group) };
        match partners[group / groups] {
            Some(partner) => all[group].with(all[partner * groups + group % groups]),
            None => all[group],
        }
    };
    let fill = |out: Out| {
        each_chunk(rows * groups, size, |from, to| {
            for group in from..to {
                let moments = shared(group);
                let inverse = moments.inverse_deviation(norm.eps);
                for channel in 0..each {
                    let parameter = group % groups * each + channel;
                    let at = group * size + channel * pixels;
                    let scale = f64::from(weight[parameter]) * inverse;
                    isa.run(Affine {
                        x: &values[at..][..pixels],
                        y: out.at(at),
                        mean: moments.mean as f32,
                        scale: scale as f32,
                        shift: bias[parameter],
                        silu: norm.silu,
                    });
                }
            }
        });
        Ok(())
    };
    // SAFETY: the groups of all rows cover all elements, each once.
    unsafe { build(x.shape(), fill) }
}

/// The moments of all groups.
fn gather(
    count: usize,
    size: usize,
    moments: impl Fn(usize) -> Moments + Send + Sync,
) -> Vec<Moments> {
    use rayon::prelude::*;
    let least = (BLOCK / size.max(1)).max(1);
    (0..count).into_par_iter().with_min_len(least).map(moments).collect()
}

/// `scale (x - mean) + shift`, and SiLU after it if asked.
struct Affine<'a> {
    x: &'a [f32],
    y: *mut f32,
    mean: f32,
    scale: f32,
    shift: f32,
    silu: bool,
}

impl Work for Affine<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let count = self.x.len();
        let whole = count / LANES * LANES;
        let x = self.x.as_ptr();
        // SAFETY: all offsets stay below `count`, and `y` has room for as many.
        unsafe {
            let mean = S::splat(self.mean);
            let (scale, shift) = (S::splat(self.scale), S::splat(self.shift));
            for at in (0..whole).step_by(LANES) {
                let value = S::fma(S::sub(S::load(x.add(at)), mean), scale, shift);
                let value = if self.silu { math::silu::<S>(value) } else { value };
                S::store(self.y.add(at), value);
            }
            if whole < count {
                let off = S::sub(S::load_first(x.add(whole), count - whole), mean);
                let value = S::fma(off, scale, shift);
                let value = if self.silu { math::silu::<S>(value) } else { value };
                S::store_first(self.y.add(whole), value, count - whole);
            }
        }
    }
}

/// See [`crate::engine::kernels::layer_norm`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn layer_norm(
    isa: Isa,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
) -> Result<Tensor> {
    let (x, weight, bias) = (x.contiguous()?, weight.contiguous()?, bias.contiguous()?);
    let (x_data, weight, bias) = (data(&x), data(&weight), data(&bias));
    let (values, weight, bias) = (x_data.slice()?, weight.slice()?, bias.slice()?);
    let width = x.dims().last().copied().unwrap_or(0);
    if width == 0 || weight.len() != width || bias.len() != width {
        candle_core::bail!("layer_norm: weight and bias have not {width} channels")
    }
    let fill = |out: Out| {
        each_chunk(values.len() / width, width, |from, to| {
            for token in from..to {
                let x = &values[token * width..][..width];
                let (mean, squares) = isa.run(Centre { x });
                let var = f64::from(squares) / width as f64;
                let inverse = (1.0 / (var + eps).sqrt()) as f32;
                isa.run(Scaled { x, y: out.at(token * width), mean, inverse, weight, bias });
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover all tokens, each once.
    unsafe { build(x.shape(), fill) }
}

/// `(x - mean) inverse weight + bias`, all of one length.
struct Scaled<'a> {
    x: &'a [f32],
    y: *mut f32,
    mean: f32,
    inverse: f32,
    weight: &'a [f32],
    bias: &'a [f32],
}

impl Work for Scaled<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let count = self.x.len();
        let (x, weight, bias) = (self.x.as_ptr(), self.weight.as_ptr(), self.bias.as_ptr());
        // SAFETY: all offsets stay below `count`, the length of the three slices and of the room
        // at `y`.
        unsafe {
            let (mean, inverse) = (S::splat(self.mean), S::splat(self.inverse));
            for at in (0..count).step_by(LANES) {
                let lanes = LANES.min(count - at);
                if lanes == LANES {
                    let unit = S::mul(S::sub(S::load(x.add(at)), mean), inverse);
                    let value = S::fma(unit, S::load(weight.add(at)), S::load(bias.add(at)));
                    S::store(self.y.add(at), value);
                } else {
                    let unit = S::mul(S::sub(S::load_first(x.add(at), lanes), mean), inverse);
                    let weight = S::load_first(weight.add(at), lanes);
                    let value = S::fma(unit, weight, S::load_first(bias.add(at), lanes));
                    S::store_first(self.y.add(at), value, lanes);
                }
            }
        }
    }
}
