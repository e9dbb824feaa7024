//! Levels of the UNet: residual blocks, each with a transformer where the
//! level attends, and a sampler at the end.

use super::config::{Level, UNetConfig};
use super::resnet::{Downsampler, ResnetBlock, ResnetShape, Upsampler};
use super::transformer::{Transformer, TransformerShape};
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// What every block of one forward pass is given besides its input.
#[derive(Clone, Copy)]
pub struct Conditioning<'a> {
    /// The time embedding after SiLU (rows, width).
    pub time: &'a Tensor,
    /// The text (rows, tokens, width).
    pub context: &'a Tensor,
}

/// A residual block and, where the level attends, its transformer.
#[derive(Debug, Clone)]
struct Layer {
    resnet: ResnetBlock,
    attention: Option<Transformer>,
}

impl Layer {
    fn forward(&self, x: &Tensor, given: Conditioning, pass: Pass) -> TensorResult<Tensor> {
        let hidden = self.resnet.forward(x, Some(given.time), pass)?;
        match &self.attention {
            Some(attention) => attention.forward(&hidden, given.context, pass),
            None => Ok(hidden),
        }
    }
}

/// A level on the way down.
#[derive(Debug, Clone)]
pub struct DownBlock {
    layers: Vec<Layer>,
    downsampler: Option<Downsampler>,
}

impl DownBlock {
    /// Loads level `index`; `next` counts self-attention layers.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &UNetConfig, index: usize, next: &mut usize) -> Result<Self> {
        let level = &config.levels[index];
        let before = config.levels[index.saturating_sub(1)].channels;
        let layer = |i: usize| {
            let inputs = if i == 0 { before } else { level.channels };
            load_layer(vars, config, level, i, inputs, level.down_transformers, next)
        };
        let layers = (0..level.layers).map(layer).collect::<Result<_>>()?;
        let last = index + 1 == config.levels.len();
        let sampler = || Downsampler::load(&vars.at("downsamplers.0"), level.channels);
        Ok(Self { layers, downsampler: (!last).then(sampler).transpose()? })
    }

    /// Pushes every output that the way up takes back.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        x: &Tensor,
        given: Conditioning,
        skips: &mut Vec<Tensor>,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let mut hidden = x.clone();
        for layer in &self.layers {
            hidden = layer.forward(&hidden, given, pass)?;
            skips.push(hidden.clone());
        }
        if let Some(downsampler) = &self.downsampler {
            hidden = downsampler.forward(&hidden, pass)?;
            skips.push(hidden.clone());
        }
        Ok(hidden)
    }
}

/// The innermost part: residual block, transformer, residual block.
#[derive(Debug, Clone)]
pub struct MidBlock {
    first: ResnetBlock,
    attention: Transformer,
    second: ResnetBlock,
}

impl MidBlock {
    /// Loads the middle; `next` counts self-attention layers.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &UNetConfig, next: &mut usize) -> Result<Self> {
        let channels = config.levels[config.levels.len() - 1].channels;
        let shape = resnet_shape(config, channels, channels);
        let attention =
            transformer_shape(config, channels, config.mid_heads, config.mid_transformers);
        Ok(Self {
            first: ResnetBlock::load(&vars.at("resnets.0"), shape)?,
            attention: Transformer::load(&vars.at("attentions.0"), attention, next)?,
            second: ResnetBlock::load(&vars.at("resnets.1"), shape)?,
        })
    }

    /// x (rows, channels, height, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, given: Conditioning, pass: Pass) -> TensorResult<Tensor> {
        let hidden = self.first.forward(x, Some(given.time), pass)?;
        let hidden = self.attention.forward(&hidden, given.context, pass)?;
        self.second.forward(&hidden, Some(given.time), pass)
    }
}

/// A level on the way up.
#[derive(Debug, Clone)]
pub struct UpBlock {
    layers: Vec<Layer>,
    upsampler: Option<Upsampler>,
}

impl UpBlock {
    /// Loads the `index`-th block of the way up, which is the level of that
    /// number from the innermost; `next` counts self-attention layers.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &UNetConfig, index: usize, next: &mut usize) -> Result<Self> {
        let number = config.levels.len() - 1 - index;
        let level = &config.levels[number];
        // What comes from below has the width of the next level in, and the
        // skip connections have the widths of the way down, last one first.
        let below = config.levels.get(number + 1).unwrap_or(level).channels;
        let outer = config.levels[number.saturating_sub(1)].channels;
        let layer = |i: usize| {
            let hidden = if i == 0 { below } else { level.channels };
            let skip = if i == level.layers { outer } else { level.channels };
            load_layer(vars, config, level, i, hidden + skip, level.up_transformers, next)
        };
        let layers = (0..=level.layers).map(layer).collect::<Result<_>>()?;
        let sampler = || Upsampler::load(&vars.at("upsamplers.0"), level.channels);
        Ok(Self { layers, upsampler: (number > 0).then(sampler).transpose()? })
    }

    /// Takes its skip connections off the end of `skips`.
    ///
    /// # Errors
    /// When the shapes do not fit or a skip connection is missing.
    pub fn forward(
        &self,
        x: &Tensor,
        given: Conditioning,
        skips: &mut Vec<Tensor>,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let mut hidden = x.clone();
        for layer in &self.layers {
            let Some(skip) = skips.pop() else {
                candle_core::bail!("a skip connection is missing on the way up");
            };
            hidden = layer.forward(&kernels::concat_channels(&hidden, &skip)?, given, pass)?;
        }
        match (&self.upsampler, skips.last()) {
            // Sides that cannot be halved evenly come back through the size of
            // the skip connection.
            (Some(upsampler), Some(next)) => {
                upsampler.forward(&hidden, (next.dim(2)?, next.dim(3)?), pass)
            }
            _ => Ok(hidden),
        }
    }
}

/// Channels of each skip connection, in the order of the way down.
pub fn skip_channels(config: &UNetConfig) -> Vec<usize> {
    let mut channels = vec![config.levels[0].channels];
    for (i, level) in config.levels.iter().enumerate() {
        let sampler = usize::from(i + 1 < config.levels.len());
        channels.extend(vec![level.channels; level.layers + sampler]);
    }
    channels
}

fn load_layer(
    vars: &Vars,
    config: &UNetConfig,
    level: &Level,
    index: usize,
    inputs: usize,
    transformers: usize,
    next: &mut usize,
) -> Result<Layer> {
    let shape = resnet_shape(config, inputs, level.channels);
    let resnet = ResnetBlock::load(&vars.at("resnets").at(index), shape)?;
    let mut attention = || {
        let shape = transformer_shape(config, level.channels, level.heads, transformers);
        Transformer::load(&vars.at("attentions").at(index), shape, next)
    };
    let attention = (transformers > 0).then(&mut attention).transpose()?;
    Ok(Layer { resnet, attention })
}

fn resnet_shape(config: &UNetConfig, inputs: usize, outputs: usize) -> ResnetShape {
    let (groups, eps) = (config.groups, config.norm_eps);
    ResnetShape { inputs, outputs, time_dim: Some(config.time_dim()), groups, eps }
}

fn transformer_shape(
    config: &UNetConfig,
    channels: usize,
    heads: usize,
    blocks: usize,
) -> TransformerShape {
    let (context, groups, linear) = (config.context_dim, config.groups, config.linear_projection);
    TransformerShape { channels, context, heads, blocks, groups, linear }
}
