//! What music is like: CLAP (arXiv 2211.06687), which puts sounds and texts in
//! one space, as transformers has it. The audio side is our own; candle has none.

mod config;
mod encoder;
mod feed;
mod labels;
mod text;
mod windows;

use candle_core::{DType, Device, Result as TensorResult, Tensor};
use serde_json::json;

pub use labels::{Label, Labels};

use super::mel::Mel;
use super::sound::{read, resample};
use super::words::without_nulls;
use super::{PerceiveError, Result};
use crate::engine::layers::Linear;
use crate::engine::weights::Vars;
use crate::models::NetFolder;
use config::Config;
use encoder::Encoder;
use feed::Feed;
use text::Reader;

/// Most parts of a long piece that are heard.
const PARTS: usize = 6;

/// A piece of music of one channel, at its own rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Music {
    samples: Vec<f32>,
    rate: u32,
}

impl Music {
    /// Reads a WAV file.
    ///
    /// # Errors
    /// When it is none, too long, damaged, or holds no sound.
    pub fn from_wav(bytes: &[u8]) -> Result<Self> {
        read(bytes).map(|(samples, rate)| Self { samples, rate })
    }

    /// Parts of so many seconds, spread evenly from the beginning to the end:
    /// all of a piece that is short, [`PARTS`] of a long one.
    fn parts(&self, seconds: usize) -> Vec<&[f32]> {
        let span = (seconds * self.rate as usize).max(1);
        let count = self.samples.len().div_ceil(span).clamp(1, PARTS);
        let room = self.samples.len().saturating_sub(span);
        let part = |i: usize| {
            let from = room * i / (count - 1).max(1);
            self.samples.get(from..(from + span).min(self.samples.len())).unwrap_or_default()
        };
        (0..count).map(part).collect()
    }
}

/// How alike a piece of music and a label are.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// The label's words.
    pub words: String,
    /// Its share among all labels, 0 to 1; all shares make 1.
    pub share: f32,
}

impl Likeness {
    /// How many labels become words where nothing is said, and the share that
    /// each of them has at least.
    pub const BEST: u8 = 2;
    /// See [`Self::BEST`].
    pub const LEAST: f32 = 0.15;

    /// The first of them with their shares, for people.
    pub fn shown(likest_first: &[Self], most: usize) -> String {
        let first = likest_first.iter().take(most);
        let one = first.map(|l| format!("{} {:.0} %", l.words, 100.0 * l.share));
        one.collect::<Vec<_>>().join(", ")
    }

    /// The words of the likest: at most `best` of those with at least the share
    /// `least`, and the likest whatever its share.
    pub fn words(likest_first: &[Self], best: u8, least: f32) -> String {
        let kept = likest_first.iter().enumerate().take(best.max(1).into());
        let kept = kept.filter(|(place, likeness)| *place == 0 || likeness.share >= least);
        kept.map(|(_, likeness)| likeness.words.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Says what music is like.
pub struct Critic {
    encoder: Encoder,
    reader: Reader,
    /// From either side to where both meet.
    audio: [Linear; 2],
    text: [Linear; 2],
    /// How sharply shares are told apart.
    scale: f32,
    mel: Mel,
    feed: Feed,
    device: Device,
}

impl Critic {
    /// Loads `ClapModel` from a folder of transformers.
    ///
    /// # Errors
    /// When a file is missing or of another network.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let value = without_nulls(folder.config()?);
        if value["model_type"] != "clap" {
            return Err(PerceiveError::network(folder, "this is no CLAP: its model_type says so"));
        }
        let config = Config::parse(value)?;
        let feed = folder.json("preprocessor_config.json")?.unwrap_or_else(|| json!({}));
        let feed = Feed::parse(without_nulls(feed), &config.audio_config)?;
        let vars = Vars::new(folder.name(), folder.weights()?, device, DType::F32);
        let project = |name: &str, width: usize| -> Result<_> {
            let (own, meeting) = (vars.at(name), config.projection_dim);
            let first = Linear::load(&own.at("linear1"), width, meeting, true)?;
            Ok([first, Linear::load(&own.at("linear2"), meeting, meeting, true)?])
        };
        Ok(Self {
            encoder: Encoder::load(&vars.at("audio_model.audio_encoder"), &config.audio_config)?,
            reader: Reader::load(folder, &vars.at("text_model"), &config.text_config, device)?,
            audio: project("audio_projection", config.audio_config.hidden_size)?,
            text: project("text_projection", config.text_config.hidden_size)?,
            scale: vars.get(&[], "logit_scale_a")?.to_scalar::<f32>()?.exp(),
            mel: Mel::new(feed.hearing()),
            feed,
            device: device.clone(),
        })
    }

    /// How alike music and each label are, the likest first.
    ///
    /// # Errors
    /// When the network fails.
    pub fn compare(&self, music: &Music, labels: &Labels) -> Result<Vec<Likeness>> {
        let heard = music.parts(self.feed.seconds()).into_iter().map(|part| {
            let samples = resample(part, music.rate, self.feed.rate());
            self.hear(&samples)
        });
        let heard = Tensor::cat(&heard.collect::<Result<Vec<_>>>()?, 0)?;
        let heard = unit(&heard.mean_keepdim(0)?)?;
        let read = labels.iter().map(|label| self.read(&label.description));
        let read = Tensor::cat(&read.collect::<Result<Vec<_>>>()?, 0)?;
        let near = heard.matmul(&read.t()?)?.squeeze(0)?.to_vec1::<f32>()?;
        let most = near.iter().copied().fold(f32::MIN, f32::max);
        let weights: Vec<f32> = near.iter().map(|n| (self.scale * (n - most)).exp()).collect();
        let all: f32 = weights.iter().sum();
        if !all.is_finite() || all <= 0.0 {
            return Err(PerceiveError::Silent("nothing was heard in the music".into()));
        }
        let found = labels.iter().zip(&weights);
        let mut found: Vec<Likeness> = found
            .map(|(label, weight)| Likeness { words: label.words.clone(), share: weight / all })
            .collect();
        found.sort_by(|a, b| b.share.total_cmp(&a.share));
        Ok(found)
    }

    /// What the network hears, (1, 1, frames, bands), of samples at its own rate;
    /// of fewer than it hears at a time they are repeated, of more the first.
    ///
    /// # Errors
    /// When the tensor cannot be made.
    pub fn features(&self, samples: &[f32]) -> Result<Tensor> {
        self.mel.decibels(&self.feed.fill(samples), &self.device)
    }

    /// Where samples at the network's rate stand, (1, width), of length one.
    ///
    /// # Errors
    /// When the network fails.
    pub fn hear(&self, samples: &[f32]) -> Result<Tensor> {
        let heard = self.encoder.forward(&self.features(samples)?)?;
        Ok(meet(&self.audio, &heard)?)
    }

    /// Where a text stands, (1, width), of length one.
    ///
    /// # Errors
    /// When the network fails.
    pub fn read(&self, text: &str) -> Result<Tensor> {
        Ok(meet(&self.text, &self.reader.read(text)?)?)
    }
}

fn meet([first, second]: &[Linear; 2], x: &Tensor) -> TensorResult<Tensor> {
    unit(&second.forward(&first.forward(x)?.relu()?)?)
}

fn unit(rows: &Tensor) -> TensorResult<Tensor> {
    rows.broadcast_div(&rows.sqr()?.sum_keepdim(1)?.sqrt()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_spread_from_the_beginning_to_the_end() {
        let starts = |seconds: usize| {
            let samples = (0..seconds * 10).map(|i| i as f32).collect();
            let music = Music { samples, rate: 10 };
            let parts = music.parts(10);
            parts.iter().map(|part| (part[0] as usize / 10, part.len())).collect::<Vec<_>>()
        };
        assert_eq!(starts(4), [(0, 40)]);
        assert_eq!(starts(10), [(0, 100)]);
        assert_eq!(starts(25), [(0, 100), (7, 100), (15, 100)]);
        assert_eq!(starts(110).len(), PARTS);
        assert_eq!(starts(110)[PARTS - 1], (100, 100));
    }

    #[test]
    fn the_likest_become_words() {
        let found = [("calm", 0.6), ("dark", 0.3), ("jazz", 0.1)];
        let found = found.map(|(words, share)| Likeness { words: words.into(), share });
        assert_eq!(Likeness::words(&found, 3, 0.2), "calm, dark");
        assert_eq!(Likeness::words(&found, 3, 0.0), "calm, dark, jazz");
        assert_eq!(Likeness::words(&found, 1, 0.0), "calm");
        assert_eq!(Likeness::words(&found, 2, 0.9), "calm");
        assert_eq!(Likeness::words(&[], 2, 0.9), "");
        assert_eq!(Likeness::shown(&found, 2), "calm 60 %, dark 30 %");
    }
}
