//! Sixteen floats at a time, on whatever the processor offers.
//!
//! Every instruction set works on vectors of sixteen lanes (one register, or two, or four), adds
//! in the same order and fuses the same multiplications, so that AVX-512, AVX2 and NEON agree to
//! the byte. Only x86 processors without FMA (before 2013) round differently.

use super::tile::{self, Product};

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
        self.0 != Kind::Portable || FUSED
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

/// Plain arrays, which the compiler turns into NEON, SSE2 or what there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

/// Whether `mul_add` is one instruction here.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

#[inline(always)]
fn each(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

impl Simd for Portable {
    type V = [f32; LANES];
    const PANEL: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; LANES]
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self::V {
        // SAFETY: the caller vouches for sixteen floats; no alignment is asked of them.
        unsafe { p.cast::<Self::V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
        // SAFETY: as for `load`.
        unsafe { p.cast::<Self::V>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> Self::V {
        let mut v = [0.0; LANES];
        // SAFETY: the caller vouches for `n` floats, and `n` is at most sixteen.
        unsafe { std::ptr::copy_nonoverlapping(p, v.as_mut_ptr(), n.min(LANES)) };
        v
    }

    #[inline(always)]
    unsafe fn store_first(p: *mut f32, v: Self::V, n: usize) {
        // SAFETY: as for `load_first`.
        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), p, n.min(LANES)) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|lane| {
            if FUSED { a[lane].mul_add(b[lane], c[lane]) } else { a[lane] * b[lane] + c[lane] }
        })
    }

    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V {
        each(a, b, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    unsafe fn scale_by_bits(a: Self::V, bits: Self::V) -> Self::V {
        each(a, bits, |a, bits| f32::from_bits(a.to_bits().wrapping_add(bits.to_bits() << 23)))
    }

    unsafe fn product(work: &Product) {
        // SAFETY: the caller vouches for the pointers; plain arrays need no features.
        unsafe { tile::panel::<Self>(work) }
    }
}
