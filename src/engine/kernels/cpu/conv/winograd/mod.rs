//! Convolution by minimal filtering (Winograd; Lavin and Gray, arXiv 1509.09308): F(2 x 2, 3 x 3).
//!
//! A tile of two by two results sees four by four pixels. Pixels and filters are brought to
//! another base, in which sixteen products give the four results instead of thirty-six: one
//! product of matrices for each of the sixteen places, over the channels. The way there and back
//! is made of sums and halves, so that it rounds about as the direct way does.

mod filters;
mod results;
mod tiles;

use rayon::prelude::*;

use super::super::memory::{Out, with_scratch};
use super::super::simd::LANES;
use super::super::tile::{Layout, Product, Start, pieces};
use super::{CHANNELS, Job, Shape};
use filters::Filters;
use results::Results;
use tiles::{LINE, Pixels, ROWS};

/// Places of a tile in the other base, four rows of four.
const PLACES: usize = 16;
/// Tiles of one task.
const TILES: usize = 64;
/// Filters up to which a few tiles pay.
const SMALL: usize = 1 << 16;
/// Channels on both sides from which it pays.
const PAYS: usize = 32;

/// Whether a convolution can be done so, and is quicker for it. It is asked of the shape of one
/// image: the size of the batch must not show.
pub(super) fn takes(shape: &Shape) -> bool {
    let Shape { kernel, stride, out_height: height, out_width: width, .. } = *shape;
    let even = height.is_multiple_of(2) && width.is_multiple_of(2);
    let tiles = height / 2 * (width / 2);
    // To bring the filters over is paid for by the tiles, few of which suffice for filters that
    // stay in the cache.
    let small = shape.channels * shape.out_channels <= SMALL;
    let many = tiles >= TILES || small && tiles >= LANES;
    kernel == 3 && stride == 1 && even && many && shape.channels.min(shape.out_channels) >= PAYS
}

/// A rectangle of tiles of one image: whole rows of them, or a part of one.
#[derive(Debug, Clone, Copy)]
struct Block {
    image: usize,
    x: usize,
    y: usize,
    across: usize,
    down: usize,
}

impl Block {
    fn tiles(self) -> usize {
        self.across * self.down
    }

    /// Floats from one row of panels to the next.
    fn stride(self) -> usize {
        self.tiles().next_multiple_of(LANES)
    }
}

/// How the tiles of an image are cut into blocks.
#[derive(Debug, Clone, Copy)]
struct Grid {
    width: usize,
    height: usize,
    /// Extents of a whole block; those at the edges may be smaller.
    across: usize,
    down: usize,
}

impl Grid {
    fn of(shape: &Shape) -> Self {
        let (width, height) = (shape.out_width / 2, shape.out_height / 2);
        let across = width.min(TILES);
        Self { width, height, across, down: if width < TILES { TILES / width } else { 1 } }
    }

    fn blocks(self) -> usize {
        self.width.div_ceil(self.across) * self.height.div_ceil(self.down)
    }

    fn block(self, index: usize) -> Block {
        let (image, index) = (index / self.blocks(), index % self.blocks());
        let columns = self.width.div_ceil(self.across);
        let (x, y) = (index % columns * self.across, index / columns * self.down);
        let (across, down) = (self.across.min(self.width - x), self.down.min(self.height - y));
        Block { image, x, y, across, down }
    }
}

/// Fills the whole result of `job`.
pub(super) fn run(job: &Job) {
    let shape = &job.shape;
    let plane = shape.out_channels * shape.channels;
    let mut memory: Vec<f32> = Vec::with_capacity(PLACES * plane);
    let filters = Out::of(&mut memory);
    (0..shape.out_channels).into_par_iter().for_each(|channel| {
        let weight = &job.weight[channel * shape.depth()..][..shape.depth()];
        job.isa.run(Filters { weight, to: filters.at(channel * shape.channels), plane });
    });
    let grid = Grid::of(shape);
    job.each(shape.images * grid.blocks(), |index, from, to| {
        let block = grid.block(index);
        let stride = block.stride();
        let (pixels, sums) = (PLACES * shape.channels * stride, PLACES * CHANNELS * stride);
        with_scratch(pixels + sums + ROWS + LINE, |scratch| {
            let (pixels, scratch) = scratch.split_at_mut(pixels);
            let (sums, scratch) = scratch.split_at_mut(sums);
            let (rows, line) = scratch.split_at_mut(ROWS);
            job.isa.run(Pixels { shape, block, x: job.x, rows, line, to: pixels });
            for channel in (from..to).step_by(CHANNELS) {
                let range = channel..to.min(channel + CHANNELS);
                multiply(job, block, pixels, filters, range.clone(), sums);
                job.isa.run(Results { job, block, sums, channels: range });
            }
        });
    });
}

/// One product for each place: filters of some result channels by the tiles of a block.
fn multiply(
    job: &Job,
    block: Block,
    pixels: &[f32],
    filters: Out,
    channels: std::ops::Range<usize>,
    sums: &mut [f32],
) {
    let (shape, stride, panel) = (&job.shape, block.stride(), job.isa.panel());
    for place in 0..PLACES {
        for (piece, (first, depth)) in pieces(shape.channels, 1).enumerate() {
            let filter = (place * shape.out_channels + channels.start) * shape.channels + first;
            for tile in (0..block.tiles()).step_by(panel) {
                job.isa.run(&Product {
                    rows: channels.len(),
                    lanes: panel.min(block.tiles() - tile),
                    depth,
                    a: pixels[(place * shape.channels + first) * stride + tile..].as_ptr(),
                    layout: Layout::Rows(stride),
                    b: filters.at(filter).cast_const(),
                    ldb: shape.channels,
                    c: sums[place * CHANNELS * stride + tile..].as_mut_ptr(),
                    ldc: stride,
                    alpha: 1.0,
                    start: if piece == 0 { Start::Value(0.0) } else { Start::Add },
                    onto: std::ptr::null(),
                });
            }
        }
    }
}
