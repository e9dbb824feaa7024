//! What alignment did in a run: as the engine measures it, and as a session keeps it.

use crate::engine::explain::{Block, Cell, Table};
use crate::session::{BlockMeasured, RunId, RunMeasured};

/// Digits behind the point that are kept of a distance.
const DIGITS: f64 = 1000.0;

/// The entry of a table; `None` when nothing was measured.
pub(super) fn entry(run: RunId, table: &Table) -> Option<RunMeasured> {
    let references = table.whole()?.shares.len();
    let round = |(mean, spread): (f64, f64)| [mean, spread].map(|n| (n * DIGITS).round() / DIGITS);
    let flat = |apart: [(f64, f64); 3]| -> [f64; 6] {
        let [[a, b], [c, d], [e, f]] = apart.map(round);
        [a, b, c, d, e, f]
    };
    let block = |block: &Block| {
        let whole = block.whole()?;
        let share = |reference: usize| {
            let cells = block.cells.iter();
            BlockMeasured::text(cells.map(|c| c.as_ref()?.shares.get(reference).copied()))
        };
        Some(BlockMeasured {
            name: block.name.clone(),
            count: block.cells.iter().flatten().next()?.count as u32,
            shares: (0..references).map(share).collect(),
            before: flat(whole.before),
            behind: flat(whole.behind),
        })
    };
    Some(RunMeasured { run, blocks: table.blocks.iter().filter_map(block).collect() })
}

/// The table of an entry. Distances are kept for each block, not for each step.
pub fn table(entry: &RunMeasured) -> Table {
    let pairs = |n: [f64; 6]| [(n[0], n[1]), (n[2], n[3]), (n[4], n[5])];
    let block = |kept: &BlockMeasured| {
        let shares: Vec<_> = (0..kept.shares.len()).filter_map(|i| kept.steps(i)).collect();
        let steps = shares.iter().map(Vec::len).max().unwrap_or_default();
        let cell = |step: usize| {
            let of = |all: &Vec<Option<f64>>| all.get(step).copied().flatten();
            let shares: Vec<f64> = shares.iter().map(of).collect::<Option<_>>()?;
            let (before, behind) = (pairs(kept.before), pairs(kept.behind));
            let count = f64::from(kept.count);
            (!shares.is_empty()).then_some(Cell { shares, before, behind, count })
        };
        Block { name: kept.name.clone(), cells: (0..steps).map(cell).collect() }
    };
    Table { blocks: entry.blocks.iter().map(block).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_kept_to_a_thousandth() {
        let cell = |shares: &[f64]| Cell {
            shares: shares.to_vec(),
            before: [(0.5, 1.25), (0.1234, 1.0), (3.0, 2.0)],
            behind: [(0.0, 1.0), (0.0, 1.0), (3.0, 2.0)],
            count: 6.0,
        };
        let seen = vec![None, Some(cell(&[0.25, 0.1])), Some(cell(&[0.5, 0.0]))];
        let blocks = vec![
            Block { name: "a".into(), cells: seen },
            Block { name: "plain".into(), cells: vec![None; 3] },
        ];
        let entry = entry(RunId(7), &Table { blocks }).unwrap();
        assert_eq!(entry.blocks.len(), 1, "what shares nothing takes no room");
        assert_eq!(entry.blocks[0].shares, ["- 250 500", "- 100 0"]);
        assert_eq!(entry.blocks[0].before, [0.5, 1.25, 0.123, 1.0, 3.0, 2.0]);
        let again = table(&entry);
        assert_eq!(again.blocks[0].cells[0], None);
        let last = again.blocks[0].cells[2].as_ref().unwrap();
        assert_eq!((last.shares.as_slice(), last.before[2]), (&[0.5, 0.0][..], (3.0, 2.0)));
        assert_eq!(last.count, 6.0);
        assert_eq!(super::entry(RunId(7), &Table::default()), None);
    }
}
