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
pub use blocks::Conditioning;
pub use config::{Level, TextTime, UNetConfig};
pub use embeddings::{EmbeddingMlp, sinusoids, text_time_input};
pub use resnet::{Downsampler, ResnetBlock, ResnetShape, Upsampler};

use super::error::Result;
use super::kernels;
use super::layers::{Conv2d, GroupNorm};
use super::pass::Pass;
use super::weights::Vars;
use blocks::{DownBlock, MidBlock, UpBlock};
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
    time_embedding: EmbeddingMlp,
    add_embedding: Option<EmbeddingMlp>,
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
        let (first, levels, time_dim) =
            (config.levels[0].channels, config.levels.len(), config.time_dim());
        let mut next = 0;
        // Down, up, middle: the order in which self-attention layers are numbered.
        let down = (0..levels)
            .map(|i| DownBlock::load(&vars.at("down_blocks").at(i), &config, i, &mut next))
            .collect::<Result<_>>()?;
        let up = (0..levels)
            .map(|i| UpBlock::load(&vars.at("up_blocks").at(i), &config, i, &mut next))
            .collect::<Result<_>>()?;
        let mid = MidBlock::load(&vars.at("mid_block"), &config, &mut next)?;
        let added =
            |t: &TextTime| EmbeddingMlp::load(&vars.at("add_embedding"), t.input_dim, time_dim);
        Ok(Self {
            conv_in: Conv2d::load(&vars.at("conv_in"), config.in_channels, first, 3)?,
            time_embedding: EmbeddingMlp::load(&vars.at("time_embedding"), first, time_dim)?,
            add_embedding: config.text_time.as_ref().map(added).transpose()?,
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

    /// Predicts noise (or velocity) for latents (rows, channels, height, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        pass.run(latents.device(), |pass| self.predict(latents, timestep, input, pass))
    }

    fn predict(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let time = kernels::silu(&self.embed(latents, timestep, input, pass)?)?;
        let given = Conditioning { time: &time, context: &input.context };
        let mut hidden = self.conv_in.forward(latents)?;
        pass.seen("conv_in", &hidden);
        let mut skips = vec![hidden.clone()];
        for block in &self.down {
            hidden = block.forward(&hidden, given, &mut skips, pass)?;
        }
        hidden = self.mid.forward(&hidden, given, pass)?;
        for block in &self.up {
            hidden = block.forward(&hidden, given, &mut skips, pass)?;
        }
        self.leave(&hidden, pass)
    }

    /// The embedding of the timestep, of sizes and pooled text, before SiLU
    /// (rows, width).
    ///
    /// # Errors
    /// When the shapes do not fit, or the added conditioning is missing.
    pub fn embed(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let UNetConfig { flip_sin_to_cos: flip, freq_shift: shift, .. } = self.config;
        let dim = self.config.levels[0].channels;
        let (device, dtype) = (latents.device(), latents.dtype());
        let sinusoids =
            embeddings::timestep_rows(timestep, latents.dim(0)?, dim, flip, shift, device, dtype)?;
        let time = self.time_embedding.forward(&sinusoids)?;
        pass.seen("time_embedding", &time);
        let (Some(mlp), Some(text_time)) = (&self.add_embedding, &self.config.text_time) else {
            return Ok(time);
        };
        let Some((pooled, time_ids)) = &input.added else {
            candle_core::bail!("this UNet needs pooled text and time ids");
        };
        let added =
            mlp.forward(&text_time_input(pooled, time_ids, text_time.id_dim, flip, shift)?)?;
        pass.seen("add_embedding", &added);
        time + added
    }

    fn leave(&self, hidden: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        if pass.probe.is_some() {
            pass.seen("conv_norm_out", &self.conv_norm_out.forward(hidden, pass.partners())?);
        }
        let hidden = self.conv_norm_out.forward_silu(hidden, pass.partners())?;
        self.conv_out.forward(&hidden)?.contiguous()
    }
}
