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
    // A block of columns at a time, so that each cache line of the rows is read once.
    for from in (0..width).step_by(LANES) {
        let columns = LANES.min(width - from);
        for row in 0..count {
            let line = &rows[row * stride + from..][..columns];
            for (column, &value) in line.iter().enumerate() {
                to[(from + column) * lda + row] = value;
            }
        }
    }
}
