//! The text encoder: RoBERTa (arXiv 1907.11692), whose first state stands for a text.

use candle_core::{Device, Result as TensorResult, Tensor};
use candle_nn::Activation;
use candle_transformers::models::xlm_roberta::{Config, XLMRobertaModel};
use tokenizers::Tokenizer;

use super::config::Text;
use crate::engine::layers::Linear;
use crate::engine::weights::Vars;
use crate::models::NetFolder;
use crate::perceive::vars::{built, vars};
use crate::perceive::words::tokenizer;
use crate::perceive::{PerceiveError, Result};

pub(super) struct Reader {
    folder: NetFolder,
    network: XLMRobertaModel,
    pooler: Linear,
    tokenizer: Tokenizer,
    longest: usize,
    device: Device,
}

impl Reader {
    /// Loads it; `own` is its place among the weights.
    ///
    /// # Errors
    /// When a file is missing, or a tensor misshapen.
    pub fn load(folder: &NetFolder, own: &Vars, config: &Text, device: &Device) -> Result<Self> {
        let shape = Config {
            hidden_size: config.hidden_size,
            layer_norm_eps: config.layer_norm_eps,
            attention_probs_dropout_prob: 0.0,
            hidden_dropout_prob: 0.0,
            num_attention_heads: config.num_attention_heads,
            position_embedding_type: "absolute".into(),
            intermediate_size: config.intermediate_size,
            hidden_act: Activation::Gelu,
            num_hidden_layers: config.num_hidden_layers,
            vocab_size: config.vocab_size,
            max_position_embeddings: config.max_position_embeddings,
            type_vocab_size: config.type_vocab_size,
            pad_token_id: config.pad_token_id,
        };
        let weights = vars(folder, &[], None, device)?.pp(own.prefix());
        let network = built(folder, XLMRobertaModel::new(&shape, weights))?;
        let width = config.hidden_size;
        let pooler = Linear::load(&own.at("pooler.dense"), width, width, true)?;
        let mut tokenizer = tokenizer(folder)?;
        tokenizer.with_padding(None);
        let whole = tokenizer.with_truncation(None).map(|_| ());
        whole.map_err(|error| PerceiveError::network(folder, error.to_string()))?;
        let (folder, device) = (folder.clone(), device.clone());
        Ok(Self { folder, network, pooler, tokenizer, longest: config.longest(), device })
    }

    /// What stands for a text (1, channels).
    ///
    /// # Errors
    /// When it is too long, or the network fails.
    pub fn read(&self, text: &str) -> Result<Tensor> {
        let fault = |text: String| PerceiveError::network(&self.folder, text);
        let read = self.tokenizer.encode(text, true).map_err(|error| fault(error.to_string()))?;
        let ids = read.get_ids();
        if ids.is_empty() || ids.len() > self.longest {
            let long = format!("the label {text:?} has {} tokens", ids.len());
            let most = self.longest;
            return Err(PerceiveError::Labels(format!("{long}; this CLAP reads 1 to {most}")));
        }
        built(&self.folder, self.states(ids))
    }

    fn states(&self, ids: &[u32]) -> TensorResult<Tensor> {
        let ids = Tensor::new(ids, &self.device)?.unsqueeze(0)?;
        let states =
            self.network.forward(&ids, &ids.ones_like()?, &ids.zeros_like()?, None, None, None)?;
        self.pooler.forward(&states.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?)?.tanh()
    }
}
