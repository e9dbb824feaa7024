//! Sounds from strangers: WAV files, bounded before they are read.

use std::io::Cursor;

use hound::{SampleFormat, WavReader};
use rayon::prelude::*;

use super::{PerceiveError, Result};

/// Samples a second that Whisper hears.
pub const RATE: u32 = 16_000;
/// Most bytes of a file, seconds of a sound, channels, and samples a second.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;
const MAX_SECONDS: u64 = 600;
const MAX_CHANNELS: u16 = 16;
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;
/// How many samples of the slower rate the filter looks to each side.
const REACH: f64 = 16.0;

/// A sound of one channel at [`RATE`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sound(Vec<f32>);

impl Sound {
    /// Reads a WAV file.
    ///
    /// # Errors
    /// When it is none, too long, damaged, or holds no sound.
    pub fn from_wav(bytes: &[u8]) -> Result<Self> {
        let (mono, rate) = read(bytes)?;
        Ok(Self(resample(&mono, rate, RATE)))
    }

    /// Its samples, -1 to 1.
    pub fn samples(&self) -> &[f32] {
        &self.0
    }
}

/// The one channel that all channels of a WAV file make, and its samples a second.
///
/// # Errors
/// When it is none, too long, damaged, or holds no sound.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<f32>, u32)> {
    let fault = |text: String| PerceiveError::Sound(text);
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fault(format!("the sound has more than {} MB", MAX_BYTES >> 20)));
    }
    let mut reader = WavReader::new(Cursor::new(bytes))
        .map_err(|error| fault(format!("this is no WAV file that can be read: {error}")))?;
    let spec = reader.spec();
    if !RATES.contains(&spec.sample_rate) || !(1..=MAX_CHANNELS).contains(&spec.channels) {
        let (rate, channels) = (spec.sample_rate, spec.channels);
        return Err(fault(format!("a sound of {rate} Hz with {channels} channels is not read")));
    }
    let frames = u64::from(reader.duration());
    if frames > MAX_SECONDS * u64::from(spec.sample_rate) {
        return Err(fault(format!("the sound is longer than {MAX_SECONDS} seconds")));
    }
    let read: hound::Result<Vec<f32>> = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, _) => reader.samples::<f32>().collect(),
        (SampleFormat::Int, bits @ 1..=32) => {
            let most = 2f32.powi(i32::from(bits) - 1);
            let samples = reader.samples::<i32>();
            samples.map(|sample| sample.map(|value| value as f32 / most)).collect()
        }
        (_, bits) => return Err(fault(format!("samples of {bits} bits are not read"))),
    };
    let read = read.map_err(|error| fault(format!("the sound is damaged: {error}")))?;
    let channels = usize::from(spec.channels);
    let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
    let mono: Vec<f32> = read.chunks_exact(channels).map(mean).collect();
    if mono.iter().any(|sample| !sample.is_finite()) {
        return Err(fault("the sound is damaged: it holds values that are no numbers".into()));
    }
    if mono.iter().all(|sample| sample.abs() < 1e-5) {
        return Err(fault("the sound is silent".into()));
    }
    Ok((mono, spec.sample_rate))
}

/// The sound at another rate, by a windowed sinc that keeps out what that rate cannot hold.
pub(super) fn resample(samples: &[f32], rate: u32, wanted: u32) -> Vec<f32> {
    if rate == wanted {
        return samples.to_vec();
    }
    let (from, to) = (f64::from(rate), f64::from(wanted));
    let length = (samples.len() as f64 * to / from).floor() as usize;
    let cut = (to / from).min(1.0);
    let reach = REACH / cut;
    let value = |n: usize| {
        let centre = n as f64 * from / to;
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach).floor() as usize).min(samples.len().saturating_sub(1));
        let weigh = |i: usize| {
            let off = i as f64 - centre;
            let window = 0.5 + 0.5 * (std::f64::consts::PI * off / reach).cos();
            sinc(off * cut) * cut * window
        };
        let part = samples.get(first..=last).unwrap_or_default();
        part.iter().zip(first..).map(|(s, i)| f64::from(*s) * weigh(i)).sum::<f64>() as f32
    };
    (0..length).into_par_iter().map(value).collect()
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};

    fn wav(rate: u32, channels: u16, bits: u16, samples: &[f32]) -> Vec<u8> {
        let sample_format = if bits == 32 { SampleFormat::Float } else { SampleFormat::Int };
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        for sample in samples {
            match bits {
                32 => writer.write_sample(*sample).unwrap(),
                _ => writer.write_sample((sample * 2f32.powi(i32::from(bits) - 1)) as i32).unwrap(),
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn tone(rate: u32, hertz: f32) -> Vec<f32> {
        let turn = 2.0 * std::f32::consts::PI * hertz / rate as f32;
        (0..rate / 4).map(|i| 0.5 * (turn * i as f32).sin()).collect()
    }

    #[test]
    fn every_width_of_samples_is_the_same_sound() {
        let samples = tone(RATE, 440.0);
        for bits in [8, 16, 24, 32] {
            let sound = Sound::from_wav(&wav(RATE, 1, bits, &samples)).unwrap();
            let off = sound.samples().iter().zip(&samples).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f32::max) < 0.01, "{bits}");
        }
    }

    #[test]
    fn rates_and_channels_are_brought_to_one() {
        let both: Vec<f32> = tone(44_100, 440.0).iter().flat_map(|s| [*s, *s]).collect();
        let sound = Sound::from_wav(&wav(44_100, 2, 16, &both)).unwrap();
        let wanted = tone(RATE, 440.0);
        assert_eq!(sound.samples().len(), wanted.len());
        let inside = 100..wanted.len() - 100;
        let off = inside.map(|i| (sound.samples()[i] - wanted[i]).abs()).fold(0.0, f32::max);
        assert!(off < 0.01, "{off}");
        // What the slower rate cannot hold does not come back as another tone.
        let high = Sound::from_wav(&wav(44_100, 1, 16, &tone(44_100, 15_000.0))).unwrap();
        assert!(high.samples()[200..3000].iter().all(|s| s.abs() < 0.02));
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        let words = |bytes: &[u8]| Sound::from_wav(bytes).unwrap_err().to_string();
        assert!(words(b"RIFF and nothing more").contains("no WAV"));
        assert!(words(&wav(RATE, 1, 16, &[0.0; 100])).contains("silent"));
        assert!(words(&wav(1000, 1, 16, &[0.5; 10])).contains("1000 Hz"));
        assert!(words(&wav(RATE, 1, 32, &[f32::NAN; 10])).contains("no numbers"));
        let mut torn = wav(RATE, 1, 16, &[0.5; 100]);
        torn.truncate(100);
        assert!(Sound::from_wav(&torn).is_err());
        let long = wav(4000, 1, 8, &vec![0.5; 4000 * 601]);
        assert!(words(&long).contains("longer than"));
    }
}
