//! Sound as Whisper hears it: how strong each of some bands is, 100 times a
//! second, as transformers' feature extractor computes it.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::Result;
use super::sound::RATE;

/// Samples from one frame to the next.
pub(super) const HOP: usize = 160;
/// Samples of a frame.
const FRAME: usize = 400;
/// Frequencies of a frame.
const BINS: usize = FRAME / 2 + 1;

/// The filters of some bands, and the waves of a frame.
pub(super) struct Mel {
    bands: usize,
    /// (bands, bins)
    filters: Vec<f64>,
    /// Cosine and sine of each step around the circle.
    circle: Vec<(f64, f64)>,
    window: Vec<f64>,
}

impl Mel {
    /// Hears in so many bands.
    pub fn new(bands: usize) -> Self {
        let angle = |i: usize| 2.0 * std::f64::consts::PI * i as f64 / FRAME as f64;
        Self {
            bands,
            filters: filters(bands),
            circle: (0..FRAME).map(|i| (angle(i).cos(), angle(i).sin())).collect(),
            window: (0..FRAME).map(|i| 0.5 - 0.5 * angle(i).cos()).collect(),
        }
    }

    /// The bands of `span` samples (1, bands, frames), of which those that are
    /// not given are silent.
    pub fn of(&self, samples: &[f32], span: usize, device: &Device) -> Result<Tensor> {
        let frames = span / HOP;
        // Frames are centred; before the beginning and behind the end the sound is mirrored.
        let half = (FRAME / 2) as i64;
        let last = span as i64 - 1;
        let at = |i: i64| {
            let inside = if i > last { 2 * last - i } else { i.abs() };
            let sample = usize::try_from(inside).ok().and_then(|i| samples.get(i));
            f64::from(sample.copied().unwrap_or(0.0))
        };
        let frame = |n: usize| {
            let from = (n * HOP) as i64 - half;
            let shaped: Vec<f64> =
                self.window.iter().zip(0..).map(|(w, i)| w * at(from + i)).collect();
            self.bands_of(&self.powers(&shaped))
        };
        let columns: Vec<Vec<f64>> = (0..frames).into_par_iter().map(frame).collect();
        let most = columns.iter().flatten().copied().fold(f64::MIN, f64::max);
        let value = |v: f64| ((v.max(most - 8.0) + 4.0) / 4.0) as f32;
        let rows = (0..self.bands).flat_map(|band| {
            columns.iter().map(move |column| value(column.get(band).copied().unwrap_or_default()))
        });
        let rows: Vec<f32> = rows.collect();
        Ok(Tensor::from_vec(rows, (1, self.bands, frames), device)?)
    }

    /// The power of each frequency of a frame.
    fn powers(&self, frame: &[f64]) -> Vec<f64> {
        let power = |bin: usize| {
            let (mut re, mut im) = (0.0, 0.0);
            let mut step = 0;
            for value in frame {
                let (cos, sin) = self.circle.get(step).copied().unwrap_or_default();
                re += value * cos;
                im -= value * sin;
                step = (step + bin) % FRAME;
            }
            re * re + im * im
        };
        (0..BINS).map(power).collect()
    }

    /// The logarithm of each band's power.
    fn bands_of(&self, powers: &[f64]) -> Vec<f64> {
        let band = |filter: &[f64]| -> f64 { filter.iter().zip(powers).map(|(f, p)| f * p).sum() };
        self.filters.chunks_exact(BINS).map(|filter| band(filter).max(1e-10).log10()).collect()
    }
}

/// Triangles on Slaney's mel scale, each of the same area.
fn filters(bands: usize) -> Vec<f64> {
    let nyquist = RATE as f64 / 2.0;
    let step = to_mel(nyquist) / (bands + 1) as f64;
    let edges: Vec<f64> = (0..bands + 2).map(|i| to_hertz(step * i as f64)).collect();
    let hertz = |bin: usize| nyquist * bin as f64 / (BINS - 1) as f64;
    let triangle = |corner: &[f64]| {
        let [low, middle, high] = [0, 1, 2].map(|i| corner.get(i).copied().unwrap_or_default());
        let height = 2.0 / (high - low);
        let value = move |f: f64| ((f - low) / (middle - low)).min((high - f) / (high - middle));
        (0..BINS).map(move |bin| value(hertz(bin)).max(0.0) * height).collect::<Vec<_>>()
    };
    edges.windows(3).flat_map(triangle).collect()
}

/// Straight up to 1,000 Hz, logarithmic above.
fn to_mel(hertz: f64) -> f64 {
    let linear = hertz * 3.0 / 200.0;
    if hertz < 1000.0 { linear } else { 15.0 + (hertz / 1000.0).ln() * 27.0 / 6.4f64.ln() }
}

fn to_hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_undone_by_its_inverse() {
        for hertz in [0.0, 440.0, 1000.0, 7999.0] {
            assert!((to_hertz(to_mel(hertz)) - hertz).abs() < 1e-9);
        }
    }

    #[test]
    fn a_tone_is_strongest_in_its_own_band() {
        let mel = Mel::new(80);
        let tone = |i: usize| (2.0 * std::f32::consts::PI * 1000.0 * i as f32 / RATE as f32).sin();
        let samples: Vec<f32> = (0..RATE as usize).map(tone).collect();
        let heard = mel.of(&samples, RATE as usize, &Device::Cpu).unwrap();
        assert_eq!(heard.dims(), [1, 80, 100]);
        let middle = heard.narrow(2, 50, 1).unwrap().flatten_all().unwrap();
        let middle = middle.to_vec1::<f32>().unwrap();
        let best = (0..80).max_by(|a, b| middle[*a].total_cmp(&middle[*b])).unwrap();
        let centre = to_hertz(to_mel(8000.0) / 81.0 * (best + 1) as f64);
        assert!((centre - 1000.0).abs() < 60.0, "{centre}");
    }
}
