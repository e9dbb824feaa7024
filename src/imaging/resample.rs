//! Resizing with the arithmetic of Pillow, bit for bit.
//!
//! Pictures that models were trained on went through Pillow, and recorded runs
//! begin with its pixels: whole-number weights of 22 bits, one pass for the
//! columns and one for the rows, each rounded to bytes. (Pillow 13 takes the rows
//! first where that is cheaper, which rounds otherwise.)

use image::RgbImage;

/// Bits behind the point of a weight: 32, less a byte and two for overshooting.
const BITS: u32 = 22;

/// How new pixels are made from old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Straight lines between pixels.
    Bilinear,
    /// Cubic convolution with a = -0.5.
    Bicubic,
    /// A sinc under a window of three lobes.
    Lanczos,
}

impl Filter {
    /// How far it looks, in old pixels when growing.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5,
            Self::Lanczos if x < 3.0 => sinc(x) * sinc(x / 3.0),
            Self::Bicubic | Self::Lanczos => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

/// The picture in another size; a side that stays is not filtered. Without pixels to
/// begin with the result is black.
pub fn resize(image: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    let nothing = || RgbImage::new(width, height);
    if width == 0 || height == 0 || image.width() == 0 || image.height() == 0 {
        return nothing();
    }
    let columns = taps(image.width() as usize, width as usize, filter);
    let rows = taps(image.height() as usize, height as usize, filter);
    let (old, new) = (image.width() as usize * 3, width as usize * 3);
    let wide = match columns {
        Some(taps) => image.as_raw().chunks_exact(old).flat_map(|row| across(row, &taps)).collect(),
        None => image.as_raw().clone(),
    };
    let whole = match rows {
        Some(taps) => taps.iter().flat_map(|tap| down(&wide, new, tap)).collect(),
        None => wide,
    };
    RgbImage::from_raw(width, height, whole).unwrap_or_else(nothing)
}

/// The old pixels of one new pixel: the first, and the weight of each.
struct Tap {
    first: usize,
    weights: Vec<i32>,
}

/// Weights along one side; `None` where it keeps its length.
fn taps(old: usize, new: usize, filter: Filter) -> Option<Vec<Tap>> {
    if old == new {
        return None;
    }
    let scale = old as f64 / new as f64;
    // Shrinking widens the filter so that every old pixel is seen.
    let spread = scale.max(1.0);
    let support = filter.support() * spread;
    let tap = |place: usize| {
        let centre = (place as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(old);
        let weight = |at: usize| filter.weight((at as f64 - centre + 0.5) * (1.0 / spread));
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let total: f64 = weights.iter().sum();
        let whole = |w: &f64| (w / total * f64::from(1u32 << BITS)).round() as i32;
        Tap { first, weights: weights.iter().map(whole).collect() }
    };
    Some((0..new).map(tap).collect())
}

fn across(row: &[u8], taps: &[Tap]) -> Vec<u8> {
    let pixel = |tap: &Tap| {
        let from = row.get(tap.first * 3..).unwrap_or_default();
        [0, 1, 2].map(|channel| mix(from.iter().skip(channel).step_by(3), tap))
    };
    taps.iter().flat_map(pixel).collect()
}

fn down(wide: &[u8], length: usize, tap: &Tap) -> Vec<u8> {
    let from = wide.get(tap.first * length..).unwrap_or_default();
    (0..length).map(|at| mix(from.iter().skip(at).step_by(length), tap)).collect()
}

fn mix<'a>(from: impl Iterator<Item = &'a u8>, tap: &Tap) -> u8 {
    let half = 1i32 << (BITS - 1);
    let sum = from.zip(&tap.weights).fold(half, |sum, (byte, w)| sum + i32::from(*byte) * w);
    (sum >> BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn one_colour_stays_and_a_size_that_stays_changes_nothing() {
        let plain = RgbImage::from_pixel(7, 5, Rgb([3, 128, 255]));
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            for (w, h) in [(1, 1), (3, 11), (40, 2)] {
                let out = resize(&plain, w, h, filter);
                assert!(out.pixels().all(|p| p.0 == [3, 128, 255]), "{filter:?} {w}x{h}");
            }
        }
        let noisy = RgbImage::from_fn(6, 6, |x, y| Rgb([(x * 40) as u8, (y * 40) as u8, 9]));
        assert_eq!(resize(&noisy, 6, 6, Filter::Lanczos), noisy);
    }

    #[test]
    fn a_line_stays_a_line_between_its_ends() {
        let ramp = RgbImage::from_fn(4, 1, |x, _| Rgb([(x * 60) as u8; 3]));
        let out = resize(&ramp, 8, 1, Filter::Bilinear);
        let values: Vec<u8> = out.pixels().map(|p| p.0[0]).collect();
        assert_eq!(values, [0, 15, 45, 75, 105, 135, 165, 180]);
    }
}
