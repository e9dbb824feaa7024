//! Group-norm sharing.
//!
//! The published code appends the anchor's feature map along the height,
//! normalises, and cuts it off again. The statistics of two maps of one size
//! can be pooled instead: `μ = (μ_t + μ_r) / 2`,
//! `σ² = (σ_t² + σ_r²) / 2 + ((μ_t − μ_r) / 2)²`. Layer norm sees one token at
//! a time, so sharing it changes nothing and nothing is done for it.

use super::Row;

/// The row whose statistics each row pools with its own; of several anchors the
/// first, though a recipe with several does not ask for this.
pub fn partners(rows: &[Row]) -> Vec<Option<usize>> {
    rows.iter().map(|row| row.anchors.first().map(|lender| lender.row)).collect()
}
