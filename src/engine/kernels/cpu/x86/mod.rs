//! The vectors of x86: AVX-512 in one register, AVX2 with FMA in two.
//!
//! SAFETY, for all of it: the trait [`Simd`](super::simd::Simd) lets its methods be called only
//! where the features are on and the pointers are good.

mod avx2;
mod avx512;

pub(super) use avx2::Avx2;
pub(super) use avx512::Avx512;

use std::arch::x86_64::*;

use super::simd::Work;

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
