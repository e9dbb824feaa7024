//! Transformer blocks over the pixels of a feature map.

use super::attention::Attention;
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::{Conv2d, GroupNorm, LayerNorm, Linear};
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// Epsilon of the transformer's entry norm, unlike the residual blocks'.
const ENTRY_EPS: f64 = 1e-6;
/// Epsilon of the blocks' layer norms.
const LAYER_EPS: f64 = 1e-5;

/// The shape of a transformer.
#[derive(Debug, Clone, Copy)]
pub struct TransformerShape {
    /// Channels of the feature map.
    pub channels: usize,
    /// Width of the text's hidden states.
    pub context: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks, one after another.
    pub blocks: usize,
    /// Groups of the entry norm.
    pub groups: usize,
    /// Linear entry and exit instead of 1 x 1 convolutions.
    pub linear: bool,
}

/// Entry and exit of a transformer.
#[derive(Debug, Clone)]
enum Projection {
    Tokens(Linear),
    Map(Conv2d),
}

impl Projection {
    fn load(vars: &Vars, channels: usize, linear: bool) -> Result<Self> {
        Ok(if linear {
            Self::Tokens(Linear::load(vars, channels, channels, true)?)
        } else {
            Self::Map(Conv2d::load(vars, channels, channels, 1)?)
        })
    }
}

/// Norm, entry, blocks, exit, and the input added.
#[derive(Debug, Clone)]
pub struct Transformer {
    path: String,
    norm: GroupNorm,
    proj_in: Projection,
    blocks: Vec<Block>,
    proj_out: Projection,
}

impl Transformer {
    /// Loads a transformer; `next` counts self-attention layers.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, shape: TransformerShape, next: &mut usize) -> Result<Self> {
        let TransformerShape { channels, groups, linear, .. } = shape;
        let block = |i: usize| Block::load(&vars.at("transformer_blocks").at(i), shape, next);
        Ok(Self {
            path: vars.prefix().to_owned(),
            norm: GroupNorm::load(&vars.at("norm"), channels, groups, ENTRY_EPS)?,
            proj_in: Projection::load(&vars.at("proj_in"), channels, linear)?,
            blocks: (0..shape.blocks).map(block).collect::<Result<_>>()?,
            proj_out: Projection::load(&vars.at("proj_out"), channels, linear)?,
        })
    }

    /// x (rows, channels, height, width), `context` (rows, text tokens, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, context: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        let normed = self.norm.forward(x, pass.partners())?;
        pass.seen_in(&self.path, "norm", &normed);
        let mut tokens = self.enter(&normed, pass)?;
        for block in &self.blocks {
            tokens = block.forward(&tokens, context, pass)?;
        }
        let out = kernels::add(&self.leave(&tokens, height, width, pass)?, x)?;
        pass.seen(&self.path, &out);
        Ok(out)
    }

    fn enter(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let (out, tokens) = match &self.proj_in {
            Projection::Tokens(linear) => {
                let tokens = linear.forward(&kernels::tokens(x)?)?;
                (tokens.clone(), tokens)
            }
            Projection::Map(conv) => {
                let map = conv.forward(x)?;
                let tokens = kernels::tokens(&map)?;
                (map, tokens)
            }
        };
        pass.seen_in(&self.path, "proj_in", &out);
        Ok(tokens)
    }

    fn leave(&self, x: &Tensor, height: usize, width: usize, pass: Pass) -> TensorResult<Tensor> {
        let (out, map) = match &self.proj_out {
            Projection::Tokens(linear) => {
                let out = linear.forward(x)?;
                let map = kernels::feature_map(&out, height, width)?;
                (out, map)
            }
            Projection::Map(conv) => {
                let map = conv.forward(&kernels::feature_map(x, height, width)?)?;
                (map.clone(), map)
            }
        };
        pass.seen_in(&self.path, "proj_out", &out);
        Ok(map)
    }
}

/// Self-attention, attention over the text, feed-forward; each behind a layer
/// norm and added to its input.
#[derive(Debug, Clone)]
struct Block {
    path: String,
    norm1: LayerNorm,
    attn1: Attention,
    norm2: LayerNorm,
    attn2: Attention,
    norm3: LayerNorm,
    feed_forward: FeedForward,
}

impl Block {
    fn load(vars: &Vars, shape: TransformerShape, next: &mut usize) -> Result<Self> {
        let TransformerShape { channels, context, heads, .. } = shape;
        let number = *next;
        *next += 1;
        Ok(Self {
            path: vars.prefix().to_owned(),
            norm1: LayerNorm::load(&vars.at("norm1"), channels, LAYER_EPS)?,
            attn1: Attention::load(&vars.at("attn1"), channels, channels, heads, Some(number))?,
            norm2: LayerNorm::load(&vars.at("norm2"), channels, LAYER_EPS)?,
            attn2: Attention::load(&vars.at("attn2"), channels, context, heads, None)?,
            norm3: LayerNorm::load(&vars.at("norm3"), channels, LAYER_EPS)?,
            feed_forward: FeedForward::load(&vars.at("ff"), channels)?,
        })
    }

    fn forward(&self, x: &Tensor, context: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let normed = self.normed(&self.norm1, x, "norm1", pass)?;
        let x = self.attn1.forward(&normed, None, x, pass)?;
        let normed = self.normed(&self.norm2, &x, "norm2", pass)?;
        let x = self.attn2.forward(&normed, Some(context), &x, pass)?;
        let normed = self.normed(&self.norm3, &x, "norm3", pass)?;
        let x = self.feed_forward.forward(&normed, &x, pass)?;
        pass.seen(&self.path, &x);
        Ok(x)
    }

    fn normed(&self, norm: &LayerNorm, x: &Tensor, name: &str, pass: Pass) -> TensorResult<Tensor> {
        let out = norm.forward(x)?;
        pass.seen_in(&self.path, name, &out);
        Ok(out)
    }
}

/// A gated linear unit with the exact GELU (arXiv 2002.05202), then a linear map.
#[derive(Debug, Clone)]
struct FeedForward {
    path: String,
    gated: Linear,
    out: Linear,
}

impl FeedForward {
    fn load(vars: &Vars, channels: usize) -> Result<Self> {
        Ok(Self {
            path: vars.prefix().to_owned(),
            gated: Linear::load(&vars.at("net.0.proj"), channels, channels * 8, true)?,
            out: Linear::load(&vars.at("net.2"), channels * 4, channels, true)?,
        })
    }

    /// The result is added to `residual`.
    fn forward(&self, x: &Tensor, residual: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let gated = kernels::geglu(&self.gated.forward(x)?)?;
        pass.seen_in(&self.path, "net.0", &gated);
        self.out.forward_onto(&gated, residual, &self.path, pass)
    }
}
