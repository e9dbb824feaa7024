//! The vectors of x86: AVX-512 in one register, AVX2 with FMA in two.

use std::arch::x86_64::*;

use super::simd::{LANES, Simd, Work};
use super::tile::{self, Product};

/// The sum of eight lanes, halving each time.
#[inline(always)]
unsafe fn sum_eight(v: __m256) -> f32 {
    unsafe {
        let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
    }
}

/// Does `work` with AVX-512.
///
/// # Safety
/// The processor has AVX-512F.
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn with_avx512<W: Work>(work: W) -> W::Out {
    // SAFETY: the features are on.
    unsafe { work.run::<Avx512>() }
}

/// Does `work` with AVX2 and FMA.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn with_avx2<W: Work>(work: W) -> W::Out {
    // SAFETY: the features are on.
    unsafe { work.run::<Avx2>() }
}

/// AVX-512F.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512;

/// The first `n` of sixteen lanes.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    ((1u32 << n.min(LANES)) - 1) as __mmask16
}

// SAFETY, for all of this file: the trait lets its methods be called only where the features
// are on and the pointers are good.
impl Simd for Avx512 {
    type V = __m512;
    const PANEL: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self::V {
        unsafe { _mm512_loadu_ps(p) }
    }

    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
        unsafe { _mm512_storeu_ps(p, v) }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> Self::V {
        unsafe { _mm512_maskz_loadu_ps(first(n), p) }
    }

    #[inline(always)]
    unsafe fn store_first(p: *mut f32, v: Self::V, n: usize) {
        unsafe { _mm512_mask_storeu_ps(p, first(n), v) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn scale_by_bits(a: Self::V, bits: Self::V) -> Self::V {
        unsafe {
            let power = _mm512_slli_epi32::<23>(_mm512_castps_si512(bits));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), power))
        }
    }

    #[inline(always)]
    unsafe fn sum(v: Self::V) -> f32 {
        unsafe {
            let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(v)));
            sum_eight(_mm256_add_ps(_mm512_castps512_ps256(v), high))
        }
    }

    unsafe fn product(work: &Product) {
        #[target_feature(enable = "avx512f,avx2,fma")]
        unsafe fn enabled(work: &Product) {
            unsafe { tile::panel::<Avx512>(work) }
        }
        unsafe { enabled(work) }
    }
}

/// AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2;

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

    unsafe fn product(work: &Product) {
        #[target_feature(enable = "avx2,fma")]
        unsafe fn enabled(work: &Product) {
            unsafe { tile::panel::<Avx2>(work) }
        }
        unsafe { enabled(work) }
    }
}
