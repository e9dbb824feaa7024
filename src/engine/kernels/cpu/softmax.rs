//! The two passes of a softmax over a row that is held.

use super::math;
use super::simd::{LANES, Simd, Work};

/// Replaces logits by `exp(logit - peak)`, `peak` the greatest of them and the one before;
/// returns it and the sum.
pub(super) struct Weigh<'a> {
    pub row: &'a mut [f32],
    pub peak: f32,
}

impl Work for Weigh<'_> {
    type Out = (f32, f32);

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> (f32, f32) {
        let (row, count) = (self.row.as_mut_ptr(), self.row.len());
        let whole = count / LANES * LANES;
        // SAFETY: all offsets stay below `count`.
        unsafe {
            let mut peaks = S::splat(self.peak);
            for at in (0..whole).step_by(LANES) {
                peaks = S::max(peaks, S::load(row.add(at)));
            }
            let mut peak = S::greatest(peaks);
            for at in whole..count {
                peak = peak.max(*row.add(at));
            }
            let centre = S::splat(peak);
            let mut sums = S::splat(0.0);
            for at in (0..whole).step_by(LANES) {
                let power = math::exp::<S>(S::sub(S::load(row.add(at)), centre));
                sums = S::add(sums, power);
                S::store(row.add(at), power);
            }
            if whole < count {
                let rest = count - whole;
                let logits = S::load_first(row.add(whole), rest);
                let power = math::exp::<S>(S::sub(logits, centre));
                S::store_first(row.add(whole), power, rest);
                sums = S::add(sums, S::load_first(row.add(whole), rest));
            }
            (peak, S::sum(sums))
        }
    }
}

/// Multiplies `count` floats by `factor`.
pub(super) struct Scale {
    pub row: *mut f32,
    pub count: usize,
    pub factor: f32,
}

impl Work for Scale {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let whole = self.count / LANES * LANES;
        // SAFETY: who makes this owns `count` floats at `row`.
        unsafe {
            let factor = S::splat(self.factor);
            for at in (0..whole).step_by(LANES) {
                S::store(self.row.add(at), S::mul(S::load(self.row.add(at)), factor));
            }
            let rest = self.count - whole;
            if rest > 0 {
                let scaled = S::mul(S::load_first(self.row.add(whole), rest), factor);
                S::store_first(self.row.add(whole), scaled, rest);
            }
        }
    }
}
