//! Sound as networks hear it: how strong each of some bands is, many times a
//! second, as transformers' feature extractors compute it.

use std::f64::consts::PI;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::Result;
use super::sound::RATE;

/// Samples from one of Whisper's frames to the next.
pub(super) const HOP: usize = 160;
/// Values that are summed one by one rather than split in two.
const FEW: usize = 8;

/// How finely a network hears, and what.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hearing {
    /// Samples a second.
    pub rate: usize,
    /// Samples of a frame, an even number.
    pub frame: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Bands.
    pub bands: usize,
    /// The lowest and the highest frequency, in hertz.
    pub range: (f64, f64),
}

impl Hearing {
    /// Whisper's, in so many bands.
    pub fn of_whisper(bands: usize) -> Self {
        let rate = RATE as usize;
        Self { rate, frame: 400, hop: HOP, bands, range: (0.0, f64::from(RATE) / 2.0) }
    }

    /// Frequencies of a frame.
    fn bins(&self) -> usize {
        self.frame / 2 + 1
    }
}

/// The filters of the bands, and the waves of a frame.
pub(super) struct Mel {
    hearing: Hearing,
    /// (bands, bins)
    filters: Vec<f64>,
    /// Cosine and sine of each step around the circle.
    circle: Vec<(f64, f64)>,
    window: Vec<f64>,
}

impl Mel {
    /// Hears so.
    pub fn new(hearing: Hearing) -> Self {
        let frame = hearing.frame;
        let angle = |i: usize| 2.0 * PI * i as f64 / frame as f64;
        Self {
            filters: filters(&hearing),
            circle: (0..frame).map(|i| (angle(i).cos(), angle(i).sin())).collect(),
            window: (0..frame).map(|i| 0.5 - 0.5 * angle(i).cos()).collect(),
            hearing,
        }
    }

    /// What Whisper hears of `span` samples (1, bands, frames), of which those
    /// that are not given are silent.
    pub fn of(&self, samples: &[f32], span: usize, device: &Device) -> Result<Tensor> {
        let (bands, frames) = (self.hearing.bands, span / self.hearing.hop);
        let columns = self.frames(samples, span, frames);
        let most = columns.iter().flatten().copied().fold(f64::MIN, f64::max);
        let value = |v: f64| ((v.max(most - 8.0) + 4.0) / 4.0) as f32;
        let rows = (0..bands).flat_map(|band| {
            columns.iter().map(move |column| value(column.get(band).copied().unwrap_or_default()))
        });
        let rows: Vec<f32> = rows.collect();
        Ok(Tensor::from_vec(rows, (1, bands, frames), device)?)
    }

    /// What CLAP hears of samples (1, 1, frames, bands), in decibels.
    pub fn decibels(&self, samples: &[f32], device: &Device) -> Result<Tensor> {
        let frames = samples.len() / self.hearing.hop + 1;
        let columns = self.frames(samples, samples.len(), frames);
        let values: Vec<f32> = columns.iter().flatten().map(|v| (10.0 * v) as f32).collect();
        Ok(Tensor::from_vec(values, (1, 1, frames, self.hearing.bands), device)?)
    }

    /// The logarithm of each band's power in each frame.
    fn frames(&self, samples: &[f32], span: usize, frames: usize) -> Vec<Vec<f64>> {
        // Frames are centred; before the beginning and behind the end the sound is mirrored.
        let half = (self.hearing.frame / 2) as i64;
        let last = span as i64 - 1;
        let at = |i: i64| {
            let inside = if i > last { 2 * last - i } else { i.abs() };
            let sample = usize::try_from(inside).ok().and_then(|i| samples.get(i));
            f64::from(sample.copied().unwrap_or(0.0))
        };
        let frame = |n: usize| {
            let from = (n * self.hearing.hop) as i64 - half;
            let shaped: Vec<f64> =
                self.window.iter().zip(0..).map(|(w, i)| w * at(from + i)).collect();
            self.bands_of(&self.powers(&shaped))
        };
        (0..frames).into_par_iter().map(frame).collect()
    }

    /// The power of each frequency of a frame.
    fn powers(&self, frame: &[f64]) -> Vec<f64> {
        let waves = self.waves(frame, 0, 1);
        waves.iter().take(self.hearing.bins()).map(|(re, im)| re * re + im * im).collect()
    }

    /// Fourier's transform of every `stride`th value from `start`: of halves as
    /// long as they can be split.
    fn waves(&self, frame: &[f64], start: usize, stride: usize) -> Vec<(f64, f64)> {
        let (whole, count) = (frame.len(), frame.len() / stride);
        let turn = |step: usize| self.circle.get(step % whole).copied().unwrap_or_default();
        if count <= FEW || !count.is_multiple_of(2) {
            let wave = |bin: usize| {
                let values = frame.iter().skip(start).step_by(stride).zip(0..);
                values.fold((0.0, 0.0), |(re, im), (value, i)| {
                    let (cos, sin) = turn(i * bin * stride);
                    (re + value * cos, im - value * sin)
                })
            };
            return (0..count).map(wave).collect();
        }
        let even = self.waves(frame, start, 2 * stride);
        let odd = self.waves(frame, start + stride, 2 * stride);
        let turned = odd.iter().zip(0..).map(|((re, im), bin)| {
            let (cos, sin) = turn(bin * stride);
            (re * cos + im * sin, im * cos - re * sin)
        });
        let turned: Vec<(f64, f64)> = turned.collect();
        let pairs = || even.iter().zip(&turned);
        let low = pairs().map(|(e, o)| (e.0 + o.0, e.1 + o.1));
        low.chain(pairs().map(|(e, o)| (e.0 - o.0, e.1 - o.1))).collect()
    }

    /// The logarithm of each band's power.
    fn bands_of(&self, powers: &[f64]) -> Vec<f64> {
        let band = |filter: &[f64]| -> f64 { filter.iter().zip(powers).map(|(f, p)| f * p).sum() };
        let filters = self.filters.chunks_exact(self.hearing.bins());
        filters.map(|filter| band(filter).max(1e-10).log10()).collect()
    }
}

/// Triangles on Slaney's mel scale, each of the same area.
fn filters(hearing: &Hearing) -> Vec<f64> {
    let (bands, bins) = (hearing.bands, hearing.bins());
    let (low, high) = (to_mel(hearing.range.0), to_mel(hearing.range.1));
    let step = (high - low) / (bands + 1) as f64;
    let edges: Vec<f64> = (0..bands + 2).map(|i| to_hertz(low + step * i as f64)).collect();
    let hertz = |bin: usize| (hearing.rate / 2) as f64 * bin as f64 / (bins - 1) as f64;
    let triangle = |corner: &[f64]| {
        let [low, middle, high] = [0, 1, 2].map(|i| corner.get(i).copied().unwrap_or_default());
        let height = 2.0 / (high - low);
        let value = move |f: f64| ((f - low) / (middle - low)).min((high - f) / (high - middle));
        (0..bins).map(move |bin| value(hertz(bin)).max(0.0) * height).collect::<Vec<_>>()
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
        let mel = Mel::new(Hearing::of_whisper(80));
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

    #[test]
    fn a_split_transform_is_the_whole_one() {
        for frame in [400, 1024, 24] {
            let hearing = Hearing { frame, ..Hearing::of_whisper(4) };
            let mel = Mel::new(hearing);
            let values: Vec<f64> = (0..frame).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
            for (bin, power) in mel.powers(&values).iter().enumerate() {
                let turn = |i: usize| 2.0 * PI * (i * bin % frame) as f64 / frame as f64;
                let sum = |wave: fn(f64) -> f64| -> f64 {
                    values.iter().enumerate().map(|(i, v)| v * wave(turn(i))).sum()
                };
                let plain = sum(f64::cos).powi(2) + sum(f64::sin).powi(2);
                assert!((power - plain).abs() < 1e-8 * (1.0 + plain), "{frame} {bin}");
            }
        }
    }
}
