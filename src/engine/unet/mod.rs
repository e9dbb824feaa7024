//! The denoising UNet of SD 1.5 and SDXL, built from its diffusers configuration.
//!
//! Module names and their order follow the reference implementation, so that
//! the two can be read side by side.

mod attention;
mod blocks;
mod config;
mod embeddings;
mod raw;
mod resnet;
mod transformer;

pub use attention::Attention;
pub use blocks::{Conditioning, DownBlock, MidBlock, skip_channels};
pub use config::{Level, TextTime, UNetConfig};
pub use embeddings::{EmbeddingMlp, StepEmbedding, sinusoids, text_time_input};
pub use resnet::{Downsampler, ResnetBlock, ResnetShape, Upsampler};

use super::control::Residuals;
use super::error::Result;
use super::kernels;
use super::layers::{Conv2d, GroupNorm};
use super::pass::Pass;
use super::weights::Vars;
use blocks::UpBlock;
use candle_core::{Result as TensorResult, Tensor};

/// What a forward pass is conditioned on besides the timestep.
#[derive(Debug, Clone)]
pub struct UNetInput {
    /// Text (rows, tokens, width).
    pub context: Tensor,
    /// SDXL's pooled text (rows, width) and time ids, one set a row.
    pub added: Option<(Tensor, Vec<[f64; 6]>)>,
}

/// The network that predicts noise.
#[derive(Debug, Clone)]
pub struct UNet {
    config: UNetConfig,
    conv_in: Conv2d,
    time: StepEmbedding,
    down: Vec<DownBlock>,
    mid: MidBlock,
    up: Vec<UpBlock>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl UNet {
    /// Loads the network.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: UNetConfig) -> Result<Self> {
        let (first, levels) = (config.levels[0].channels, config.levels.len());
        let mut next = 0;
        // Down, up, middle: the order in which self-attention layers are numbered.
        let down = (0..levels)
            .map(|i| DownBlock::load(&vars.at("down_blocks").at(i), &config, i, &mut next))
            .collect::<Result<_>>()?;
        let up = (0..levels)
            .map(|i| UpBlock::load(&vars.at("up_blocks").at(i), &config, i, &mut next))
            .collect::<Result<_>>()?;
        let mid = MidBlock::load(&vars.at("mid_block"), &config, &mut next)?;
        Ok(Self {
            conv_in: Conv2d::load(&vars.at("conv_in"), config.in_channels, first, 3)?,
            time: StepEmbedding::load(vars, &config)?,
            conv_norm_out: GroupNorm::load(
                &vars.at("conv_norm_out"),
                first,
                config.groups,
                config.norm_eps,
            )?,
            conv_out: Conv2d::load(&vars.at("conv_out"), first, config.out_channels, 3)?,
            down,
            mid,
            up,
            config,
        })
    }

    /// The network's shape.
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// Predicts noise (or velocity) for latents (rows, channels, height, width);
    /// what a control net adds goes to the skip connections and the middle.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        control: Option<&Residuals>,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        pass.run(latents.device(), |pass| self.predict(latents, timestep, input, control, pass))
    }

    fn predict(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        control: Option<&Residuals>,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let time = kernels::silu(&self.time.forward(latents, timestep, input, pass)?)?;
        let given = Conditioning { time: &time, context: &input.context };
        let mut hidden = self.conv_in.forward(latents)?;
        pass.seen("conv_in", &hidden);
        let mut skips = vec![hidden.clone()];
        for block in &self.down {
            hidden = block.forward(&hidden, given, &mut skips, pass)?;
        }
        hidden = self.mid.forward(&hidden, given, pass)?;
        if let Some(control) = control {
            hidden = kernels::add(&hidden, &control.mid)?;
            for (skip, residual) in skips.iter_mut().zip(&control.down) {
                *skip = kernels::add(skip, residual)?;
            }
        }
        for block in &self.up {
            hidden = block.forward(&hidden, given, &mut skips, pass)?;
        }
        self.leave(&hidden, pass)
    }

    fn leave(&self, hidden: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        if pass.probe.is_some() {
            pass.seen("conv_norm_out", &self.conv_norm_out.forward(hidden, pass.partners())?);
        }
        let hidden = self.conv_norm_out.forward_silu(hidden, pass.partners())?;
        self.conv_out.forward(&hidden)?.contiguous()
    }
}
