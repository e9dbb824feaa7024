//! How music is made ready for the network, as `ClapFeatureExtractor` does it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::Audio;
use crate::engine::EngineError;
use crate::engine::config::ConfigFile;
use crate::perceive::mel::Hearing;

/// What becomes of music that is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Padding {
    /// It is said again as often as it fits whole, then there is silence.
    RepeatPad,
    /// It is said again to the end.
    Repeat,
    /// Silence follows.
    Pad,
}

/// `preprocessor_config.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Feed {
    feature_size: usize,
    sampling_rate: u32,
    hop_length: usize,
    max_length_s: usize,
    fft_window_size: usize,
    frequency_min: f64,
    frequency_max: f64,
    padding: Padding,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            feature_size: 64,
            sampling_rate: 48_000,
            hop_length: 480,
            max_length_s: 10,
            fft_window_size: 1024,
            frequency_min: 0.0,
            frequency_max: 14_000.0,
            padding: Padding::RepeatPad,
        }
    }
}

impl Feed {
    /// Reads `preprocessor_config.json` for a network.
    ///
    /// # Errors
    /// When it says what is not known here, or does not fit the network.
    pub fn parse(value: Value, audio: &Audio) -> Result<Self, EngineError> {
        let file = ConfigFile::new("preprocessor_config.json", value);
        file.accept("truncation", &[json!("rand_trunc")])?;
        let feed: Self = file.parse()?;
        let nyquist = f64::from(feed.sampling_rate) / 2.0;
        let range = 0.0 <= feed.frequency_min
            && feed.frequency_min < feed.frequency_max
            && feed.frequency_max <= nyquist;
        if feed.feature_size != audio.num_mel_bins
            || !(4_000..=192_000).contains(&feed.sampling_rate)
            || !(1..=60).contains(&feed.max_length_s)
            || !(16..=1 << 14).contains(&feed.fft_window_size)
            || !feed.fft_window_size.is_multiple_of(2)
            || feed.fft_window_size > feed.span()
            || feed.hop_length == 0
            || feed.span() / feed.hop_length >= audio.spec_size * audio.folds()
            || !range
        {
            return Err(file.fault("a way to hear that does not fit the network"));
        }
        Ok(feed)
    }

    /// Samples a second.
    pub fn rate(&self) -> u32 {
        self.sampling_rate
    }

    /// Seconds that are heard at a time.
    pub fn seconds(&self) -> usize {
        self.max_length_s
    }

    /// Samples that are heard at a time.
    pub fn span(&self) -> usize {
        self.max_length_s.saturating_mul(self.sampling_rate as usize)
    }

    /// How finely the network hears.
    pub fn hearing(&self) -> Hearing {
        Hearing {
            rate: self.sampling_rate as usize,
            frame: self.fft_window_size,
            hop: self.hop_length,
            bands: self.feature_size,
            range: (self.frequency_min, self.frequency_max),
        }
    }

    /// Exactly [`Self::span`] samples: the first of them, or more where there are fewer.
    pub fn fill(&self, samples: &[f32]) -> Vec<f32> {
        let (span, count) = (self.span(), samples.len());
        let said = match self.padding {
            _ if count == 0 || count >= span => count.min(span),
            Padding::RepeatPad => span / count * count,
            Padding::Repeat => span,
            Padding::Pad => count,
        };
        let mut filled: Vec<f32> = samples.iter().copied().cycle().take(said).collect();
        filled.resize(span, 0.0);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_is_filled_up_in_three_ways() {
        let filled = |padding: Padding, samples: &[f32]| {
            let feed = Feed { padding, sampling_rate: 7, max_length_s: 1, ..Feed::default() };
            feed.fill(samples)
        };
        let three = [1.0, 2.0, 3.0];
        assert_eq!(filled(Padding::RepeatPad, &three), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 0.0]);
        assert_eq!(filled(Padding::Repeat, &three), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(filled(Padding::Pad, &three), [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(filled(Padding::Pad, &[5.0; 9]), [5.0; 7]);
        assert_eq!(filled(Padding::Repeat, &[]), [0.0; 7]);
    }

    #[test]
    fn a_way_to_hear_that_does_not_fit_is_refused() {
        let audio = Audio::default();
        assert!(Feed::parse(json!({}), &audio).is_ok());
        for value in [
            json!({ "truncation": "fusion" }),
            json!({ "padding": "wrap" }),
            json!({ "feature_size": 32 }),
            json!({ "hop_length": 0 }),
            json!({ "hop_length": 400 }),
            json!({ "frequency_max": 96_000 }),
            json!({ "fft_window_size": 1023 }),
            json!({ "max_length_s": 4_000_000_000u64 }),
        ] {
            assert!(Feed::parse(value.clone(), &audio).is_err(), "{value}");
        }
    }
}
