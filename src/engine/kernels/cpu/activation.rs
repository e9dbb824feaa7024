//! Activations, element by element.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::math;
use super::memory::{Out, build, data};
use super::simd::{Isa, LANES, Simd, Work};

/// Elements that one task takes.
const CHUNK: usize = 1 << 14;

/// Which activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    Silu,
    GeluErf,
    QuickGelu,
}

impl Curve {
    /// Its value.
    ///
    /// # Safety
    /// As for the methods of [`Simd`].
    #[inline(always)]
    unsafe fn at<S: Simd>(self, x: S::V) -> S::V {
        // SAFETY: as for this function.
        unsafe {
            match self {
                Self::Silu => math::silu::<S>(x),
                Self::GeluErf => math::gelu_erf::<S>(x),
                Self::QuickGelu => math::quick_gelu::<S>(x),
            }
        }
    }
}

/// One stretch of elements; times `factor`, if there is one.
struct Stretch<'a> {
    curve: Curve,
    x: &'a [f32],
    factor: Option<&'a [f32]>,
    y: *mut f32,
}

impl Work for Stretch<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let count = self.x.len();
        let whole = count / LANES * LANES;
        let x = self.x.as_ptr();
        // SAFETY: the offsets stay below `count`; the makers of a stretch give it a `factor` as
        // long as `x` and a `y` with room for as many.
        unsafe {
            for at in (0..whole).step_by(LANES) {
                let mut value = self.curve.at::<S>(S::load(x.add(at)));
                if let Some(factor) = self.factor {
                    value = S::mul(S::load(factor.as_ptr().add(at)), value);
                }
                S::store(self.y.add(at), value);
            }
            let rest = count - whole;
            if rest > 0 {
                let mut value = self.curve.at::<S>(S::load_first(x.add(whole), rest));
                if let Some(factor) = self.factor {
                    value = S::mul(S::load_first(factor.as_ptr().add(whole), rest), value);
                }
                S::store_first(self.y.add(whole), value, rest);
            }
        }
    }
}

/// The activation of every element.
///
/// # Errors
/// If `x` is not a CPU tensor of single precision.
pub(super) fn activate(isa: Isa, x: &Tensor, curve: Curve) -> Result<Tensor> {
    let x = x.contiguous()?;
    let x_data = data(&x);
    let values = x_data.slice()?;
    let fill = |out: Out| {
        each_chunk(values.len(), 1, |from, to| {
            isa.run(Stretch { curve, x: &values[from..to], factor: None, y: out.at(from) });
        });
        Ok(())
    };
    // SAFETY: the chunks cover all elements, each once.
    unsafe { build(x.shape(), fill) }
}

/// See [`crate::engine::kernels::geglu`].
///
/// # Errors
/// If `x` is not a CPU tensor of single precision, or its last dimension is odd.
pub(super) fn geglu(isa: Isa, x: &Tensor) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    if width % 2 != 0 || width == 0 {
        candle_core::bail!("geglu: {width} channels cannot be halved")
    }
    let x = x.contiguous()?;
    let x_data = data(&x);
    let values = x_data.slice()?;
    let half = width / 2;
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = half;
    }
    let fill = |out: Out| {
        each_chunk(values.len() / width, half, |from, to| {
            for token in from..to {
                let (factor, x) = values[token * width..][..width].split_at(half);
                let y = out.at(token * half);
                isa.run(Stretch { curve: Curve::GeluErf, x, factor: Some(factor), y });
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover all tokens, each once.
    unsafe { build(shape, fill) }
}

/// Runs `task(from, to)` over chunks of `count` items of `size` elements, in parallel where
/// there is more than one chunk's worth.
pub(super) fn each_chunk(count: usize, size: usize, task: impl Fn(usize, usize) + Sync) {
    let items = (CHUNK / size.max(1)).max(1);
    if count <= items {
        task(0, count);
        return;
    }
    let chunk = |index: usize| task(index * items, ((index + 1) * items).min(count));
    (0..count.div_ceil(items)).into_par_iter().for_each(chunk);
}
