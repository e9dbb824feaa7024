//! Exponential and activations, sixteen lanes at a time.

use super::simd::Simd;

/// Adding and taking away 1.5 · 2²³ rounds to the nearest whole number, and leaves that number
/// in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;
/// Beyond these the result would leave the normal numbers.
const EXP_RANGE: (f32, f32) = (-87.3, 88.3);
/// `ln 2` in two parts, the first exact in few bits.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// `(exp(r) - 1 - r) / r²` for `|r| <= ln 2 / 2` (Cephes, `expf`).
const EXP: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.0e-1];

/// `exp(z²/2) Φ(-z)`, `Φ` the normal distribution, as a polynomial in `t = 1 / (1 + 0.3 z)`
/// times `t`: a minimax fit for `z` in 0 to 13, relative error 1.2e-7.
const TAIL: [f32; 8] = [
    3.608_883e-2,
    -1.589_337_1e-1,
    2.093_463_5e-1,
    -5.645_006_4e-2,
    1.300_326e-1,
    9.946_507e-2,
    1.208_263_1e-1,
    1.196_245_4e-1,
];
/// Its parameter.
const TAIL_STEP: f32 = 0.3;

/// A polynomial, highest power first.
///
/// # Safety
/// As for the methods of [`Simd`]; so are the functions below.
#[inline(always)]
unsafe fn polynomial<S: Simd, const N: usize>(x: S::V, factors: &[f32; N]) -> S::V {
    // SAFETY: as for this function.
    unsafe {
        let mut sum = S::splat(factors[0]);
        for &factor in &factors[1..] {
            sum = S::fma(sum, x, S::splat(factor));
        }
        sum
    }
}

/// `exp(x)`; relative error below 2e-7 where the result is a normal number, held at the ends of
/// that range beyond it.
#[inline(always)]
pub(super) unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    // SAFETY: as for this function.
    unsafe {
        let x = S::min(S::splat(EXP_RANGE.1), S::max(S::splat(EXP_RANGE.0), x));
        let bits = S::fma(x, S::splat(std::f32::consts::LOG2_E), S::splat(ROUND));
        let whole = S::sub(bits, S::splat(ROUND));
        let rest = S::fma(whole, S::splat(-LN_2.0), x);
        let rest = S::fma(whole, S::splat(-LN_2.1), rest);
        let curve = polynomial::<S, 6>(rest, &EXP);
        let power = S::fma(S::mul(rest, rest), curve, S::add(rest, S::splat(1.0)));
        S::scale_by_bits(power, bits)
    }
}

/// `x / (1 + exp(-f x))`.
#[inline(always)]
unsafe fn gated_by_sigmoid<S: Simd>(x: S::V, f: f32) -> S::V {
    // SAFETY: as for this function.
    unsafe {
        let power = exp::<S>(S::mul(x, S::splat(-f)));
        S::div(x, S::add(S::splat(1.0), power))
    }
}

/// `x sigmoid(x)`.
#[inline(always)]
pub(super) unsafe fn silu<S: Simd>(x: S::V) -> S::V {
    // SAFETY: as for this function.
    unsafe { gated_by_sigmoid::<S>(x, 1.0) }
}

/// `x sigmoid(1.702 x)`.
#[inline(always)]
pub(super) unsafe fn quick_gelu<S: Simd>(x: S::V) -> S::V {
    // SAFETY: as for this function.
    unsafe { gated_by_sigmoid::<S>(x, 1.702) }
}

/// `x Φ(x)`. The tail comes from its own fit and not from `1 + erf`, so that it keeps its
/// relative precision for negative `x`.
#[inline(always)]
pub(super) unsafe fn gelu_erf<S: Simd>(x: S::V) -> S::V {
    // SAFETY: as for this function.
    unsafe {
        let size = S::max(x, S::sub(S::splat(0.0), x));
        let t = S::div(S::splat(1.0), S::fma(size, S::splat(TAIL_STEP), S::splat(1.0)));
        let tail = S::mul(polynomial::<S, 8>(t, &TAIL), t);
        let tail = S::mul(tail, exp::<S>(S::mul(S::mul(x, x), S::splat(-0.5))));
        // x Φ(x) is max(x, 0) - |x| Φ(-|x|) on both sides.
        S::fma(S::sub(S::splat(0.0), size), tail, S::max(S::splat(0.0), x))
    }
}
