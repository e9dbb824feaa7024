//! Overlapping pieces to one map, each cell the mean of what lies there.

use super::views::Extent;
use candle_core::{DType, Device, Result as TensorResult, Tensor};

/// Sums of pieces and of their weights, in the order in which they came.
pub struct Mosaic {
    channels: usize,
    size: Extent,
    sums: Vec<f32>,
    weights: Vec<f32>,
}

/// How much each cell of a piece counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// All alike.
    Even,
    /// Less towards the edges, so that pieces pass over into each other.
    Faded,
}

impl Weight {
    /// For cell `at` of `whole`.
    fn of(self, at: usize, whole: usize) -> f32 {
        match self {
            Self::Even => 1.0,
            Self::Faded => at.min(whole - 1 - at) as f32 + 0.5,
        }
    }
}

impl Mosaic {
    /// An empty one.
    pub fn new(channels: usize, size: Extent) -> Self {
        let area = size.0 * size.1;
        Self { channels, size, sums: vec![0.0; channels * area], weights: vec![0.0; area] }
    }

    /// Adds a piece (1, channels, height, width) whose first cell lies at `start`;
    /// columns beyond the last are the first ones again.
    ///
    /// # Errors
    /// When the piece has another number of channels or passes the lower edge.
    pub fn add(&mut self, piece: &Tensor, start: Extent, weight: Weight) -> TensorResult<()> {
        let (rows, channels, height, width) = piece.dims4()?;
        if rows != 1 || channels != self.channels || start.0 + height > self.size.0 {
            candle_core::bail!("a piece {:?} does not fit the mosaic", piece.dims());
        }
        let values = piece.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?;
        let values = values.to_vec1::<f32>()?;
        let area = self.size.0 * self.size.1;
        for y in 0..height {
            for x in 0..width {
                let to = (start.0 + y) * self.size.1 + (start.1 + x) % self.size.1;
                let share = weight.of(y, height) * weight.of(x, width);
                self.weights[to] += share;
                for channel in 0..channels {
                    let from = (channel * height + y) * width + x;
                    self.sums[channel * area + to] += share * values[from];
                }
            }
        }
        Ok(())
    }

    /// The means, as (1, channels, height, width) on the CPU.
    ///
    /// # Errors
    /// When the tensor cannot be made.
    pub fn mean(mut self) -> TensorResult<Tensor> {
        let area = self.size.0 * self.size.1;
        for (at, sum) in self.sums.iter_mut().enumerate() {
            *sum /= self.weights[at % area];
        }
        Tensor::from_vec(self.sums, (1, self.channels, self.size.0, self.size.1), &Device::Cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::super::views::Views;
    use super::*;

    #[test]
    fn pieces_of_one_map_are_that_map() {
        let map = crate::engine::rng::noise(1, (1, 2, 9, 13)).unwrap();
        for wrap in [false, true] {
            for weight in [Weight::Even, Weight::Faded] {
                let views = Views::new((9, 13), (4, 5), 3, wrap);
                let mut mosaic = views.mosaic(2, 1);
                for view in 0..views.count() {
                    let piece = views.crop(&map, view).unwrap();
                    mosaic.add(&piece, views.start(view, 1), weight).unwrap();
                }
                let off = (mosaic.mean().unwrap() - &map).unwrap().abs().unwrap();
                let off = off.max_all().unwrap().to_scalar::<f32>().unwrap();
                assert!(off < 1e-5, "{wrap} {weight:?}: {off}");
            }
        }
    }

    #[test]
    fn a_piece_that_does_not_fit_is_refused() {
        let mut mosaic = Mosaic::new(1, (2, 2));
        let piece = Tensor::zeros((1, 1, 3, 1), DType::F32, &Device::Cpu).unwrap();
        assert!(mosaic.add(&piece, (0, 0), Weight::Even).is_err());
    }
}
