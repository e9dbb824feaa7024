//! Pixels in the other base.

// Loops over registers by number, as in `tile`.
#![allow(clippy::needless_range_loop)]

use super::super::super::simd::{LANES, Simd, Work};
use super::super::Shape;
use super::super::direct::fill_phase;
use super::{Block, TILES};

/// Room for the rows of pixels under a block, mixed along the rows: those of even and of odd
/// number apart, for each of the four columns of a tile; and to read a vector beyond the last.
pub(super) const ROWS: usize = 8 * 2 * TILES + LANES;
/// Room for one row of pixels as it lies in the picture, and to read two vectors beyond.
pub(super) const LINE: usize = 2 * TILES + 2 + 3 * LANES;

/// The pixels under a block, `[place][channel][tile]`.
pub(super) struct Pixels<'a> {
    pub shape: &'a Shape,
    pub block: Block,
    pub x: &'a [f32],
    pub rows: &'a mut [f32],
    pub line: &'a mut [f32],
    pub to: &'a mut [f32],
}

impl Work for Pixels<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(mut self) {
        let plane = self.shape.height * self.shape.width;
        let image = self.shape.image(self.x, self.block.image);
        for (channel, picture) in image.chunks_exact(plane).enumerate() {
            // SAFETY: as for this function.
            unsafe {
                self.mix_rows::<S>(picture);
                self.mix_columns::<S>(channel);
            }
        }
    }
}

impl Pixels<'_> {
    /// Floats of the mixed rows of one parity and column.
    fn half(&self) -> usize {
        (self.block.down + 1) * self.block.across
    }

    #[inline(always)]
    unsafe fn mix_rows<S: Simd>(&mut self, picture: &[f32]) {
        let Self { shape, block, .. } = *self;
        let (half, wide) = (self.half(), 2 * block.across + 2);
        for row in 0..2 * block.down + 2 {
            let y = 2 * block.y + row;
            let line = &mut self.line[..wide];
            if y < shape.padding || y - shape.padding >= shape.height {
                line.fill(0.0);
            } else {
                let from = &picture[(y - shape.padding) * shape.width..][..shape.width];
                // SAFETY: as for this function.
                unsafe { fill_phase::<S>(shape, from, 2 * block.x, line) };
            }
            for x in (0..block.across).step_by(LANES) {
                let line = self.line[2 * x..][..2 * LANES + 2].as_ptr();
                let place = row % 2 * half + row / 2 * block.across + x;
                // SAFETY: the slice holds all that is read; the rows have room for 4 times 2
                // halves, in the last of which the last row ends.
                unsafe {
                    let pair = |at: usize| (S::load(line.add(at)), S::load(line.add(at + LANES)));
                    let ((a, b), (c, d)) = (pair(0), pair(2));
                    let four = [S::evens(a, b), S::odds(a, b), S::evens(c, d), S::odds(c, d)];
                    let mixed = mix::<S>(four);
                    let count = LANES.min(block.across - x);
                    for column in 0..4 {
                        let to = self.rows[2 * column * half + place..].as_mut_ptr();
                        S::store_first(to, mixed[column], count);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn mix_columns<S: Simd>(&mut self, channel: usize) {
        let (half, stride) = (self.half(), self.block.stride());
        for column in 0..4 {
            for tile in (0..self.block.tiles()).step_by(LANES) {
                let even = self.rows[2 * column * half + tile..].as_ptr();
                let (odd, next) = (even.wrapping_add(half), self.block.across);
                // SAFETY: the rows have room for a vector beyond their end; the panels' rows are
                // whole vectors.
                unsafe {
                    let four = [
                        S::load(even),
                        S::load(odd),
                        S::load(even.add(next)),
                        S::load(odd.add(next)),
                    ];
                    let mixed = mix::<S>(four);
                    for row in 0..4 {
                        let place = (row * 4 + column) * self.shape.channels + channel;
                        S::store(self.to[place * stride + tile..].as_mut_ptr(), mixed[row]);
                    }
                }
            }
        }
    }
}

/// Four pixels in the other base.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
unsafe fn mix<S: Simd>([a, b, c, d]: [S::V; 4]) -> [S::V; 4] {
    // SAFETY: as for this function.
    unsafe { [S::sub(a, c), S::add(b, c), S::sub(c, b), S::sub(b, d)] }
}
