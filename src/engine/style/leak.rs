//! What a picture would be if contents leaked: its own keys and values, looked at with
//! the queries of what lends its style (negative visual query guidance of StyleKeeper,
//! arXiv 2510.06827). Panels are moved away from that.

use crate::engine::kernels::{self, KeySource, StatAnchors};
use candle_core::{Result, Tensor};

/// Attention of the rows from `from` on with their lenders' queries, by their weights; a
/// row without lenders keeps its own.
///
/// # Errors
/// When the shapes do not fit.
pub fn attend(
    from: usize,
    [q, k, v]: [&Tensor; 3],
    heads: usize,
    lenders: &[StatAnchors],
) -> Result<Tensor> {
    let rows = from..from + lenders.len();
    let asked = rows.clone().zip(lenders).map(|(row, of)| queries(q, row, of));
    let q = Tensor::cat(&asked.collect::<Result<Vec<_>>>()?, 0)?;
    let own: Vec<_> = rows.map(|row| vec![KeySource::own(row)]).collect();
    kernels::attention(&q, k, v, heads, &own)
}

fn queries(q: &Tensor, row: usize, lenders: &StatAnchors) -> Result<Tensor> {
    let of = |(row, weight): &(usize, f32)| q.narrow(0, *row, 1)? * f64::from(*weight);
    match lenders.as_slice() {
        [] => q.narrow(0, row, 1),
        [(lender, _)] => q.narrow(0, *lender, 1),
        [first, others @ ..] => others.iter().try_fold(of(first)?, |sum, next| sum + of(next)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng;

    #[test]
    fn a_row_looks_at_itself_with_its_lenders_queries() {
        let [q, k, v] = [1, 2, 3].map(|seed| rng::noise(seed, (3, 8, 8)).unwrap());
        let bytes = |x: &Tensor, row| x.get(row).unwrap().flatten_all().unwrap();
        let of = |lenders: &[StatAnchors]| attend(0, [&q, &k, &v], 2, lenders).unwrap();
        let off = |a: &Tensor, b: &Tensor| -> f32 {
            (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
        };
        let leaked = of(&[vec![], vec![], vec![(0, 1.0)]]);
        let own: Vec<_> = (0..3).map(|row| vec![KeySource::own(row)]).collect();
        let usual = kernels::attention(&q, &k, &v, 2, &own).unwrap();
        assert_eq!(off(&bytes(&leaked, 0), &bytes(&usual, 0)), 0.0);
        // The first row's queries on the third one's keys and values.
        let asked = q.narrow(0, 0, 1).unwrap();
        let by_hand = kernels::attention(&asked, &k, &v, 2, &[vec![KeySource::own(2)]]).unwrap();
        assert_eq!(off(&bytes(&leaked, 2), &bytes(&by_hand, 0)), 0.0);
        // Of two lenders the queries are mixed; those from a row on are the same.
        let mixed = of(&[vec![], vec![], vec![(0, 0.25), (1, 0.75)]]);
        let part = attend(2, [&q, &k, &v], 2, &[vec![(0, 0.25), (1, 0.75)]]).unwrap();
        assert_eq!(off(&bytes(&mixed, 2), &bytes(&part, 0)), 0.0);
        assert!(off(&bytes(&mixed, 2), &bytes(&leaked, 2)) > 1e-3);
    }
}
