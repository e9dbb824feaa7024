//! A long text in few words: T5 (arXiv 1910.10683).

use candle_core::{Device, Tensor};
use candle_transformers::models::t5::{Config, T5EncoderModel, T5ForConditionalGeneration};
use tokenizers::Tokenizer;

use super::vars::{built, vars};
use super::words::{check_sizes, decode, likeliest, plain, tokenizer, without_nulls};
use super::{PerceiveError, Result};
use crate::models::NetFolder;

/// What T5 was trained to be asked.
const TASK: &str = "summarize: ";
/// Most tokens that are read, and that are written.
const READ: usize = 512;
const WRITTEN: usize = 60;
/// Most characters of the result.
const LONGEST_TEXT: usize = 300;

/// Where the decoder keeps what distances between words count.
const DISTANCES: &str = "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";

/// Says a text in few words.
pub struct Rephraser {
    folder: NetFolder,
    reader: T5EncoderModel,
    writer: T5ForConditionalGeneration,
    tokenizer: Tokenizer,
    start: u32,
    end: u32,
    device: Device,
}

impl Rephraser {
    /// Loads `T5ForConditionalGeneration` from a folder of transformers.
    ///
    /// # Errors
    /// When a file is missing or of another network.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let value = folder.config()?;
        check_sizes(folder, &value)?;
        if value["model_type"] != "t5" || value["is_encoder_decoder"] == false {
            return Err(PerceiveError::network(folder, "this is no T5: its model_type says so"));
        }
        let mut config: Config = serde_json::from_value(without_nulls(value))
            .map_err(|error| PerceiveError::network(folder, format!("config.json: {error}")))?;
        config.use_cache = false;
        config.is_encoder_decoder = true;
        let reader = T5EncoderModel::load(vars(folder, &[], None, device)?, &config);
        let reader = built(folder, reader)?;
        // candle counts distances both ways in the decoder too, with half of the table for
        // each. In a table of twice the rows that half is the whole of the real one; the other
        // half is of words to come, which no word looks at.
        let buckets = config.relative_attention_num_buckets.saturating_mul(2);
        let layers = config.num_decoder_layers.unwrap_or(config.num_layers);
        let only_writes = Config {
            num_layers: 0,
            num_decoder_layers: Some(layers),
            relative_attention_num_buckets: buckets,
            ..config.clone()
        };
        let vars = vars(folder, &[], Some(DISTANCES), device)?;
        let writer = built(folder, T5ForConditionalGeneration::load(vars, &only_writes))?;
        Ok(Self {
            reader,
            writer,
            tokenizer: tokenizer(folder)?,
            folder: folder.clone(),
            start: config.decoder_start_token_id.unwrap_or(config.pad_token_id) as u32,
            end: config.eos_token_id as u32,
            device: device.clone(),
        })
    }

    /// The text in few words.
    ///
    /// # Errors
    /// When the network fails, or says nothing.
    pub fn rephrase(&mut self, text: &str) -> Result<String> {
        let ids = self.tokens(text, WRITTEN)?;
        let text = plain(&decode(&self.folder, &self.tokenizer, &ids)?, LONGEST_TEXT);
        match text.is_empty() {
            true => Err(PerceiveError::Silent("nothing was made of the text".into())),
            false => Ok(text),
        }
    }

    /// The tokens of the result, at most `longest` after the start.
    ///
    /// # Errors
    /// When the network fails.
    pub fn tokens(&mut self, text: &str, longest: usize) -> Result<Vec<u32>> {
        let task = format!("{TASK}{text}");
        let read = self.tokenizer.encode(task, false);
        let read = read.map_err(|error| PerceiveError::network(&self.folder, error.to_string()))?;
        let read = read.get_ids().iter().copied().take(READ).chain([self.end]);
        let input = Tensor::new(read.collect::<Vec<u32>>(), &self.device)?.unsqueeze(0)?;
        let meaning = self.reader.forward(&input)?;
        let mut ids = vec![self.start];
        while ids.len() <= longest {
            let so_far = Tensor::new(ids.as_slice(), &self.device)?.unsqueeze(0)?;
            let next = likeliest(&self.writer.decode(&so_far, &meaning)?, &[])?;
            if next == self.end {
                break;
            }
            ids.push(next);
        }
        Ok(ids)
    }
}
