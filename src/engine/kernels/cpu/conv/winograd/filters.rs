//! Filters in the other base.

// Loops over registers by number, as in `tile`.
#![allow(clippy::needless_range_loop)]

use super::super::super::simd::{LANES, Simd, Work};

/// Taps of a filter.
const TAPS: usize = 9;

/// The filters of one result channel, `[place]` of `plane` floats, `[channel]` in each.
pub(super) struct Filters<'a> {
    pub weight: &'a [f32],
    pub to: *mut f32,
    pub plane: usize,
}

impl Work for Filters<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.weight.len() / TAPS;
        let (mut rows, mut taps) = ([0.0; LANES * LANES], [0.0; LANES * LANES]);
        for channel in (0..channels).step_by(LANES) {
            let count = LANES.min(channels - channel);
            // SAFETY: `count` filters of nine taps are there, and as many places in each plane.
            unsafe {
                for (index, row) in rows.chunks_exact_mut(LANES).take(count).enumerate() {
                    let filter = &self.weight[(channel + index) * TAPS..];
                    S::store(row.as_mut_ptr(), S::load_first(filter.as_ptr(), TAPS));
                }
                S::transpose(rows.as_ptr(), LANES, taps.as_mut_ptr(), LANES);
                let tap = |at: usize| S::load(taps.as_ptr().add(at * LANES));
                let mut tall = [[S::splat(0.0); 3]; 4];
                for column in 0..3 {
                    let one = spread::<S>([tap(column), tap(column + 3), tap(column + 6)]);
                    for row in 0..4 {
                        tall[row][column] = one[row];
                    }
                }
                for row in 0..4 {
                    let one = spread::<S>(tall[row]);
                    for column in 0..4 {
                        let to = self.to.add((row * 4 + column) * self.plane + channel);
                        S::store_first(to, one[column], count);
                    }
                }
            }
        }
    }
}

/// Three taps in the other base.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
unsafe fn spread<S: Simd>([a, b, c]: [S::V; 3]) -> [S::V; 4] {
    // SAFETY: as for this function.
    unsafe {
        let (half, outer) = (S::splat(0.5), S::add(a, c));
        [a, S::mul(half, S::add(outer, b)), S::mul(half, S::sub(outer, b)), c]
    }
}
