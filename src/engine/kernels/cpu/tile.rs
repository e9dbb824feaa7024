//! The product at the bottom of convolution, linear layer and attention.
//!
//! Each result is one running sum over the depth, in order, whatever the tile it falls into: so
//! how the work is cut up, among threads or between the rows of a batch, does not show.

// Loops over registers by number: iterators over vectors are closures, and a closure does not
// take the instruction set of the function around it.
#![allow(clippy::needless_range_loop)]

use super::simd::{LANES, Simd, Work};

/// Rows of results in the largest tile.
pub(super) const ROWS: usize = 6;

/// Depth after which a running sum is put down and a new one begun: the panel of this depth
/// stays in the second-level cache, and short sums round less.
const DEPTH: usize = 1024;

/// What a result starts from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// The same for all.
    Value(f32),
    /// One for each row.
    Row(*const f32),
    /// One for each lane.
    Lane(*const f32),
    /// What is there.
    Add,
}

/// Where the vectors of a panel lie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// Side by side, this many floats from one `k` to the next.
    Rows(usize),
    /// Each with an offset of its own, and one offset for each `k`: a picture read in place, at
    /// the taps of a convolution. Lanes are a multiple of [`LANES`].
    Taps { offsets: *const u32, vectors: [usize; 4] },
}

/// `c[r][l] = start + alpha * Σ_k b[r][k] * a[k][l]`, for `l` within one panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product {
    /// Rows of `b` and `c`.
    pub rows: usize,
    /// Lanes of `a` and `c`; at most a panel.
    pub lanes: usize,
    /// Terms of each sum.
    pub depth: usize,
    /// The panel.
    pub a: *const f32,
    pub layout: Layout,
    /// The rows, `ldb` floats apart.
    pub b: *const f32,
    pub ldb: usize,
    /// The results, `ldc` floats from row to row.
    pub c: *mut f32,
    pub ldc: usize,
    pub alpha: f32,
    pub start: Start,
    /// Added to what the results start from: laid out as they are, or null.
    pub onto: *const f32,
}

impl Work for &Product {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: who makes a product vouches for its pointers.
        unsafe { S::product(self) }
    }
}

/// The pieces, `(from, length)` in items of `size` terms, in which a sum over `items` is taken.
pub(super) fn pieces(items: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    let most = (DEPTH / size.max(1)).max(1);
    let length = items.div_ceil(items.div_ceil(most).max(1)).max(1);
    (0..items.div_ceil(length)).map(move |piece| {
        let from = piece * length;
        (from, length.min(items - from))
    })
}

/// Does `work` with `S`, which must be the instruction set that the caller has switched on.
///
/// # Safety
/// The pointers of `work` are good for its extents; nobody else writes to `c`.
#[inline(always)]
pub(super) unsafe fn panel<S: Simd>(work: &Product) {
    let vectors = work.lanes.div_ceil(LANES);
    // SAFETY: as for this function.
    unsafe {
        match vectors {
            1 => rows::<S, 1>(work),
            2 if S::PANEL >= 2 => rows::<S, 2>(work),
            3 if S::PANEL >= 3 => rows::<S, 3>(work),
            4 if S::PANEL >= 4 => rows::<S, 4>(work),
            _ => debug_assert!(vectors == 0, "{vectors} vectors in one panel"),
        }
    }
}

/// How the vectors of a panel are read.
const WHOLE: u8 = 0;
/// As [`WHOLE`], but the last one is partial.
const PART: u8 = 1;
/// At the taps of a convolution.
const TAPS: u8 = 2;

/// All rows of a panel of `W` vectors.
#[inline(always)]
unsafe fn rows<S: Simd, const W: usize>(work: &Product) {
    // SAFETY: as for `panel`.
    unsafe {
        match work.layout {
            Layout::Taps { .. } => rows_read::<S, W, TAPS>(work),
            Layout::Rows(_) if work.lanes.is_multiple_of(LANES) => rows_read::<S, W, WHOLE>(work),
            Layout::Rows(_) => rows_read::<S, W, PART>(work),
        }
    }
}

/// All rows of a panel of `W` vectors that are read in one way.
#[inline(always)]
unsafe fn rows_read<S: Simd, const W: usize, const READ: u8>(work: &Product) {
    let mut row = 0;
    // SAFETY: `row` and the rows of the tile after it stay within `work.rows`.
    unsafe {
        while row + ROWS <= work.rows {
            tile::<S, W, ROWS, READ>(work, row);
            row += ROWS;
        }
        match work.rows - row {
            1 => tile::<S, W, 1, READ>(work, row),
            2 => tile::<S, W, 2, READ>(work, row),
            3 => tile::<S, W, 3, READ>(work, row),
            4 => tile::<S, W, 4, READ>(work, row),
            5 => tile::<S, W, 5, READ>(work, row),
            _ => {}
        }
    }
}

/// Lanes from memory: `part` of them if the vector is a partial one.
#[inline(always)]
unsafe fn read<S: Simd>(from: *const f32, part: Option<usize>) -> S::V {
    // SAFETY: as for `panel`.
    unsafe {
        match part {
            Some(lanes) => S::load_first(from, lanes),
            None => S::load(from),
        }
    }
}

/// The lanes of vector `w` out of `W`, if it is a partial one.
#[inline(always)]
fn part_of<const W: usize, const READ: u8>(work: &Product, w: usize) -> Option<usize> {
    if READ == PART && w + 1 == W { Some(work.lanes - (W - 1) * LANES) } else { None }
}

/// `R` rows from `row` on, their sums held in registers.
#[inline(always)]
unsafe fn tile<S: Simd, const W: usize, const R: usize, const READ: u8>(
    work: &Product,
    row: usize,
) {
    let (lda, offsets, mut vectors) = match work.layout {
        Layout::Rows(lda) => (lda, std::ptr::null(), [0; 4]),
        Layout::Taps { offsets, vectors } => (0, offsets, vectors),
    };
    if READ != TAPS {
        vectors = [0, LANES, 2 * LANES, 3 * LANES];
    }
    // SAFETY: as for `panel`.
    unsafe {
        let mut sums = [[S::splat(0.0); W]; R];
        let mut a = work.a;
        let b = work.b.add(row * work.ldb);
        for k in 0..work.depth {
            if READ == TAPS {
                a = work.a.add(*offsets.add(k) as usize);
            }
            let mut column = [S::splat(0.0); W];
            for w in 0..W {
                column[w] = read::<S>(a.add(vectors[w]), part_of::<W, READ>(work, w));
            }
            for r in 0..R {
                let factor = S::splat(*b.add(r * work.ldb + k));
                for w in 0..W {
                    sums[r][w] = S::fma(factor, column[w], sums[r][w]);
                }
            }
            a = a.wrapping_add(lda);
        }
        for r in 0..R {
            for w in 0..W {
                put::<S>(work, row + r, w * LANES, sums[r][w], part_of::<W, READ>(work, w));
            }
        }
    }
}

/// Writes the results whose sums are in one vector.
#[inline(always)]
unsafe fn put<S: Simd>(work: &Product, row: usize, lane: usize, sum: S::V, part: Option<usize>) {
    // SAFETY: as for `panel`.
    unsafe {
        let at = work.c.add(row * work.ldc + lane);
        let start = match work.start {
            Start::Value(value) => S::splat(value),
            Start::Row(values) => S::splat(*values.add(row)),
            Start::Lane(values) => read::<S>(values.add(lane), part),
            Start::Add => read::<S>(at, part),
        };
        let start = match work.onto.is_null() {
            true => start,
            false => S::add(start, read::<S>(work.onto.add(row * work.ldc + lane), part)),
        };
        let result = S::fma(S::splat(work.alpha), sum, start);
        match part {
            Some(lanes) => S::store_first(at, result, lanes),
            None => S::store(at, result),
        }
    }
}
