//! Sixteen floats at a time, on whatever the processor offers.
//!
//! Every instruction set works on vectors of sixteen lanes (one register, or two, or four), adds
//! in the same order and fuses the same multiplications, so that AVX-512, AVX2 and NEON agree to
//! the byte. Only x86 processors without FMA (before 2013) round differently.

use super::portable::Portable;
use super::tile::Product;

/// Floats in one vector.
pub(super) const LANES: usize = 16;

/// One instruction set. The methods must be inlined into a function that enables its features.
///
/// # Safety
/// Every method may be called only on a processor that has the instructions, which holding an
/// [`Isa`] proves; pointers must be good for the lanes that are read or written.
pub(super) trait Simd: Copy {
    /// Sixteen floats.
    type V: Copy;
    /// Vectors side by side in one panel of a product; as many as the registers hold.
    const PANEL: usize;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(p: *const f32) -> Self::V;
    unsafe fn store(p: *mut f32, v: Self::V);
    /// The first `n` lanes from memory, nought in the others.
    unsafe fn load_first(p: *const f32, n: usize) -> Self::V;
    /// The first `n` lanes to memory.
    unsafe fn store_first(p: *mut f32, v: Self::V, n: usize);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `a` where it is greater, else `b`; so a NaN in `b` stays.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// `a` where it is less, else `b`; so a NaN in `b` stays.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    /// `a * 2^n`, `n` being the low bits of `bits` as an integer. No care for overflow.
    unsafe fn scale_by_bits(a: Self::V, bits: Self::V) -> Self::V;
    /// Sixteen rows of sixteen floats, `stride` apart, to sixteen columns, `lda` apart.
    #[inline(always)]
    unsafe fn transpose(rows: *const f32, stride: usize, to: *mut f32, lda: usize) {
        for row in 0..LANES {
            // SAFETY: the caller vouches for the block at both places.
            let line = unsafe { Self::lanes(Self::load(rows.add(row * stride))) };
            for (column, value) in line.into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { to.add(column * lda + row).write(value) };
            }
        }
    }

    /// Every second lane of `a` and then of `b`, from the first on.
    #[inline(always)]
    unsafe fn evens(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: as for this method.
        unsafe { pick::<Self>(a, b, |lane| 2 * lane) }
    }

    /// Every second lane of `a` and then of `b`, from the second on.
    #[inline(always)]
    unsafe fn odds(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: as for this method.
        unsafe { pick::<Self>(a, b, |lane| 2 * lane + 1) }
    }

    /// The first eight lanes of `a` and of `b` in turns.
    #[inline(always)]
    unsafe fn zip_low(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: as for this method.
        unsafe { pick::<Self>(a, b, |lane| lane / 2 + lane % 2 * LANES) }
    }

    /// The last eight lanes of `a` and of `b` in turns.
    #[inline(always)]
    unsafe fn zip_high(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: as for this method.
        unsafe { pick::<Self>(a, b, |lane| (LANES + lane) / 2 + lane % 2 * LANES) }
    }

    /// One panel of a product; not inlined, it enables the features itself.
    unsafe fn product(work: &Product);

    /// The lanes as an array.
    #[inline(always)]
    unsafe fn lanes(v: Self::V) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: the array has sixteen lanes.
        unsafe { Self::store(lanes.as_mut_ptr(), v) };
        lanes
    }

    /// The sum of the lanes, always in the same order.
    #[inline(always)]
    unsafe fn sum(v: Self::V) -> f32 {
        // SAFETY: as for this method.
        let mut lanes = unsafe { Self::lanes(v) };
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
        }
        lanes[0]
    }

    /// The greatest lane.
    #[inline(always)]
    unsafe fn greatest(v: Self::V) -> f32 {
        // SAFETY: as for this method.
        let lanes = unsafe { Self::lanes(v) };
        lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

/// Lanes of `a` and `b`, which are counted on from those of `a`.
#[inline(always)]
unsafe fn pick<S: Simd>(a: S::V, b: S::V, from: impl Fn(usize) -> usize) -> S::V {
    // SAFETY: the arrays have sixteen lanes.
    unsafe {
        let (a, b) = (S::lanes(a), S::lanes(b));
        let lanes: [f32; LANES] = std::array::from_fn(|lane| {
            let from = from(lane);
            if from < LANES { a[from] } else { b[from - LANES] }
        });
        S::load(lanes.as_ptr())
    }
}

/// Something to do with one instruction set.
pub(super) trait Work {
    /// What comes of it.
    type Out;

    /// Does it. Implementations are `#[inline(always)]`, to be compiled with the features on.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    unsafe fn run<S: Simd>(self) -> Self::Out;
}

/// An instruction set that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Isa(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Isa {
    /// The best one.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return Self(Kind::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self(Kind::Avx2);
            }
        }
        Self(Kind::Portable)
    }

    /// All of them, the best first.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                all.push(Self(Kind::Avx512));
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self(Kind::Avx2));
            }
        }
        all.push(Self(Kind::Portable));
        all
    }

    /// Whether its products are rounded as on the others.
    #[cfg(test)]
    pub(super) fn is_fused(self) -> bool {
        self.0 != Kind::Portable || super::portable::FUSED
    }

    /// Does `work` with it.
    pub(super) fn run<W: Work>(self, work: W) -> W::Out {
        // SAFETY: a kind is only ever made after its features were detected.
        unsafe {
            match self.0 {
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => super::x86::with_avx512(work),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => super::x86::with_avx2(work),
                Kind::Portable => work.run::<Portable>(),
            }
        }
    }

    /// Floats in one panel of a product.
    pub(super) fn panel(self) -> usize {
        let vectors = match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => super::x86::Avx512::PANEL,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => super::x86::Avx2::PANEL,
            Kind::Portable => Portable::PANEL,
        };
        vectors * LANES
    }
}
