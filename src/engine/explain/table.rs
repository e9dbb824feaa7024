//! What was seen in a run, by step and block.

use super::{Apart, BlockOutline, Outline, Seen};

/// All of a run's steps and blocks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Every block of the network, in the order in which they compute.
    pub blocks: Vec<Block>,
}

/// A transformer of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its name, as in [`Outline`].
    pub name: String,
    /// What was seen in each step; `None` where nothing was.
    pub cells: Vec<Option<Cell>>,
}

/// The mean over the panels and layers of a block in a step, or over more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Share of the attention that each reference got, 0 to 1.
    pub shares: Vec<f64>,
    /// Queries, keys and values before AdaIN: how far means are, and the factor
    /// between deviations.
    pub before: [(f64, f64); 3],
    /// The same behind it.
    pub behind: [(f64, f64); 3],
    /// How many panels and layers it is the mean of.
    pub count: f64,
}

impl Cell {
    fn of(seen: &Seen) -> Self {
        let pair = |apart: &Apart| (f64::from(apart.mean), f64::from(apart.spread));
        Self {
            shares: seen.shares.iter().map(|share| f64::from(*share)).collect(),
            before: seen.before.each_ref().map(pair),
            behind: seen.behind.each_ref().map(pair),
            count: seen.panels as f64,
        }
    }

    /// What all references got together.
    pub fn share(&self) -> f64 {
        self.shares.iter().sum()
    }

    /// Takes another into the mean.
    fn join(&mut self, other: &Self) {
        let part = other.count / (self.count + other.count).max(f64::MIN_POSITIVE);
        let mean = |a: &mut f64, b: f64| *a += (b - *a) * part;
        self.shares.resize(self.shares.len().max(other.shares.len()), 0.0);
        self.shares.iter_mut().zip(&other.shares).for_each(|(a, b)| mean(a, *b));
        for (a, b) in self.before.iter_mut().zip(other.before) {
            mean(&mut a.0, b.0);
            mean(&mut a.1, b.1);
        }
        for (a, b) in self.behind.iter_mut().zip(other.behind) {
            mean(&mut a.0, b.0);
            mean(&mut a.1, b.1);
        }
        self.count += other.count;
    }

    /// The mean of several; `None` of none.
    pub fn mean<'a>(cells: impl Iterator<Item = &'a Self>) -> Option<Self> {
        cells.fold(None, |mean, cell| match mean {
            None => Some(cell.clone()),
            Some(mut mean) => {
                mean.join(cell);
                Some(mean)
            }
        })
    }
}

impl Table {
    /// An empty one.
    pub fn new(outline: &Outline) -> Self {
        let steps = outline.timesteps.len();
        let empty = |of: &BlockOutline| Block { name: of.name.clone(), cells: vec![None; steps] };
        Self { blocks: outline.blocks.iter().map(empty).collect() }
    }

    /// Takes what was seen.
    pub fn add(&mut self, seen: &[Seen]) {
        for one in seen {
            let name = block(&one.module);
            let block = self.blocks.iter_mut().find(|block| block.name == name);
            let Some(cell) = block.and_then(|block| block.cells.get_mut(one.step)) else {
                continue;
            };
            let new = Cell::of(one);
            match cell {
                Some(cell) => cell.join(&new),
                None => *cell = Some(new),
            }
        }
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.cells().next().is_none()
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.blocks.iter().flat_map(|block| block.cells.iter().flatten())
    }

    /// The mean over all blocks of a step.
    pub fn of_step(&self, step: usize) -> Option<Cell> {
        Cell::mean(self.blocks.iter().filter_map(|block| block.cells.get(step)?.as_ref()))
    }

    /// The mean over everything.
    pub fn whole(&self) -> Option<Cell> {
        Cell::mean(self.cells())
    }
}

impl Block {
    /// The mean over its steps.
    pub fn whole(&self) -> Option<Cell> {
        Cell::mean(self.cells.iter().flatten())
    }
}

/// The block that a layer is in: `down_blocks.1.attentions.0`.
fn block(module: &str) -> &str {
    module.split_once(".transformer_blocks").map_or(module, |(block, _)| block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(step: usize, module: &str, panels: usize, shares: &[f32]) -> Seen {
        let apart = |mean| Apart { mean, spread: 1.0 };
        Seen {
            step,
            layer: 0,
            module: module.into(),
            tokens: 4,
            heads: 1,
            panels,
            shares: shares.to_vec(),
            before: [1.0, 2.0, 3.0].map(apart),
            behind: [0.0, 0.0, 3.0].map(apart),
        }
    }

    #[test]
    fn means_count_panels_and_layers() {
        let block = |name: &str| BlockOutline { name: name.into(), shared: vec![true] };
        let blocks = vec![block("down_blocks.0.attentions.1"), block("mid_block.attentions.0")];
        let outline = Outline { timesteps: vec![9.0, 1.0], blocks, ..Outline::default() };
        let mut table = Table::new(&outline);
        assert!(table.is_empty() && table.whole().is_none());
        let layer = |i: usize| format!("down_blocks.0.attentions.1.transformer_blocks.{i}.attn1");
        // Two layers of one block; of the second chunk there is one panel.
        table.add(&[seen(1, &layer(0), 3, &[0.2, 0.1]), seen(1, &layer(1), 1, &[0.6, 0.1])]);
        table.add(&[seen(1, "mid_block.attentions.0.transformer_blocks.0.attn1", 4, &[0.0, 0.0])]);
        table.add(&[seen(5, &layer(0), 1, &[1.0, 1.0]), seen(0, "elsewhere", 1, &[1.0, 1.0])]);
        let cell = table.blocks[0].cells[1].as_ref().unwrap();
        assert!((cell.shares[0] - 0.3).abs() < 1e-6 && (cell.shares[1] - 0.1).abs() < 1e-6);
        assert!((cell.share() - 0.4).abs() < 1e-6 && cell.before[1].0 == 2.0);
        assert_eq!(table.blocks[0].cells[0], None);
        assert_eq!(table.of_step(0), None);
        let whole = table.whole().unwrap();
        assert!((whole.share() - 0.2).abs() < 1e-6, "{whole:?}");
        assert_eq!((whole.count, table.blocks[1].whole().unwrap().share()), (8.0, 0.0));
    }
}
