//! AVX-512: a vector is one register.

// Loops over registers by number, as in `tile`.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::super::simd::{LANES, Simd};
use super::super::tile::{self, Product};
use super::sum_eight;

/// AVX-512F.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Avx512;

/// The first `n` of sixteen lanes.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    ((1u32 << n.min(LANES)) - 1) as __mmask16
}

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

    #[inline(always)]
    unsafe fn transpose(rows: *const f32, stride: usize, to: *mut f32, lda: usize) {
        unsafe {
            let mut block = [_mm512_setzero_ps(); LANES];
            for row in 0..LANES {
                block[row] = _mm512_loadu_ps(rows.add(row * stride));
            }
            let block = transposed(block);
            for column in 0..LANES {
                _mm512_storeu_ps(to.add(column * lda), block[column]);
            }
        }
    }

    #[inline(always)]
    unsafe fn evens(a: Self::V, b: Self::V) -> Self::V {
        unsafe { pick(a, b, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]) }
    }

    #[inline(always)]
    unsafe fn odds(a: Self::V, b: Self::V) -> Self::V {
        unsafe { pick(a, b, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31]) }
    }

    #[inline(always)]
    unsafe fn zip_low(a: Self::V, b: Self::V) -> Self::V {
        unsafe { pick(a, b, [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]) }
    }

    #[inline(always)]
    unsafe fn zip_high(a: Self::V, b: Self::V) -> Self::V {
        unsafe { pick(a, b, [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31]) }
    }

    unsafe fn product(work: &Product) {
        #[target_feature(enable = "avx512f,avx2,fma")]
        unsafe fn enabled(work: &Product) {
            unsafe { tile::panel::<Avx512>(work) }
        }
        unsafe { enabled(work) }
    }
}

/// Lanes of `a`, and of `b` from 16 on.
#[inline(always)]
unsafe fn pick(a: __m512, b: __m512, from: [i32; LANES]) -> __m512 {
    unsafe { _mm512_permutex2var_ps(a, _mm512_loadu_si512(from.as_ptr().cast()), b) }
}

/// Rows to columns: pairs of rows, then fours, then quarters of vectors.
#[inline(always)]
unsafe fn transposed(rows: [__m512; LANES]) -> [__m512; LANES] {
    unsafe {
        let mut pairs = rows;
        for i in (0..LANES).step_by(2) {
            pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
            pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
        }
        let mut fours = pairs;
        for i in (0..LANES).step_by(4) {
            fours[i] = _mm512_shuffle_ps::<0x44>(pairs[i], pairs[i + 2]);
            fours[i + 1] = _mm512_shuffle_ps::<0xee>(pairs[i], pairs[i + 2]);
            fours[i + 2] = _mm512_shuffle_ps::<0x44>(pairs[i + 1], pairs[i + 3]);
            fours[i + 3] = _mm512_shuffle_ps::<0xee>(pairs[i + 1], pairs[i + 3]);
        }
        let mut columns = fours;
        for i in 0..4 {
            let (a, b, c, d) = (fours[i], fours[i + 4], fours[i + 8], fours[i + 12]);
            let even = [_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0x88>(c, d)];
            let odd = [_mm512_shuffle_f32x4::<0xdd>(a, b), _mm512_shuffle_f32x4::<0xdd>(c, d)];
            columns[i] = _mm512_shuffle_f32x4::<0x88>(even[0], even[1]);
            columns[i + 4] = _mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]);
            columns[i + 8] = _mm512_shuffle_f32x4::<0xdd>(even[0], even[1]);
            columns[i + 12] = _mm512_shuffle_f32x4::<0xdd>(odd[0], odd[1]);
        }
        columns
    }
}
