//! What somebody said: Whisper (arXiv 2212.04356).

use candle_core::{Device, Tensor};
use candle_transformers::models::whisper::Config;
use candle_transformers::models::whisper::model::Whisper;
use tokenizers::Tokenizer;

use super::mel::{HOP, Hearing, Mel};
use super::sound::Sound;
use super::vars::{built, vars};
use super::words::{check_sizes, decode, likeliest, plain, tokenizer, without_nulls};
use super::{PerceiveError, Result};
use crate::models::NetFolder;

/// The tokens that steer Whisper.
const START: &str = "<|startoftranscript|>";
const WRITE: &str = "<|transcribe|>";
const NO_TIMES: &str = "<|notimestamps|>";
const END: &str = "<|endoftext|>";
/// Most characters of a transcript.
const LONGEST_TEXT: usize = 2000;

/// Writes down what is said.
pub struct Listener {
    folder: NetFolder,
    network: Whisper,
    tokenizer: Tokenizer,
    mel: Mel,
    /// Start, language, task.
    opening: Vec<u32>,
    end: u32,
    /// Tokens that a transcript never holds, and those that it never begins with.
    never: Vec<u32>,
    not_first: Vec<u32>,
    device: Device,
}

impl Listener {
    /// Loads `WhisperForConditionalGeneration` from a folder of transformers.
    /// `language` is a code such as `en`, where the network knows several.
    ///
    /// # Errors
    /// When a file is missing or of another network, or it knows no such language.
    pub fn load(folder: &NetFolder, language: &str, device: &Device) -> Result<Self> {
        let value = folder.config()?;
        check_sizes(folder, &value)?;
        if value["model_type"] != "whisper" {
            return Err(PerceiveError::network(
                folder,
                "this is no Whisper: its model_type says so",
            ));
        }
        let generation = folder.json("generation_config.json")?.unwrap_or_default();
        let listed = |name: &str| {
            let list = [&generation, &value].into_iter().find_map(|file| file[name].as_array());
            let ids = list.into_iter().flatten().filter_map(serde_json::Value::as_u64);
            ids.filter_map(|id| u32::try_from(id).ok()).collect::<Vec<u32>>()
        };
        let (mut never, not_first) = (listed("suppress_tokens"), listed("begin_suppress_tokens"));
        let config: Config = serde_json::from_value(without_nulls(value))
            .map_err(|error| PerceiveError::network(folder, format!("config.json: {error}")))?;
        let tokenizer = tokenizer(folder)?;
        let id = |name: &str| {
            let missing = || PerceiveError::network(folder, format!("it has no token {name}"));
            tokenizer.token_to_id(name).ok_or_else(missing)
        };
        let end = id(END)?;
        let mut opening = vec![id(START)?];
        // A network for English alone has no tokens of languages.
        if tokenizer.token_to_id("<|en|>").is_some() {
            opening.extend([id(&format!("<|{language}|>"))?, id(WRITE)?]);
        }
        opening.push(id(NO_TIMES)?);
        let special = |name: &str| name.starts_with("<|") && name.ends_with("|>");
        let vocabulary = tokenizer.get_vocab(true);
        never.extend(
            vocabulary.iter().filter(|(name, id)| special(name) && **id != end).map(|(_, id)| *id),
        );
        let mel = Mel::new(Hearing::of_whisper(config.num_mel_bins));
        let network = built(folder, Whisper::load(&vars(folder, &[], None, device)?, config))?;
        let mut not_first = not_first;
        not_first.push(end);
        let (folder, device) = (folder.clone(), device.clone());
        Ok(Self { folder, network, tokenizer, mel, opening, end, never, not_first, device })
    }

    /// What is said in a sound.
    ///
    /// # Errors
    /// When the network fails, or nothing is said.
    pub fn listen(&mut self, sound: &Sound) -> Result<String> {
        let mut text = String::new();
        for part in sound.samples().chunks(self.span()) {
            let ids = self.tokens(part, usize::MAX)?;
            text.push_str(&decode(&self.folder, &self.tokenizer, &ids)?);
            text.push(' ');
        }
        let text = plain(&text, LONGEST_TEXT);
        match text.is_empty() {
            true => Err(PerceiveError::Silent("nothing was heard in the sound".into())),
            false => Ok(text),
        }
    }

    /// What the network hears of a sound, (1, bands, frames).
    ///
    /// # Errors
    /// When the tensor cannot be made.
    pub fn heard(&self, samples: &[f32]) -> Result<Tensor> {
        self.mel.of(samples, self.span(), &self.device)
    }

    /// Samples that are heard at a time.
    fn span(&self) -> usize {
        (self.network.config.max_source_positions * 2 * HOP).max(1)
    }

    /// The tokens of what is said in at most [`Self::span`] samples; with the
    /// opening they are at most `longest`.
    ///
    /// # Errors
    /// When the network fails.
    pub fn tokens(&mut self, samples: &[f32], longest: usize) -> Result<Vec<u32>> {
        let mel = self.heard(samples)?;
        self.network.reset_kv_cache();
        let heard = self.network.encoder.forward(&mel, true)?;
        let longest = longest.min(self.network.config.max_target_positions);
        let mut ids = self.opening.clone();
        while ids.len() < longest {
            let is_first = ids.len() == self.opening.len();
            let so_far = Tensor::new(ids.as_slice(), &self.device)?.unsqueeze(0)?;
            let state = self.network.decoder.forward(&so_far, &heard, is_first)?;
            let last = state.narrow(1, ids.len() - 1, 1)?.contiguous()?;
            let logits = self.network.decoder.final_linear(&last)?;
            let mut never = self.never.clone();
            if is_first {
                never.extend(&self.not_first);
            }
            let next = likeliest(&logits, &never)?;
            if next == self.end {
                break;
            }
            ids.push(next);
        }
        Ok(ids.split_off(self.opening.len()))
    }
}
