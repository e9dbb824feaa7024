//! One prompt through one or two encoders, as the published pipelines do it.

use super::clip::{ClipConfig, ClipOutput, ClipTextModel};
use super::tokenizer::{PromptCheck, Tokenizer};
use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::engine::weights::Vars;
use crate::models::ModelFolder;
use crate::prompt::{Weighted, weighted};
use candle_core::{DType, Device, Tensor};

/// What the UNet reads of one prompt.
#[derive(Debug, Clone)]
pub struct TextStates {
    /// Hidden states (1, tokens, width).
    pub hidden: Tensor,
    /// SDXL's pooled text (1, width).
    pub pooled: Option<Tensor>,
}

impl TextStates {
    /// Zeros of the same shapes.
    fn zeros_like(&self) -> Result<Self> {
        let pooled = self.pooled.as_ref().map(Tensor::zeros_like).transpose()?;
        Ok(Self { hidden: self.hidden.zeros_like()?, pooled })
    }
}

/// A tokenizer and the encoder that reads its ids.
pub struct TextEncoder {
    tokenizer: Tokenizer,
    model: ClipTextModel,
}

impl TextEncoder {
    fn load(folder: &ModelFolder, suffix: &str, projected: bool, device: &Device) -> Result<Self> {
        let (tokenizer, part) = (format!("tokenizer{suffix}"), format!("text_encoder{suffix}"));
        let name = format!("{part}/config.json");
        let file = ConfigFile::new(&name, folder.json(&name)?);
        let config = ClipConfig::parse(&file)?;
        let tokenizer = Tokenizer::load(folder, &tokenizer)?;
        if tokenizer.length() > config.max_position_embeddings
            || tokenizer.max_id() as usize >= config.vocab_size
        {
            return Err(
                file.fault("the tokenizer beside this encoder gives more ids than it knows")
            );
        }
        // Half precision buys nothing here and costs accuracy.
        let vars = Vars::new(&part, folder.weights(&part, None)?, device, DType::F32);
        Ok(Self { tokenizer, model: ClipTextModel::load(&vars, config, projected)? })
    }

    /// Ids of a prompt.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(text)
    }

    /// How much each id of a prompt counts, as its brackets say; the frame counts 1.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn token_weights(&self, prompt: &Weighted) -> Result<Vec<f32>> {
        let starts = self.tokenizer.starts(&prompt.text)?;
        let weights = starts.iter().map(|start| start.map_or(1.0, |at| prompt.weight_at(at)));
        Ok(weights.collect())
    }

    /// Every state of one prompt.
    ///
    /// # Errors
    /// When the tokenizer or a tensor operation fails.
    pub fn encode(&self, text: &str) -> Result<ClipOutput> {
        Ok(self.model.forward(&self.tokens(text)?)?)
    }
}

/// The text side of a model: one encoder for SD 1.5, two for SDXL.
pub struct PromptEncoder {
    encoders: Vec<TextEncoder>,
    zeros_for_empty: bool,
}

impl PromptEncoder {
    /// Loads every encoder that the model has.
    ///
    /// # Errors
    /// When files are missing, malformed or do not fit each other.
    pub fn load(folder: &ModelFolder, device: &Device) -> Result<Self> {
        let mut encoders = vec![TextEncoder::load(folder, "", false, device)?];
        let index = folder.json("model_index.json")?;
        let two = folder.has("text_encoder_2");
        if two {
            encoders.push(TextEncoder::load(folder, "_2", true, device)?);
        }
        let zeros_for_empty =
            two && index["force_zeros_for_empty_prompt"].as_bool().unwrap_or(true);
        Ok(Self { encoders, zeros_for_empty })
    }

    /// The encoders, first to last.
    pub fn encoders(&self) -> &[TextEncoder] {
        &self.encoders
    }

    /// A prompt whose brackets weigh its words: the hidden states of each token
    /// are moved away from those of the empty prompt at its place, or towards
    /// them: `empty + weight * (state - empty)`, as ComfyUI and compel do. The
    /// pooled text is that of the words alone.
    ///
    /// # Errors
    /// When a bracket has no other half, or the tokenizer or a tensor operation fails.
    pub fn encode_weighted(&self, prompt: &str) -> Result<TextStates> {
        let prompt = weighted(prompt)?;
        let plain = self.encode(&prompt.text)?;
        if prompt.is_plain() {
            return Ok(plain);
        }
        let empty = self.encode("")?.hidden;
        let mut states = Vec::with_capacity(self.encoders.len());
        let mut first = 0;
        for encoder in &self.encoders {
            // Each encoder cuts the text into tokens of its own.
            let weights = encoder.token_weights(&prompt)?;
            let width = encoder.model.config().hidden_size;
            let part = |of: &Tensor| of.narrow(2, first, width);
            let weights = Tensor::from_vec(weights, (1, (), 1), empty.device())?;
            let state = part(&plain.hidden)?;
            let more = (&state - part(&empty)?)?.broadcast_mul(&(weights - 1.0)?)?;
            states.push((state + more)?);
            first += width;
        }
        Ok(TextStates { hidden: Tensor::cat(&states, 2)?, pooled: plain.pooled })
    }

    /// A prompt word by word, without weights. SDXL reads the states before the last layer of both encoders
    /// side by side, and the second's pooled output; SD 1.5 the last states.
    ///
    /// # Errors
    /// When the tokenizer or a tensor operation fails.
    pub fn encode(&self, text: &str) -> Result<TextStates> {
        let outputs: Vec<_> =
            self.encoders.iter().map(|e| e.encode(text)).collect::<Result<_>>()?;
        if let [single] = outputs.as_slice() {
            return Ok(TextStates { hidden: single.last_hidden_state.clone(), pooled: None });
        }
        let states: Vec<_> = outputs.iter().map(ClipOutput::penultimate).collect();
        let pooled = outputs.last().map(|output| output.pooled.clone());
        Ok(TextStates { hidden: Tensor::cat(&states, 2)?, pooled })
    }

    /// What guidance steers away from. Without a text SDXL takes zeros, not
    /// the encoding of an empty string; SD 1.5 always encodes.
    ///
    /// # Errors
    /// When the tokenizer or a tensor operation fails.
    pub fn encode_negative(&self, text: Option<&str>) -> Result<TextStates> {
        match text {
            None if self.zeros_for_empty => self.encode("")?.zeros_like(),
            text => self.encode(text.unwrap_or_default()),
        }
    }

    /// Where the words of a prompt's beginning stand among its tokens, articles left
    /// out, since the whole picture looks at those.
    ///
    /// # Errors
    /// When a bracket has no other half, or the tokenizer fails.
    pub fn word_places(&self, beginning: &str) -> Result<Vec<usize>> {
        let Some(encoder) = self.encoders.first() else { return Ok(Vec::new()) };
        // The first token is the frame's.
        let (mut places, mut at) = (Vec::new(), 1);
        for word in weighted(beginning)?.text.split_whitespace() {
            let count = encoder.tokenizer.check(word)?.tokens;
            if !matches!(word.to_lowercase().as_str(), "a" | "an" | "the") {
                places.extend(at..at + count);
            }
            at += count;
        }
        places.retain(|place| *place < encoder.tokenizer.length());
        Ok(places)
    }

    /// How much of a prompt the model sees; brackets are no part of it.
    ///
    /// # Errors
    /// When a bracket has no other half, or the tokenizer fails.
    pub fn check(&self, prompt: &str) -> Result<PromptCheck> {
        let text = weighted(prompt)?.text;
        let checks = self.encoders.iter().map(|e| e.tokenizer.check(&text));
        let mut worst = checks.collect::<Result<Vec<_>>>()?;
        worst.sort_by_key(|c| c.cut.as_ref().map_or(0, String::len));
        Ok(worst.pop().unwrap_or(PromptCheck { tokens: 0, limit: 0, cut: None }))
    }
}
