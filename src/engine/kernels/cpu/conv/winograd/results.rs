//! Sums back to pixels.

// Loops over registers by number, as in `tile`.
#![allow(clippy::needless_range_loop)]

use super::super::super::simd::{LANES, Simd, Work};
use super::super::{CHANNELS, Job};
use super::Block;

/// The results of a block from the sums, `[place][channel of CHANNELS][tile]`.
pub(super) struct Results<'a> {
    pub job: &'a Job<'a>,
    pub block: Block,
    pub sums: &'a [f32],
    pub channels: std::ops::Range<usize>,
}

impl Work for Results<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let stride = self.block.stride();
        let mut pixels = [[0.0; 2 * LANES]; 2];
        for (index, channel) in self.channels.clone().enumerate() {
            let bias = self.job.bias(self.block.image, channel);
            for tile in (0..self.block.tiles()).step_by(LANES) {
                // SAFETY: the sums' rows are whole vectors.
                unsafe {
                    let sum = |place: usize| {
                        let row = place * CHANNELS + index;
                        S::load(self.sums[row * stride + tile..].as_ptr())
                    };
                    let mut tall = [[S::splat(0.0); 4]; 2];
                    for column in 0..4 {
                        let four =
                            [sum(column), sum(column + 4), sum(column + 8), sum(column + 12)];
                        let two = gather::<S>(four);
                        (tall[0][column], tall[1][column]) = (two[0], two[1]);
                    }
                    for row in 0..2 {
                        let [left, right] = gather::<S>(tall[row]);
                        let (left, right) =
                            (S::add(left, S::splat(bias)), S::add(right, S::splat(bias)));
                        let to = pixels[row].as_mut_ptr();
                        S::store(to, S::zip_low(left, right));
                        S::store(to.add(LANES), S::zip_high(left, right));
                    }
                    self.put::<S>(channel, tile, &pixels);
                }
            }
        }
    }
}

impl Results<'_> {
    /// Writes both rows of pixels of up to a vector of tiles, and adds the residual.
    #[inline(always)]
    unsafe fn put<S: Simd>(&self, channel: usize, tile: usize, pixels: &[[f32; 2 * LANES]; 2]) {
        let (shape, block) = (&self.job.shape, self.block);
        let end = LANES.min(block.tiles() - tile);
        let plane = (block.image * shape.out_channels + channel) * shape.out_height;
        let mut lane = 0;
        while lane < end {
            // Tiles that follow each other in one row of them.
            let (x, y) = ((tile + lane) % block.across, (tile + lane) / block.across);
            let count = (block.across - x).min(end - lane);
            for (row, pixels) in pixels.iter().enumerate() {
                let row = plane + 2 * (block.y + y) + row;
                let place = row * shape.out_width + 2 * (block.x + x);
                let from = &pixels[2 * lane..][..2 * count];
                for (at, from) in from.chunks(LANES).enumerate() {
                    let place = place + at * LANES;
                    // SAFETY: these pixels of the result are this task's own.
                    unsafe {
                        let mut values = S::load_first(from.as_ptr(), from.len());
                        if let Some(residual) = self.job.residual {
                            let more = S::load_first(residual[place..].as_ptr(), from.len());
                            values = S::add(values, more);
                        }
                        S::store_first(self.job.out.at(place), values, from.len());
                    }
                }
            }
            lane += count;
        }
    }
}

/// Two results of four sums.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
unsafe fn gather<S: Simd>([a, b, c, d]: [S::V; 4]) -> [S::V; 2] {
    // SAFETY: as for this function.
    unsafe { [S::add(S::add(a, b), c), S::sub(S::sub(b, c), d)] }
}
