//! Steering some rows of a batch, each by its own map, strength and share of
//! the steps; the others are left alone.

use super::net::{ControlNet, Residuals};
use crate::engine::unet::UNetInput;
use candle_core::{Result as TensorResult, Tensor};

/// How one row of latents is steered.
#[derive(Debug, Clone)]
pub struct RowControl {
    /// The embedded map (1, channels, height, width).
    pub map: Tensor,
    /// Factor on the residuals; 0 does not steer.
    pub scale: f64,
    /// Share of the steps that pass before it begins.
    pub start: f64,
    /// Share of the steps after which it ends.
    pub end: f64,
    /// The net reads the negative text in both halves, as in the published
    /// implementation for SDXL; else each half's own.
    pub negative_text: bool,
}

impl RowControl {
    /// Whether it steers step `index` of `steps`: the step begins no earlier
    /// than `start` and ends no later than `end`.
    fn is_on(&self, index: usize, steps: usize) -> bool {
        let share = |i: usize| i as f64 / steps as f64;
        self.scale != 0.0 && share(index) >= self.start && share(index + 1) <= self.end
    }
}

/// A control net over the rows of a guidance batch.
pub struct Steering<'a> {
    net: &'a ControlNet,
    /// One entry for each row of each half.
    rows: Vec<Option<&'a RowControl>>,
    /// Rows of one half.
    half: usize,
    steps: usize,
}

impl<'a> Steering<'a> {
    /// Lays out the rows of one half over `halves` halves; `None` when no row
    /// is steered.
    pub fn new(
        net: &'a ControlNet,
        rows: Vec<Option<&'a RowControl>>,
        halves: usize,
        steps: usize,
    ) -> Option<Self> {
        let half = rows.len();
        let steers = rows.iter().any(Option::is_some);
        steers.then(|| Self { net, rows: rows.repeat(halves), half, steps })
    }

    /// What the net adds at step `index` to a batch of latents: zeros for rows
    /// that it does not steer, `None` when it steers none. Each row is asked
    /// with the text of its own half, unless it asks for the published way.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn residuals(
        &self,
        batch: &Tensor,
        timestep: f64,
        input: &UNetInput,
        index: usize,
    ) -> TensorResult<Option<Residuals>> {
        let on = |control: &&RowControl| control.is_on(index, self.steps);
        let rows: Vec<Option<&RowControl>> = self.rows.iter().map(|row| row.filter(on)).collect();
        let steered: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].is_some()).collect();
        if steered.is_empty() {
            return Ok(None);
        }
        let maps: Vec<&Tensor> = rows.iter().flatten().map(|control| &control.map).collect();
        let maps = Tensor::cat(&maps, 0)?;
        let text = |row: &usize| match rows[*row] {
            Some(control) if control.negative_text => row % self.half,
            _ => *row,
        };
        let input = pick_input(input, &steered.iter().map(text).collect::<Vec<_>>())?;
        let residuals = self.net.forward(&pick(batch, &steered)?, timestep, &input, &maps)?;
        residuals.map(|tensor| spread(tensor, &rows)).map(Some)
    }
}

/// Some rows of a tensor, in order.
fn pick(tensor: &Tensor, rows: &[usize]) -> TensorResult<Tensor> {
    if rows.iter().copied().eq(0..tensor.dim(0)?) {
        return Ok(tensor.clone());
    }
    let rows =
        rows.iter().map(|row| tensor.narrow(0, *row, 1)).collect::<TensorResult<Vec<_>>>()?;
    Tensor::cat(&rows, 0)
}

fn pick_input(input: &UNetInput, rows: &[usize]) -> TensorResult<UNetInput> {
    let added = match &input.added {
        None => None,
        Some((pooled, ids)) => {
            let ids = rows.iter().filter_map(|row| ids.get(*row).copied()).collect();
            Some((pick(pooled, rows)?, ids))
        }
    };
    Ok(UNetInput { context: pick(&input.context, rows)?, added })
}

/// The steered rows' residuals at their places in the whole batch, scaled, and
/// zeros between them.
fn spread(tensor: &Tensor, rows: &[Option<&RowControl>]) -> TensorResult<Tensor> {
    let scales: Vec<Option<f64>> = rows.iter().map(|row| row.map(|row| row.scale)).collect();
    let (mut parts, mut taken) = (Vec::new(), 0);
    for run in scales.chunk_by(|a, b| a == b) {
        parts.push(match run.first().copied().flatten() {
            Some(scale) => {
                let part = (tensor.narrow(0, taken, run.len())? * scale)?;
                taken += run.len();
                part
            }
            None => {
                let shape: Vec<usize> =
                    std::iter::once(run.len()).chain(tensor.dims()[1..].iter().copied()).collect();
                Tensor::zeros(shape, tensor.dtype(), tensor.device())?
            }
        });
    }
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Tensor::cat(&parts, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    fn row(scale: f64, start: f64, end: f64) -> RowControl {
        let map = Tensor::zeros((1, 1, 1, 1), DType::F32, &Device::Cpu).unwrap();
        RowControl { map, scale, start, end, negative_text: false }
    }

    #[test]
    fn a_step_is_steered_when_all_of_it_lies_inside() {
        let on = |start, end| -> Vec<usize> {
            let row = row(1.0, start, end);
            (0..6).filter(|i| row.is_on(*i, 6)).collect()
        };
        assert_eq!(on(0.0, 1.0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(on(0.0, 0.6), [0, 1, 2]);
        assert_eq!(on(0.5, 1.0), [3, 4, 5]);
        assert_eq!(on(0.2, 0.3), [] as [usize; 0]);
        assert!(!row(0.0, 0.0, 1.0).is_on(0, 6));
    }

    #[test]
    fn residuals_come_to_their_rows() {
        let tensor = Tensor::from_vec(vec![1f32, 2.0, 3.0], (3, 1), &Device::Cpu).unwrap();
        let (half, full) = (row(0.5, 0.0, 1.0), row(1.0, 0.0, 1.0));
        let rows = [None, Some(&half), Some(&half), None, None, Some(&full)];
        let out = spread(&tensor, &rows).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(out, [0.0, 0.5, 1.0, 0.0, 0.0, 3.0]);
    }
}
