//! AVX2 with FMA: a vector is two registers.

use std::arch::x86_64::*;

use super::super::simd::{LANES, Simd};
use super::super::tile::{self, Product};
use super::sum_eight;

/// AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Avx2;

/// Masks of the first `n` of sixteen lanes start `n` before the middle of this.
static EDGE: [i32; 2 * LANES] = {
    let mut edge = [0; 2 * LANES];
    let mut lane = 0;
    while lane < LANES {
        edge[lane] = -1;
        lane += 1;
    }
    edge
};

#[inline(always)]
unsafe fn masks(n: usize) -> [__m256i; 2] {
    unsafe {
        let start = EDGE.as_ptr().add(LANES - n.min(LANES));
        [_mm256_loadu_si256(start.cast()), _mm256_loadu_si256(start.add(8).cast())]
    }
}

#[inline(always)]
unsafe fn scale_half(a: __m256, bits: __m256) -> __m256 {
    unsafe {
        let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(bits));
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), power))
    }
}

/// Every second of sixteen lanes.
#[inline(always)]
unsafe fn half<const PICK: i32>(v: [__m256; 2]) -> __m256 {
    unsafe {
        // The quarters of both registers take turns until they are put in order.
        let quarters = _mm256_castps_pd(_mm256_shuffle_ps::<PICK>(v[0], v[1]));
        _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(quarters))
    }
}

/// Lanes of both in turns.
#[inline(always)]
unsafe fn zip(a: __m256, b: __m256) -> [__m256; 2] {
    unsafe {
        let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        [_mm256_permute2f128_ps::<0x20>(low, high), _mm256_permute2f128_ps::<0x31>(low, high)]
    }
}

impl Simd for Avx2 {
    type V = [__m256; 2];
    const PANEL: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { [_mm256_set1_ps(x); 2] }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self::V {
        unsafe { [_mm256_loadu_ps(p), _mm256_loadu_ps(p.add(8))] }
    }

    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
        unsafe {
            _mm256_storeu_ps(p, v[0]);
            _mm256_storeu_ps(p.add(8), v[1]);
        }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> Self::V {
        unsafe {
            let [low, high] = masks(n);
            [_mm256_maskload_ps(p, low), _mm256_maskload_ps(p.wrapping_add(8), high)]
        }
    }

    #[inline(always)]
    unsafe fn store_first(p: *mut f32, v: Self::V, n: usize) {
        unsafe {
            let [low, high] = masks(n);
            _mm256_maskstore_ps(p, low, v[0]);
            _mm256_maskstore_ps(p.wrapping_add(8), high, v[1]);
        }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }

    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn scale_by_bits(a: Self::V, bits: Self::V) -> Self::V {
        unsafe { [scale_half(a[0], bits[0]), scale_half(a[1], bits[1])] }
    }

    #[inline(always)]
    unsafe fn sum(v: Self::V) -> f32 {
        unsafe { sum_eight(_mm256_add_ps(v[0], v[1])) }
    }

    #[inline(always)]
    unsafe fn evens(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [half::<0x88>(a), half::<0x88>(b)] }
    }

    #[inline(always)]
    unsafe fn odds(a: Self::V, b: Self::V) -> Self::V {
        unsafe { [half::<0xdd>(a), half::<0xdd>(b)] }
    }

    #[inline(always)]
    unsafe fn zip_low(a: Self::V, b: Self::V) -> Self::V {
        unsafe { zip(a[0], b[0]) }
    }

    #[inline(always)]
    unsafe fn zip_high(a: Self::V, b: Self::V) -> Self::V {
        unsafe { zip(a[1], b[1]) }
    }

    unsafe fn product(work: &Product) {
        #[target_feature(enable = "avx2,fma")]
        unsafe fn enabled(work: &Product) {
            unsafe { tile::panel::<Avx2>(work) }
        }
        unsafe { enabled(work) }
    }
}
