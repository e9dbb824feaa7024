//! The two halves of the VAE.

use super::attention::VaeAttention;
use super::config::VaeConfig;
use crate::engine::error::Result;
use crate::engine::layers::{Conv2d, GroupNorm};
use crate::engine::pass::Pass;
use crate::engine::unet::{Downsampler, ResnetBlock, ResnetShape, Upsampler};
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// Epsilon of every norm in the VAE.
const EPS: f64 = 1e-6;

fn resnet(vars: &Vars, config: &VaeConfig, inputs: usize, outputs: usize) -> Result<ResnetBlock> {
    let groups = config.norm_num_groups;
    ResnetBlock::load(vars, ResnetShape { inputs, outputs, time_dim: None, groups, eps: EPS })
}

/// `count` residual blocks, the first of which changes the width.
fn resnets(
    vars: &Vars,
    config: &VaeConfig,
    count: usize,
    inputs: usize,
    outputs: usize,
) -> Result<Vec<ResnetBlock>> {
    let one = |i: usize| {
        let inputs = if i == 0 { inputs } else { outputs };
        resnet(&vars.at("resnets").at(i), config, inputs, outputs)
    };
    (0..count).map(one).collect()
}

/// Residual block, attention, residual block.
#[derive(Debug, Clone)]
struct MidBlock {
    path: String,
    first: ResnetBlock,
    attention: Option<VaeAttention>,
    second: ResnetBlock,
}

impl MidBlock {
    fn load(vars: &Vars, config: &VaeConfig, channels: usize) -> Result<Self> {
        let attention =
            || VaeAttention::load(&vars.at("attentions.0"), channels, config.norm_num_groups, EPS);
        Ok(Self {
            path: vars.prefix().to_owned(),
            first: resnet(&vars.at("resnets.0"), config, channels, channels)?,
            attention: config.mid_block_add_attention.then(attention).transpose()?,
            second: resnet(&vars.at("resnets.1"), config, channels, channels)?,
        })
    }

    fn forward(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let mut hidden = self.first.forward(x, None, pass)?;
        if let Some(attention) = &self.attention {
            hidden = attention.forward(&hidden, pass)?;
        }
        let out = self.second.forward(&hidden, None, pass)?;
        pass.seen(&self.path, &out);
        Ok(out)
    }
}

/// A level of the encoder.
#[derive(Debug, Clone)]
struct EncoderLevel {
    path: String,
    resnets: Vec<ResnetBlock>,
    downsampler: Option<Downsampler>,
}

/// Pictures to the parameters of a latent distribution.
#[derive(Debug, Clone)]
pub struct Encoder {
    conv_in: Conv2d,
    levels: Vec<EncoderLevel>,
    mid: MidBlock,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Encoder {
    /// Loads the encoder.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &VaeConfig) -> Result<Self> {
        let widths = &config.block_out_channels;
        let last = widths.len() - 1;
        let level = |i: usize| {
            let vars = vars.at("down_blocks").at(i);
            let inputs = widths[i.saturating_sub(1)];
            let sampler = || Downsampler::load_asymmetric(&vars.at("downsamplers.0"), widths[i]);
            Ok(EncoderLevel {
                path: vars.prefix().to_owned(),
                resnets: resnets(&vars, config, config.layers_per_block, inputs, widths[i])?,
                downsampler: (i < last).then(sampler).transpose()?,
            })
        };
        Ok(Self {
            conv_in: Conv2d::load(&vars.at("conv_in"), config.in_channels, widths[0], 3)?,
            levels: (0..=last).map(level).collect::<Result<_>>()?,
            mid: MidBlock::load(&vars.at("mid_block"), config, widths[last])?,
            conv_norm_out: GroupNorm::load(
                &vars.at("conv_norm_out"),
                widths[last],
                config.norm_num_groups,
                EPS,
            )?,
            conv_out: Conv2d::load(
                &vars.at("conv_out"),
                widths[last],
                config.latent_channels * 2,
                3,
            )?,
        })
    }

    /// x (rows, 3, height, width) to (rows, 2 · latent channels, height / factor, width / factor).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let mut hidden = self.conv_in.forward(x)?;
        pass.seen("encoder.conv_in", &hidden);
        for level in &self.levels {
            for resnet in &level.resnets {
                hidden = resnet.forward(&hidden, None, pass)?;
            }
            if let Some(downsampler) = &level.downsampler {
                hidden = downsampler.forward(&hidden, pass)?;
            }
            pass.seen(&level.path, &hidden);
        }
        hidden = self.mid.forward(&hidden, pass)?;
        leave(&self.conv_norm_out, &self.conv_out, &hidden, "encoder", pass)
    }
}

/// A level of the decoder.
#[derive(Debug, Clone)]
struct DecoderLevel {
    path: String,
    resnets: Vec<ResnetBlock>,
    upsampler: Option<Upsampler>,
}

/// Latents to pictures.
#[derive(Debug, Clone)]
pub struct Decoder {
    conv_in: Conv2d,
    mid: MidBlock,
    levels: Vec<DecoderLevel>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Decoder {
    /// Loads the decoder.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &VaeConfig) -> Result<Self> {
        let widths: Vec<usize> = config.block_out_channels.iter().rev().copied().collect();
        let last = widths.len() - 1;
        let level = |i: usize| {
            let vars = vars.at("up_blocks").at(i);
            let inputs = widths[i.saturating_sub(1)];
            let sampler = || Upsampler::load(&vars.at("upsamplers.0"), widths[i]);
            Ok(DecoderLevel {
                path: vars.prefix().to_owned(),
                resnets: resnets(&vars, config, config.layers_per_block + 1, inputs, widths[i])?,
                upsampler: (i < last).then(sampler).transpose()?,
            })
        };
        Ok(Self {
            conv_in: Conv2d::load(&vars.at("conv_in"), config.latent_channels, widths[0], 3)?,
            mid: MidBlock::load(&vars.at("mid_block"), config, widths[0])?,
            levels: (0..=last).map(level).collect::<Result<_>>()?,
            conv_norm_out: GroupNorm::load(
                &vars.at("conv_norm_out"),
                widths[last],
                config.norm_num_groups,
                EPS,
            )?,
            conv_out: Conv2d::load(&vars.at("conv_out"), widths[last], config.out_channels, 3)?,
        })
    }

    /// x (rows, latent channels, height, width) to (rows, 3, height · factor, width · factor).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let mut hidden = self.conv_in.forward(x)?;
        pass.seen("decoder.conv_in", &hidden);
        hidden = self.mid.forward(&hidden, pass)?;
        for level in &self.levels {
            for resnet in &level.resnets {
                hidden = resnet.forward(&hidden, None, pass)?;
            }
            if let Some(upsampler) = &level.upsampler {
                let (_, _, height, width) = hidden.dims4()?;
                hidden = upsampler.forward(&hidden, (height * 2, width * 2), pass)?;
            }
            pass.seen(&level.path, &hidden);
        }
        leave(&self.conv_norm_out, &self.conv_out, &hidden, "decoder", pass)
    }
}

fn leave(
    norm: &GroupNorm,
    conv: &Conv2d,
    hidden: &Tensor,
    half: &str,
    pass: Pass,
) -> TensorResult<Tensor> {
    if pass.probe.is_some() {
        pass.seen_in(half, "conv_norm_out", &norm.forward(hidden, None)?);
    }
    let out = conv.forward(&norm.forward_silu(hidden, None)?)?.contiguous()?;
    pass.seen_in(half, "conv_out", &out);
    Ok(out)
}
