//! Convolution that reads the picture in place.
//!
//! A task copies the part of the picture under its tile, with the padding around it, and then
//! reads each tap as that same part, shifted. With a stride the columns of the copy are sorted
//! by their phase, so that the pixels of a tap still follow each other.

use super::super::memory::with_scratch;
use super::super::simd::{LANES, Simd, Work};
use super::super::tile::{Layout, Product, pieces};
use super::{CHANNELS, Job, Shape};

/// Pixels of a tile.
const PIXELS: usize = 256;
/// The widest tile.
const WIDTH: usize = 64;

/// How the result of one image is cut into tiles.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// Extents of a whole tile; those at the right and lower edge may be smaller.
    width: usize,
    height: usize,
    across: usize,
    down: usize,
    /// Floats in one phase of a row of the patch under a tile, in the row, and in a channel.
    phase: usize,
    patch_row: usize,
    patch: usize,
}

impl Grid {
    fn of(shape: &Shape) -> Self {
        let width = shape.out_width.min(WIDTH);
        let height = (PIXELS / width).clamp(1, shape.out_height);
        let phase = width + (shape.kernel - 1) / shape.stride;
        let patch_row = phase * shape.stride.min(shape.kernel);
        Self {
            width,
            height,
            across: shape.out_width.div_ceil(width),
            down: shape.out_height.div_ceil(height),
            phase,
            patch_row,
            patch: patch_row * ((height - 1) * shape.stride + shape.kernel),
        }
    }

    fn tile(&self, shape: &Shape, index: usize) -> Tile {
        let (row, across) = (index / self.across, index % self.across);
        let (image, down) = (row / self.down, row % self.down);
        let (x, y) = (across * self.width, down * self.height);
        Tile {
            image,
            x,
            y,
            width: self.width.min(shape.out_width - x),
            height: self.height.min(shape.out_height - y),
        }
    }

    /// Offset of each term of a sum in the patch.
    fn offsets(&self, shape: &Shape) -> Vec<u32> {
        let taps = shape.taps();
        (0..shape.depth())
            .map(|k| {
                let (channel, tap) = (k / taps, k % taps);
                let (y, x) = (tap / shape.kernel, tap % shape.kernel);
                let x = x % shape.stride * self.phase + x / shape.stride;
                (channel * self.patch + y * self.patch_row + x) as u32
            })
            .collect()
    }
}

/// A rectangle of the result of one image.
#[derive(Debug, Clone, Copy)]
struct Tile {
    image: usize,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// Fills the whole result of `job`.
pub(super) fn run(job: &Job) {
    let shape = &job.shape;
    let grid = Grid::of(shape);
    let offsets = grid.offsets(shape);
    job.each(shape.images * grid.down * grid.across, |index, from, to| {
        let tile = grid.tile(shape, index);
        for (piece, (first, channels)) in pieces(shape.channels, shape.taps()).enumerate() {
            with_scratch(grid.patch * channels, |patch| {
                job.isa.run(Fill { shape, grid, tile, x: job.x, first, channels, patch });
                let terms = first * shape.taps()..(first + channels) * shape.taps();
                let part = Part { job, grid, tile, first_piece: piece == 0, terms };
                part.multiply(patch, &offsets, from, to);
            });
        }
    });
}

/// The copy of the picture under a tile, some channels of it.
struct Fill<'a> {
    shape: &'a Shape,
    grid: Grid,
    tile: Tile,
    x: &'a [f32],
    first: usize,
    channels: usize,
    patch: &'a mut [f32],
}

impl Work for Fill<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { shape, grid, tile, .. } = self;
        let image = shape.image(self.x, tile.image);
        let plane = shape.height * shape.width;
        let rows = (tile.height - 1) * shape.stride + shape.kernel;
        for channel in 0..self.channels {
            let picture = &image[(self.first + channel) * plane..][..plane];
            let patch = &mut self.patch[channel * grid.patch..][..grid.patch];
            for (row, to) in patch.chunks_exact_mut(grid.patch_row).take(rows).enumerate() {
                let y = tile.y * shape.stride + row;
                if y < shape.padding || y - shape.padding >= shape.height {
                    to.fill(0.0);
                    continue;
                }
                let from = &picture[(y - shape.padding) * shape.width..][..shape.width];
                for (phase, to) in to.chunks_exact_mut(grid.phase).enumerate() {
                    // SAFETY: as for `run`.
                    unsafe { fill_phase::<S>(shape, from, tile.x * shape.stride + phase, to) };
                }
            }
        }
    }
}

/// Every `stride`-th pixel of a row of the picture from column `x` (counted from the left
/// padding) on, nought where there is none.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
pub(super) unsafe fn fill_phase<S: Simd>(shape: &Shape, row: &[f32], x: usize, to: &mut [f32]) {
    let (stride, end) = (shape.stride, shape.width + shape.padding);
    // The columns that lie within the picture.
    let left = shape.padding.saturating_sub(x).div_ceil(stride).min(to.len());
    let right = end.saturating_sub(x).div_ceil(stride).clamp(left, to.len());
    to[..left].fill(0.0);
    to[right..].fill(0.0);
    if left == right {
        return;
    }
    let (from, to) = (&row[x + left * stride - shape.padding..], &mut to[left..right]);
    if stride == 1 {
        let from = &from[..to.len()];
        // SAFETY: both slices have this length.
        unsafe { copy::<S>(from.as_ptr(), to.as_mut_ptr(), from.len()) };
        return;
    }
    for (to, from) in to.iter_mut().zip(from.iter().step_by(stride)) {
        *to = *from;
    }
}

/// Copies `count` floats; quicker than a call for the short rows of small pictures.
#[inline(always)]
pub(super) unsafe fn copy<S: Simd>(from: *const f32, to: *mut f32, count: usize) {
    let whole = count / LANES * LANES;
    // SAFETY: the caller vouches for `count` floats at both places.
    unsafe {
        for at in (0..whole).step_by(LANES) {
            S::store(to.add(at), S::load(from.add(at)));
        }
        if whole < count {
            let rest = S::load_first(from.add(whole), count - whole);
            S::store_first(to.add(whole), rest, count - whole);
        }
    }
}

/// A tile and the part of the sums that its patch holds.
struct Part<'a> {
    job: &'a Job<'a>,
    grid: Grid,
    tile: Tile,
    first_piece: bool,
    terms: std::ops::Range<usize>,
}

impl Part<'_> {
    /// Multiplies the patch with the weights of the result channels `from..to`.
    fn multiply(&self, patch: &[f32], offsets: &[u32], from: usize, to: usize) {
        for channel in (from..to).step_by(CHANNELS) {
            let rows = CHANNELS.min(to - channel);
            self.each_panel(|pixel, lanes, vectors| {
                self.product(patch, offsets, (channel, rows), pixel, lanes, vectors);
            });
        }
    }

    /// Calls `task(pixel, lanes, offsets of the vectors)` for runs of pixels that follow each
    /// other in the result.
    fn each_panel(&self, mut task: impl FnMut(usize, usize, [usize; 4])) {
        let tile = self.tile;
        let row = self.grid.patch_row * self.job.shape.stride;
        let panel = self.job.isa.panel();
        let joined = tile.width == self.job.shape.out_width;
        let (runs, run) =
            if joined { (1, tile.width * tile.height) } else { (tile.height, tile.width) };
        for index in 0..runs {
            for at in (0..run).step_by(panel) {
                let lanes = panel.min(run - at);
                let first = index * run + at;
                let vectors = std::array::from_fn(|vector| {
                    let place = first + (vector * LANES).min(lanes - LANES);
                    place / tile.width * row + place % tile.width
                });
                let y = tile.y + first / tile.width;
                let x = tile.x + first % tile.width;
                task(y * self.job.shape.out_width + x, lanes, vectors);
            }
        }
    }

    fn product(
        &self,
        patch: &[f32],
        offsets: &[u32],
        (channel, rows): (usize, usize),
        pixel: usize,
        lanes: usize,
        vectors: [usize; 4],
    ) {
        let (job, shape) = (self.job, &self.job.shape);
        let result = (self.tile.image * shape.out_channels + channel) * shape.pixels() + pixel;
        // The patch begins with this piece's first channel.
        let skipped = self.terms.start / shape.taps() * self.grid.patch;
        let product = Product {
            rows,
            lanes,
            depth: self.terms.len(),
            a: patch.as_ptr().wrapping_sub(skipped),
            layout: Layout::Taps { offsets: offsets[self.terms.clone()].as_ptr(), vectors },
            b: job.weight[channel * shape.depth() + self.terms.start..].as_ptr(),
            ldb: shape.depth(),
            c: job.out.at(result),
            ldc: shape.pixels(),
            alpha: 1.0,
            start: job.start(self.first_piece, self.tile.image, channel),
            onto: job.onto(self.first_piece, result),
        };
        job.isa.run(&product);
    }
}
