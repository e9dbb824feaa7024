//! The variational autoencoder between pictures and latents.

mod attention;
mod blocks;
mod config;
mod preview;

pub use config::VaeConfig;
pub use preview::LatentColours;

use super::error::Result;
use super::layers::Conv2d;
use super::pass::Pass;
use super::weights::Vars;
use blocks::{Decoder, Encoder};
use candle_core::{Result as TensorResult, Tensor};

/// The distribution of a picture's latents, before scaling.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// Mean (rows, channels, height, width).
    pub mean: Tensor,
    /// Logarithm of the variance, kept between −30 and 20.
    pub logvar: Tensor,
}

/// Encoder and decoder.
#[derive(Debug, Clone)]
pub struct Vae {
    config: VaeConfig,
    encoder: Encoder,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
    decoder: Decoder,
}

impl Vae {
    /// Loads both halves.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: VaeConfig) -> Result<Self> {
        let channels = config.latent_channels;
        let quant = || Conv2d::load(&vars.at("quant_conv"), channels * 2, channels * 2, 1);
        let post = || Conv2d::load(&vars.at("post_quant_conv"), channels, channels, 1);
        Ok(Self {
            encoder: Encoder::load(&vars.at("encoder"), &config)?,
            quant_conv: config.use_quant_conv.then(quant).transpose()?,
            post_quant_conv: config.use_post_quant_conv.then(post).transpose()?,
            decoder: Decoder::load(&vars.at("decoder"), &config)?,
            config,
        })
    }

    /// The VAE's shape.
    pub fn config(&self) -> &VaeConfig {
        &self.config
    }

    /// Pictures (rows, 3, height, width) in −1 to 1 to their posterior.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn posterior(&self, pictures: &Tensor, pass: Pass) -> TensorResult<Posterior> {
        let mut moments = self.encoder.forward(pictures, pass)?;
        if let Some(conv) = &self.quant_conv {
            moments = conv.forward(&moments)?;
            pass.seen("quant_conv", &moments);
        }
        let channels = self.config.latent_channels;
        let logvar = moments.narrow(1, channels, channels)?.clamp(-30f32, 20f32)?;
        Ok(Posterior { mean: moments.narrow(1, 0, channels)?.contiguous()?, logvar })
    }

    /// Pictures to latents as the UNet takes them: the posterior's mean, scaled.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn encode(&self, pictures: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        self.posterior(pictures, pass)?.mean * self.config.scaling_factor
    }

    /// Latents of the UNet to pictures (rows, 3, height, width), roughly −1 to 1.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn decode(&self, latents: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        pass.run(latents.device(), |pass| self.picture(latents, pass))
    }

    fn picture(&self, latents: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let mut hidden = (latents / self.config.scaling_factor)?;
        if let Some(conv) = &self.post_quant_conv {
            hidden = conv.forward(&hidden)?;
            pass.seen("post_quant_conv", &hidden);
        }
        self.decoder.forward(&hidden, pass)
    }
}
