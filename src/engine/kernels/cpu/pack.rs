//! Transposed copies, the panels of products.

use super::simd::LANES;

/// Writes the transpose of `rows` (each `width` floats) to `to`, `lda` floats from one column of
/// `rows` to the next. What lies between the last row and `lda` is left.
pub(super) fn transpose(rows: &[f32], width: usize, to: &mut [f32], lda: usize) {
    transpose_strided(rows, width, rows.len() / width.max(1), width, to, lda);
}

/// As [`transpose`], of `count` rows that start `stride` floats apart.
pub(super) fn transpose_strided(
    rows: &[f32],
    stride: usize,
    count: usize,
    width: usize,
    to: &mut [f32],
    lda: usize,
) {
    if width > 0 && count > 0 {
        // The last value that is written.
        let _ = &to[(width - 1) * lda + count - 1];
        // SAFETY: all others lie before it.
        unsafe { transpose_to(rows, stride, count, width, to.as_mut_ptr(), lda) };
    }
}

/// As [`transpose_strided`], to memory that may hold nothing yet.
///
/// # Safety
/// `to` must be good for writes of `width` columns `lda` floats apart, of `count` floats each.
pub(super) unsafe fn transpose_to(
    rows: &[f32],
    stride: usize,
    count: usize,
    width: usize,
    to: *mut f32,
    lda: usize,
) {
    // A block of columns at a time, so that each cache line of the rows is read once.
    for from in (0..width).step_by(LANES) {
        let columns = LANES.min(width - from);
        for row in 0..count {
            let line = &rows[row * stride + from..][..columns];
            for (column, &value) in line.iter().enumerate() {
                // SAFETY: column and row are below `width` and `count`.
                unsafe { to.add((from + column) * lda + row).write(value) };
            }
        }
    }
}
