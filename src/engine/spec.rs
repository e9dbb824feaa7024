//! The configurations of a model, read before any weight is.

use super::config::ConfigFile;
use super::cost;
use super::error::{EngineError, Result};
use super::schedule::SchedulerConfig;
use super::unet::UNetConfig;
use super::vae::VaeConfig;
use crate::models::ModelFolder;
use crate::recipe::{SchedulerChoice, Size};

/// Which way a model is conditioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// One text encoder: SD 1.x.
    Sd15,
    /// Two encoders, pooled text and sizes: SDXL and the embedded model.
    Sdxl,
}

/// A model's configurations.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// How it is conditioned.
    pub family: Family,
    /// The UNet.
    pub unet: UNetConfig,
    /// The VAE.
    pub vae: VaeConfig,
    scheduler: ConfigFile,
}

impl ModelSpec {
    /// SDXL base as it is published, for measuring its shapes without its weights.
    ///
    /// # Errors
    /// When this engine does not have what it asks for.
    pub fn sdxl_base() -> Result<Self> {
        let file = |name: &str, text: &str| {
            let unreadable = |e: serde_json::Error| EngineError::Config {
                file: name.to_owned(),
                message: e.to_string(),
            };
            Ok::<_, EngineError>(ConfigFile::new(
                name,
                serde_json::from_str(text).map_err(unreadable)?,
            ))
        };
        let unet = file("sdxl-unet.json", include_str!("shapes/sdxl-unet.json"))?;
        let vae = file("sdxl-vae.json", include_str!("shapes/sdxl-vae.json"))?;
        Ok(Self {
            family: Family::Sdxl,
            unet: UNetConfig::parse(&unet)?,
            vae: VaeConfig::parse(&vae)?,
            scheduler: file("sdxl-scheduler.json", include_str!("shapes/sdxl-scheduler.json"))?,
        })
    }

    /// Reads the configurations of a model.
    ///
    /// # Errors
    /// When one is missing, malformed or not supported.
    pub fn read(folder: &ModelFolder) -> Result<Self> {
        let file = |name: &str| Ok::<_, EngineError>(ConfigFile::new(name, folder.json(name)?));
        let unet_file = file("unet/config.json")?;
        let unet = UNetConfig::parse(&unet_file)?;
        let vae = VaeConfig::parse(&file("vae/config.json")?)?;
        let family = if unet.text_time.is_some() { Family::Sdxl } else { Family::Sd15 };
        if unet.in_channels != vae.latent_channels || unet.out_channels != vae.latent_channels {
            return Err(unet_file.fault(format!(
                "takes {} and gives {} latent channels, but the VAE has {}",
                unet.in_channels, unet.out_channels, vae.latent_channels
            )));
        }
        if (family == Family::Sdxl) != folder.has("text_encoder_2") {
            return Err(unet_file.fault("does not fit the number of text encoders in this folder"));
        }
        Ok(Self { family, unet, vae, scheduler: file("scheduler/scheduler_config.json")? })
    }

    /// The sampler's configuration with the recipe's changes.
    ///
    /// # Errors
    /// When it is not supported.
    pub fn scheduler(&self, choice: SchedulerChoice) -> Result<SchedulerConfig> {
        SchedulerConfig::parse(&self.scheduler, choice)
    }

    /// The latents' (channels, height, width) for pictures of a size.
    ///
    /// # Errors
    /// When a side is not a whole number of latent cells.
    pub fn latents(&self, size: Size) -> Result<(usize, usize, usize)> {
        let factor = self.vae.factor();
        let side = |name: &str, pixels: u32| match pixels as usize {
            n if n > 0 && n % factor == 0 => Ok(n / factor),
            n => Err(EngineError::Unfit(format!(
                "a {name} of {n} is not divisible by {factor}; {} and {} are",
                (n / factor).max(1) * factor,
                (n / factor + 1) * factor
            ))),
        };
        let (height, width) = (side("height", size.height)?, side("width", size.width)?);
        if height * width * self.vae.latent_channels < 16 {
            return Err(EngineError::Unfit("the pictures are too small".into()));
        }
        Ok((self.vae.latent_channels, height, width))
    }

    /// Multiply-adds of one row of latents through the UNet, with `tokens` of
    /// text; `keys` is how many times its own tokens each one attends to.
    pub fn unet_macs(&self, latents: (usize, usize, usize), tokens: usize, keys: f64) -> u64 {
        cost::unet_row(&self.unet, latents.1, latents.2, tokens, keys).macs
    }

    /// Multiply-adds of decoding one picture.
    pub fn decode_macs(&self, latents: (usize, usize, usize)) -> u64 {
        cost::decode(&self.vae, latents.1, latents.2).macs
    }

    /// The picture size that the model was trained for.
    pub fn native_size(&self) -> Size {
        let side = self.unet.sample_size.unwrap_or(64) * self.vae.factor();
        let side = u32::try_from(side).unwrap_or(512);
        Size { width: side, height: side }
    }
}
