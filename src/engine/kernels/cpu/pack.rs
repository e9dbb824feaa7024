//! Transposed copies, the panels of products.

use super::simd::{Isa, LANES, Simd, Work};

/// Writes the transpose of `count` rows of `width` floats, which start `stride` floats apart, to
/// `to`, `lda` floats from one column of the rows to the next. What lies between the last row
/// and `lda` is left.
///
/// # Safety
/// `to` must be good for writes of `width` columns `lda` floats apart, of `count` floats each.
pub(super) unsafe fn transpose(
    isa: Isa,
    rows: &[f32],
    (stride, count, width): (usize, usize, usize),
    to: *mut f32,
    lda: usize,
) {
    if count > 0 && width > 0 {
        let rows = rows[..(count - 1) * stride + width].as_ptr();
        isa.run(Transpose { rows, stride, count, width, to, lda });
    }
}

struct Transpose {
    rows: *const f32,
    stride: usize,
    count: usize,
    width: usize,
    to: *mut f32,
    lda: usize,
}

impl Work for Transpose {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { rows, stride, count, width, to, lda } = self;
        // A block of columns at a time, so that each cache line of the rows is read once.
        for from in (0..width).step_by(LANES) {
            let columns = LANES.min(width - from);
            for row in (0..count).step_by(LANES) {
                let block = LANES.min(count - row);
                // SAFETY: the block ends at `count` rows and `width` columns at the most.
                unsafe {
                    let rows = rows.add(row * stride + from);
                    let to = to.add(from * lda + row);
                    if columns == LANES && block == LANES {
                        S::transpose(rows, stride, to, lda);
                        continue;
                    }
                    for row in 0..block {
                        for column in 0..columns {
                            to.add(column * lda + row).write(*rows.add(row * stride + column));
                        }
                    }
                }
            }
        }
    }
}
