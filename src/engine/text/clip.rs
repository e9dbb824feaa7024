//! CLIP's text encoder (arXiv 2103.00020) with every hidden state at hand.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::{LayerNorm, Linear};
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{Device, Result as TensorResult, Tensor};
use serde::Deserialize;
use serde_json::json;

/// The feed-forward's activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · sigmoid(1.702 x)`, of the first CLIP models.
    QuickGelu,
    /// The exact GELU, of OpenCLIP's.
    Gelu,
}

impl Activation {
    /// The activation of every number.
    ///
    /// # Errors
    /// When they are no floats.
    pub fn apply(self, x: &Tensor) -> TensorResult<Tensor> {
        match self {
            Self::QuickGelu => kernels::quick_gelu(x),
            Self::Gelu => kernels::gelu_erf(x),
        }
    }
}

/// A text encoder's shape.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ClipConfig {
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Width inside the feed-forward.
    pub intermediate_size: usize,
    /// Attention heads.
    pub num_attention_heads: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Tokens that the embedding knows.
    pub vocab_size: usize,
    /// Longest sequence.
    #[serde(default = "length")]
    pub max_position_embeddings: usize,
    /// The feed-forward's activation.
    #[serde(default = "quick_gelu")]
    pub hidden_act: Activation,
    /// Epsilon of the layer norms.
    #[serde(default = "eps")]
    pub layer_norm_eps: f64,
    /// Width of the projected text.
    #[serde(default)]
    pub projection_dim: usize,
    /// Id of the end token; 2 in published configurations, where it is wrong.
    #[serde(default = "published_eos")]
    pub eos_token_id: u32,
}

fn length() -> usize {
    77
}
fn quick_gelu() -> Activation {
    Activation::QuickGelu
}
fn eps() -> f64 {
    1e-5
}
fn published_eos() -> u32 {
    PUBLISHED_EOS
}

/// The id that published configurations give for the end token. The reference
/// then takes the position of the highest id, which is the end token's.
const PUBLISHED_EOS: u32 = 2;

impl ClipConfig {
    /// Reads `text_encoder/config.json`.
    ///
    /// # Errors
    /// When a field is missing, out of range, or of an unknown kind.
    pub fn parse(file: &ConfigFile) -> Result<Self> {
        file.accept("model_type", &[json!("clip_text_model")])?;
        let config: Self = file.parse()?;
        let sizes = [
            config.hidden_size,
            config.intermediate_size,
            config.num_hidden_layers,
            config.vocab_size,
        ];
        let absurd =
            sizes.iter().any(|n| *n == 0 || *n > 1 << 20) || config.num_hidden_layers > 256;
        if absurd
            || config.num_attention_heads == 0
            || !config.hidden_size.is_multiple_of(config.num_attention_heads)
        {
            return Err(file.fault("sizes that no text encoder has"));
        }
        Ok(config)
    }
}

/// What the encoder makes of one prompt.
#[derive(Debug, Clone)]
pub struct ClipOutput {
    /// Embeddings, then what leaves each layer, each (1, tokens, width); no
    /// final norm.
    pub hidden_states: Vec<Tensor>,
    /// The last of them behind the final norm.
    pub last_hidden_state: Tensor,
    /// The end token's state, projected where the encoder has a projection (1, width).
    pub pooled: Tensor,
}

impl ClipOutput {
    /// What leaves the last layer but one, without a norm: SDXL's text.
    pub fn penultimate(&self) -> &Tensor {
        &self.hidden_states[self.hidden_states.len() - 2]
    }
}

/// A text encoder.
#[derive(Debug, Clone)]
pub struct ClipTextModel {
    config: ClipConfig,
    token_embedding: Tensor,
    position_embedding: Tensor,
    layers: Vec<Layer>,
    final_layer_norm: LayerNorm,
    text_projection: Option<Linear>,
}

impl ClipTextModel {
    /// Loads an encoder; `projected` says whether its pooled output is.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: ClipConfig, projected: bool) -> Result<Self> {
        let (root, width) = (vars.at("text_model"), config.hidden_size);
        let embeddings = root.at("embeddings");
        let projection =
            || Linear::load(&vars.at("text_projection"), width, config.projection_dim, false);
        let layer = |i: usize| Layer::load(&root.at("encoder.layers").at(i), &config);
        Ok(Self {
            token_embedding: embeddings
                .get(&[config.vocab_size, width], "token_embedding.weight")?,
            position_embedding: embeddings
                .get(&[config.max_position_embeddings, width], "position_embedding.weight")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            final_layer_norm: LayerNorm::load(
                &root.at("final_layer_norm"),
                width,
                config.layer_norm_eps,
            )?,
            text_projection: projected.then(projection).transpose()?,
            config,
        })
    }

    /// The encoder's shape.
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// Encodes the ids of one prompt.
    ///
    /// # Errors
    /// When there are more ids than positions, or an id that the embedding
    /// does not have.
    pub fn forward(&self, ids: &[u32]) -> TensorResult<ClipOutput> {
        let device = self.token_embedding.device();
        let index = Tensor::new(ids, &Device::Cpu)?.to_device(device)?;
        let tokens = self.token_embedding.index_select(&index, 0)?;
        let positions = self.position_embedding.narrow(0, 0, ids.len())?;
        let mut hidden_states = vec![(tokens + positions)?.unsqueeze(0)?];
        for layer in &self.layers {
            let next = layer.forward(&hidden_states[hidden_states.len() - 1])?;
            hidden_states.push(next);
        }
        let last_hidden_state =
            self.final_layer_norm.forward(&hidden_states[hidden_states.len() - 1])?;
        let end = last_hidden_state.narrow(1, self.end_position(ids), 1)?.squeeze(1)?;
        let pooled = match &self.text_projection {
            Some(projection) => projection.forward(&end)?,
            None => end,
        };
        Ok(ClipOutput { hidden_states, last_hidden_state, pooled })
    }

    /// Where the end token stands first.
    fn end_position(&self, ids: &[u32]) -> usize {
        let eos = match self.config.eos_token_id {
            PUBLISHED_EOS => ids.iter().copied().max().unwrap_or(0),
            eos => eos,
        };
        ids.iter().position(|id| *id == eos).unwrap_or(0)
    }
}

/// Causal self-attention and a feed-forward, each behind a norm.
#[derive(Debug, Clone)]
struct Layer {
    layer_norm1: LayerNorm,
    qkv: [Linear; 3],
    out_proj: Linear,
    layer_norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
    activation: Activation,
}

impl Layer {
    fn load(vars: &Vars, config: &ClipConfig) -> Result<Self> {
        let (width, inner, eps) =
            (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let attention =
            |name: &str| Linear::load(&vars.at("self_attn").at(name), width, width, true);
        Ok(Self {
            layer_norm1: LayerNorm::load(&vars.at("layer_norm1"), width, eps)?,
            qkv: [attention("q_proj")?, attention("k_proj")?, attention("v_proj")?],
            out_proj: attention("out_proj")?,
            layer_norm2: LayerNorm::load(&vars.at("layer_norm2"), width, eps)?,
            fc1: Linear::load(&vars.at("mlp.fc1"), width, inner, true)?,
            fc2: Linear::load(&vars.at("mlp.fc2"), inner, width, true)?,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        })
    }

    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let normed = self.layer_norm1.forward(x)?;
        let [q, k, v] = &self.qkv;
        let (q, k, v) = (q.forward(&normed)?, k.forward(&normed)?, v.forward(&normed)?);
        let mixed = kernels::causal_attention(&q, &k, &v, self.heads)?;
        let x = self.out_proj.forward_onto(&mixed, x, "out_proj", Pass::default())?;
        let inner = self.fc1.forward(&self.layer_norm2.forward(&x)?)?;
        let inner = self.activation.apply(&inner)?;
        self.fc2.forward_onto(&inner, &x, "fc2", Pass::default())
    }
}
