//! What is in a picture: BLIP (arXiv 2201.12086).

use candle_core::{Device, Module, Tensor};
use candle_transformers::models::blip::{BlipForConditionalGeneration, Config};
use tokenizers::Tokenizer;

use super::vars::{Tied, built, vars};
use super::words::{check_sizes, decode, likeliest, plain, tokenizer, without_nulls};
use super::{PerceiveError, Result};
use crate::engine::prepare::Prepare;
use crate::imaging::RgbImage;
use crate::models::NetFolder;

/// The output is the embedding again, which files then hold once.
const TIED: &[Tied] = &[(
    "text_decoder.cls.predictions.decoder.weight",
    "text_decoder.bert.embeddings.word_embeddings.weight",
)];
/// Most tokens of a caption; BLIP's own default.
const LONGEST: usize = 20;
/// Most characters of a caption.
const LONGEST_TEXT: usize = 300;

/// Says what is in pictures.
pub struct Captioner {
    folder: NetFolder,
    network: BlipForConditionalGeneration,
    tokenizer: Tokenizer,
    prepare: Prepare,
    start: u32,
    end: u32,
    device: Device,
}

impl Captioner {
    /// Loads `BlipForConditionalGeneration` from a folder of transformers.
    ///
    /// # Errors
    /// When a file is missing or of another network.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let mut value = folder.config()?;
        check_sizes(folder, &value)?;
        if value["model_type"] != "blip" {
            return Err(PerceiveError::network(folder, "this is no BLIP: its model_type says so"));
        }
        let id = |name: &str, default: u32| {
            let id = value["text_config"][name].as_u64().and_then(|id| u32::try_from(id).ok());
            id.unwrap_or(default)
        };
        let (start, end) = (id("bos_token_id", 30_522), id("sep_token_id", 102));
        // New configurations leave out what goes without saying.
        value["text_config"]["is_decoder"] = true.into();
        let config: Config = serde_json::from_value(without_nulls(value))
            .map_err(|error| PerceiveError::network(folder, format!("config.json: {error}")))?;
        if config.vision_config.patch_size == 0 || config.vision_config.num_attention_heads == 0 {
            return Err(PerceiveError::network(folder, "config.json: sizes of zero"));
        }
        let network = BlipForConditionalGeneration::new(&config, vars(folder, TIED, None, device)?);
        Ok(Self {
            network: built(folder, network)?,
            tokenizer: tokenizer(folder)?,
            prepare: Prepare::of(folder, config.vision_config.image_size)?,
            folder: folder.clone(),
            start,
            end,
            device: device.clone(),
        })
    }

    /// What is in a picture.
    ///
    /// # Errors
    /// When the network fails, or says nothing.
    pub fn caption(&mut self, picture: &RgbImage) -> Result<String> {
        let ids = self.tokens(picture, LONGEST)?;
        let text = plain(&decode(&self.folder, &self.tokenizer, &ids)?, LONGEST_TEXT);
        match text.is_empty() {
            true => Err(PerceiveError::Silent("nothing was found to say of the picture".into())),
            false => Ok(text),
        }
    }

    /// The tokens of the caption, at most `longest` with the start.
    ///
    /// # Errors
    /// When the network fails.
    pub fn tokens(&mut self, picture: &RgbImage, longest: usize) -> Result<Vec<u32>> {
        let pixels = self.prepare.tensor(picture, &self.device)?;
        let seen = self.network.vision_model().forward(&pixels)?;
        self.network.reset_kv_cache();
        let mut ids = vec![self.start];
        while ids.len() < longest {
            // What came before is remembered by the network.
            let last = ids.last().copied().unwrap_or(self.start);
            let input = Tensor::new(&[[last]], &self.device)?;
            let logits = self.network.text_decoder().forward(&input, &seen)?;
            let next = likeliest(&logits, &[])?;
            if next == self.end {
                break;
            }
            ids.push(next);
        }
        Ok(ids)
    }
}
