//! The VAE's configuration in the diffusers format.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use serde::Deserialize;
use serde_json::json;

/// A VAE's shape.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct VaeConfig {
    /// Colour channels.
    #[serde(default = "three")]
    pub in_channels: usize,
    /// Colour channels.
    #[serde(default = "three")]
    pub out_channels: usize,
    /// Channels of the latents.
    #[serde(default = "four")]
    pub latent_channels: usize,
    /// Width of each level, outermost first.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks in each level of the encoder; the decoder has one more.
    #[serde(default = "one")]
    pub layers_per_block: usize,
    /// Groups of every group norm.
    #[serde(default = "groups")]
    pub norm_num_groups: usize,
    /// Latents are multiplied by this after encoding.
    #[serde(default = "scaling")]
    pub scaling_factor: f64,
    /// A 1 x 1 convolution behind the encoder.
    #[serde(default = "yes")]
    pub use_quant_conv: bool,
    /// A 1 x 1 convolution before the decoder.
    #[serde(default = "yes")]
    pub use_post_quant_conv: bool,
    /// Attention in the middle.
    #[serde(default = "yes")]
    pub mid_block_add_attention: bool,
}

fn one() -> usize {
    1
}
fn three() -> usize {
    3
}
fn four() -> usize {
    4
}
fn groups() -> usize {
    32
}
fn scaling() -> f64 {
    0.18215
}
fn yes() -> bool {
    true
}

impl VaeConfig {
    /// Reads `vae/config.json`.
    ///
    /// # Errors
    /// When a field is missing, out of range, or asks for something that this
    /// engine does not have.
    pub fn parse(file: &ConfigFile) -> Result<Self> {
        file.accept("_class_name", &[json!("AutoencoderKL")])?;
        file.accept("act_fn", &[json!("silu"), json!("swish")])?;
        file.accept("latents_mean", &[])?;
        file.accept("latents_std", &[])?;
        file.accept("shift_factor", &[json!(0.0), json!(0)])?;
        let config: Self = file.parse()?;
        config.check(file)?;
        check_blocks(file, config.block_out_channels.len())?;
        Ok(config)
    }

    /// Pixels to a latent cell along each side.
    pub fn factor(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }

    fn check(&self, file: &ConfigFile) -> Result<()> {
        let widths = &self.block_out_channels;
        let fits = |c: &usize| {
            self.norm_num_groups > 0
                && c.is_multiple_of(self.norm_num_groups)
                && (1..=16_384).contains(c)
        };
        if widths.is_empty() || widths.len() > 8 || !widths.iter().all(fits) {
            return Err(file.fault(format!(
                "block_out_channels {widths:?} with {} norm groups",
                self.norm_num_groups
            )));
        }
        if self.in_channels != 3
            || self.out_channels != 3
            || !(1..=64).contains(&self.latent_channels)
        {
            return Err(
                file.fault("only VAEs of three colours and 1 to 64 latent channels are supported")
            );
        }
        if !(self.scaling_factor.is_finite() && self.scaling_factor > 0.0) {
            return Err(file.fault(format!("scaling_factor = {}", self.scaling_factor)));
        }
        Ok(())
    }
}

fn check_blocks(file: &ConfigFile, levels: usize) -> Result<()> {
    file.accept("down_block_types", &[json!(vec!["DownEncoderBlock2D"; levels])])?;
    file.accept("up_block_types", &[json!(vec!["UpDecoderBlock2D"; levels])])
}
