//! Where the windows of a panorama lie.

use super::mosaic::Mosaic;
use candle_core::{Result as TensorResult, Tensor};

/// Height and width.
pub type Extent = (usize, usize);

/// Windows over a canvas, row by row, in latent cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views {
    places: Vec<Extent>,
    canvas: Extent,
    window: Extent,
    wrap: bool,
}

impl Views {
    /// Lays windows over a canvas, `stride` apart; the last ones of a row and of a
    /// column end with the canvas. With `wrap` a row has no last one: what passes
    /// the right edge comes in at the left. A window is never larger than the canvas.
    pub fn new(canvas: Extent, window: Extent, stride: usize, wrap: bool) -> Self {
        let window = (window.0.min(canvas.0), window.1.min(canvas.1));
        let starts = |whole: usize, part: usize| -> Vec<usize> {
            let count = (whole - part).div_ceil(stride.max(1)) + 1;
            (0..count).map(|i| (i * stride).min(whole - part)).collect()
        };
        let columns = match wrap {
            true => (0..canvas.1).step_by(stride.max(1)).collect(),
            false => starts(canvas.1, window.1),
        };
        let rows = starts(canvas.0, window.0);
        let places = rows.iter().flat_map(|y| columns.iter().map(|x| (*y, *x))).collect();
        Self { places, canvas, window, wrap }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The canvas's height and width.
    pub fn canvas(&self) -> Extent {
        self.canvas
    }

    /// A window's height and width.
    pub fn window(&self) -> Extent {
        self.window
    }

    /// The same canvas under windows half of which overlaps the next: what a
    /// picture is decoded in.
    pub fn tiles(&self) -> Self {
        let stride = (self.window.0.min(self.window.1) / 2).max(1);
        Self::new(self.canvas, self.window, stride, self.wrap)
    }

    /// What one window shows of a canvas (1, channels, height, width).
    ///
    /// # Errors
    /// When the tensor is not of the canvas's size.
    pub fn crop(&self, canvas: &Tensor, view: usize) -> TensorResult<Tensor> {
        let ((y, x), (height, width)) = (self.places[view], self.window);
        let band = canvas.narrow(2, y, height)?;
        let first = width.min(self.canvas.1 - x);
        let left = band.narrow(3, x, first)?;
        match width - first {
            0 => left.contiguous(),
            rest => Tensor::cat(&[left, band.narrow(3, 0, rest)?], 3),
        }
    }

    /// An empty mosaic of the canvas with cells of `scale` by `scale`.
    pub fn mosaic(&self, channels: usize, scale: usize) -> Mosaic {
        Mosaic::new(channels, (self.canvas.0 * scale, self.canvas.1 * scale))
    }

    /// Where a window begins in such a mosaic.
    pub fn start(&self, view: usize, scale: usize) -> Extent {
        (self.places[view].0 * scale, self.places[view].1 * scale)
    }

    /// How far along the canvas a window lies: from 0 for the first of a row to 1
    /// for the last, or once round before it comes back to 0.
    pub fn along(&self, view: usize) -> f64 {
        let whole = match self.wrap {
            true => self.canvas.1,
            false => (self.canvas.1 - self.window.1).max(1),
        };
        self.places[view].1 as f64 / whole as f64
    }

    /// The shares of `count` styles in one window, when they follow each other
    /// along the canvas and pass over where they meet.
    pub fn shares(&self, view: usize, count: usize) -> Vec<f32> {
        let steps = if self.wrap { count } else { count.saturating_sub(1) };
        let at = self.along(view) * steps as f64;
        let share = |style: usize| {
            let off = (at - style as f64).abs();
            let off = if self.wrap { off.min(count as f64 - off) } else { off };
            (1.0 - off).max(0.0) as f32
        };
        (0..count).map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn windows_cover_the_canvas_to_its_end() {
        let published = Views::new((64, 256), (64, 64), 8, false);
        assert_eq!(published.count(), 25);
        let uneven = Views::new((10, 21), (8, 8), 6, false);
        let starts: Vec<_> = (0..uneven.count()).map(|view| uneven.start(view, 1)).collect();
        assert_eq!(starts, [(0, 0), (0, 6), (0, 12), (0, 13), (2, 0), (2, 6), (2, 12), (2, 13)]);
        assert_eq!(Views::new((4, 4), (8, 8), 2, false).count(), 1);
    }

    #[test]
    fn a_wrapped_window_comes_in_at_the_left() {
        let views = Views::new((1, 8), (1, 4), 3, true);
        let canvas = Tensor::arange(0f32, 8.0, &Device::Cpu).unwrap().reshape((1, 1, 1, 8));
        let canvas = canvas.unwrap();
        let show = |view| {
            let crop = views.crop(&canvas, view).unwrap();
            crop.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        assert_eq!(views.count(), 3);
        assert_eq!((show(0), show(2)), (vec![0., 1., 2., 3.], vec![6., 7., 0., 1.]));
    }

    #[test]
    fn styles_follow_each_other_and_sum_to_one() {
        let views = Views::new((8, 40), (8, 8), 8, false);
        let shares: Vec<_> = (0..5).map(|view| views.shares(view, 2)).collect();
        assert_eq!(shares[0], [1.0, 0.0]);
        assert_eq!(shares[1], [0.75, 0.25]);
        assert_eq!(shares[4], [0.0, 1.0]);
        let round = Views::new((8, 32), (8, 8), 4, true);
        for view in 0..round.count() {
            let sum: f32 = round.shares(view, 3).iter().sum();
            assert!((sum - 1.0).abs() < 1e-6, "{view}: {sum}");
        }
        assert_eq!(round.shares(0, 3), [1.0, 0.0, 0.0]);
        assert!(round.shares(7, 3)[2] > 0.3 && round.shares(7, 3)[0] > 0.3, "and meets the first");
    }
}
