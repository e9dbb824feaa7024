//! The vision transformer (arXiv 2010.11929) as CLIP and DINO have it: patches
//! as tokens behind a class token, whose last state stands for the picture.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::engine::kernels::{self, KeySource};
use crate::engine::layers::{LayerNorm, Linear};
use crate::engine::pass::Pass;
use crate::engine::text::Activation;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};
use serde::Deserialize;

/// Colours of a picture.
const COLOURS: usize = 3;

/// A vision transformer's shape; what is not said is as transformers has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct VitConfig {
    /// Width of the hidden states.
    #[serde(default = "base::<768>")]
    pub hidden_size: usize,
    /// Width inside the feed-forward.
    #[serde(default = "base::<3072>")]
    pub intermediate_size: usize,
    /// Layers.
    #[serde(default = "base::<12>")]
    pub num_hidden_layers: usize,
    /// Attention heads.
    #[serde(default = "base::<12>")]
    pub num_attention_heads: usize,
    /// Side of the pictures, in pixels.
    #[serde(default = "base::<224>")]
    pub image_size: usize,
    /// Side of a patch, in pixels; transformers has 32 for CLIP and 16 else.
    pub patch_size: usize,
    /// Colours.
    #[serde(default = "base::<COLOURS>")]
    pub num_channels: usize,
    /// The feed-forward's activation; transformers has another for CLIP than else.
    pub hidden_act: Activation,
    /// Epsilon of the layer norms.
    pub layer_norm_eps: f64,
    /// Whether queries, keys and values have a bias.
    #[serde(default = "yes")]
    pub qkv_bias: bool,
}

fn base<const N: usize>() -> usize {
    N
}

fn yes() -> bool {
    true
}

impl VitConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When a field is missing, or of a size that no such network has.
    pub fn parse(file: &ConfigFile) -> Result<Self> {
        let config: Self = file.parse()?;
        let Self { hidden_size, intermediate_size, num_hidden_layers, .. } = config;
        let sizes = [hidden_size, intermediate_size, num_hidden_layers, config.image_size];
        let absurd = sizes.iter().any(|n| *n == 0 || *n > 1 << 16) || num_hidden_layers > 256;
        let (heads, patch) = (config.num_attention_heads, config.patch_size);
        if absurd
            || heads == 0
            || !hidden_size.is_multiple_of(heads)
            || config.num_channels != COLOURS
        {
            return Err(file.fault("sizes that no vision transformer has"));
        }
        if patch == 0 || !config.image_size.is_multiple_of(patch) || config.patches() > 1 << 16 {
            return Err(file.fault("patches that do not cover the picture"));
        }
        Ok(config)
    }

    fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }
}

/// What the tensors are called.
#[derive(Debug)]
pub(super) struct Names {
    class: &'static str,
    position: &'static str,
    patch: &'static str,
    /// A norm in front of the layers.
    before: Option<&'static str>,
    layers: &'static str,
    /// The norm behind the last layer.
    after: &'static str,
    norm1: &'static str,
    qkv: [&'static str; 3],
    out: &'static str,
    norm2: &'static str,
    inner: [&'static str; 2],
    /// Whether patches are embedded with a bias, and class and positions have
    /// the axes of a batch.
    plain_vit: bool,
}

/// Those of `CLIPModel`'s vision side. "pre_layrnorm" is its own spelling.
pub(super) const CLIP: Names = Names {
    class: "embeddings.class_embedding",
    position: "embeddings.position_embedding.weight",
    patch: "embeddings.patch_embedding",
    before: Some("pre_layrnorm"),
    layers: "encoder.layers",
    after: "post_layernorm",
    norm1: "layer_norm1",
    qkv: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    out: "self_attn.out_proj",
    norm2: "layer_norm2",
    inner: ["mlp.fc1", "mlp.fc2"],
    plain_vit: false,
};

/// Those of `ViTModel`.
pub(super) const VIT: Names = Names {
    class: "embeddings.cls_token",
    position: "embeddings.position_embeddings",
    patch: "embeddings.patch_embeddings.projection",
    before: None,
    layers: "encoder.layer",
    after: "layernorm",
    norm1: "layernorm_before",
    qkv: ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
    out: "attention.output.dense",
    norm2: "layernorm_after",
    inner: ["intermediate.dense", "output.dense"],
    plain_vit: true,
};

/// A vision transformer.
#[derive(Debug)]
pub(super) struct Vit {
    class: Tensor,
    position: Tensor,
    /// The convolution over patches, as a map of flattened patches.
    patch: Tensor,
    patch_bias: Option<Tensor>,
    before: Option<LayerNorm>,
    layers: Vec<Layer>,
    after: LayerNorm,
    side: usize,
}

impl Vit {
    pub(super) fn load(vars: &Vars, config: &VitConfig, names: &Names) -> Result<Self> {
        let (width, eps, side) = (config.hidden_size, config.layer_norm_eps, config.patch_size);
        let places = config.patches() + 1;
        let (class, position) = match names.plain_vit {
            true => (vec![1, 1, width], vec![1, places, width]),
            false => (vec![width], vec![places, width]),
        };
        let norm = |name: &str| LayerNorm::load(&vars.at(name), width, eps);
        let patch = vars.at(names.patch);
        let layer = |i: usize| Layer::load(&vars.at(names.layers).at(i), config, names);
        Ok(Self {
            class: vars.get(&class, names.class)?.reshape((1, 1, width))?,
            position: vars.get(&position, names.position)?.reshape((1, places, width))?,
            patch: patch
                .get(&[width, COLOURS, side, side], "weight")?
                .reshape((width, COLOURS * side * side))?,
            patch_bias: names.plain_vit.then(|| patch.get(&[width], "bias")).transpose()?,
            before: names.before.map(norm).transpose()?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            after: norm(names.after)?,
            side,
        })
    }

    /// The class token's state (1, width) of a picture (1, 3, side, side).
    pub(super) fn forward(&self, picture: &Tensor) -> TensorResult<Tensor> {
        let (_, colours, height, width) = picture.dims4()?;
        let (rows, columns) = (height / self.side, width / self.side);
        let patches = picture
            .reshape((colours, rows, self.side, columns, self.side))?
            .permute((1, 3, 0, 2, 4))?
            .reshape((1, rows * columns, colours * self.side * self.side))?
            .contiguous()?;
        let patches = kernels::linear(&patches, &self.patch, self.patch_bias.as_ref())?;
        let mut x = (Tensor::cat(&[&self.class, &patches], 1)? + &self.position)?;
        if let Some(norm) = &self.before {
            x = norm.forward(&x)?;
        }
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        // The norm sees each token alone, so that of the class token is enough.
        self.after.forward(&x.narrow(1, 0, 1)?.contiguous()?)?.squeeze(1)
    }
}

/// Self-attention and a feed-forward, each behind a norm.
#[derive(Debug)]
struct Layer {
    norm1: LayerNorm,
    qkv: [Linear; 3],
    out: Linear,
    norm2: LayerNorm,
    inner: [Linear; 2],
    heads: usize,
    activation: Activation,
}

impl Layer {
    fn load(vars: &Vars, config: &VitConfig, names: &Names) -> Result<Self> {
        let (width, inner, eps) =
            (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let [q, k, v] =
            names.qkv.map(|name| Linear::load(&vars.at(name), width, width, config.qkv_bias));
        let [up, down] = names.inner;
        Ok(Self {
            norm1: LayerNorm::load(&vars.at(names.norm1), width, eps)?,
            qkv: [q?, k?, v?],
            out: Linear::load(&vars.at(names.out), width, width, true)?,
            norm2: LayerNorm::load(&vars.at(names.norm2), width, eps)?,
            inner: [
                Linear::load(&vars.at(up), width, inner, true)?,
                Linear::load(&vars.at(down), inner, width, true)?,
            ],
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        })
    }

    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let normed = self.norm1.forward(x)?;
        let [q, k, v] = &self.qkv;
        let (q, k, v) = (q.forward(&normed)?, k.forward(&normed)?, v.forward(&normed)?);
        let own = [vec![KeySource::own(0)]];
        let mixed = kernels::attention(&q, &k, &v, self.heads, &own)?;
        let x = self.out.forward_onto(&mixed, x, "out", Pass::default())?;
        let [up, down] = &self.inner;
        let inner = self.activation.apply(&up.forward(&self.norm2.forward(&x)?)?)?;
        down.forward_onto(&inner, &x, "down", Pass::default())
    }
}
