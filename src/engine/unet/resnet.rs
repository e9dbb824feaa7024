//! Residual blocks, down- and up-samplers, shared by the UNet and the VAE.

use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::{Conv2d, GroupNorm, Linear};
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// Norm, SiLU, convolution, twice, with the time embedding added in between
/// and the input added at the end.
#[derive(Debug, Clone)]
pub struct ResnetBlock {
    path: String,
    norm1: GroupNorm,
    conv1: Conv2d,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    conv_shortcut: Option<Conv2d>,
}

/// The shape of a residual block.
#[derive(Debug, Clone, Copy)]
pub struct ResnetShape {
    /// Channels that enter.
    pub inputs: usize,
    /// Channels that leave.
    pub outputs: usize,
    /// Width of the time embedding; `None` in the VAE.
    pub time_dim: Option<usize>,
    /// Groups of the norms.
    pub groups: usize,
    /// Epsilon of the norms.
    pub eps: f64,
}

impl ResnetBlock {
    /// Loads a block.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, shape: ResnetShape) -> Result<Self> {
        let ResnetShape { inputs, outputs, time_dim, groups, eps } = shape;
        let time = |dim| Linear::load(&vars.at("time_emb_proj"), dim, outputs, true);
        let shortcut = || Conv2d::load(&vars.at("conv_shortcut"), inputs, outputs, 1);
        Ok(Self {
            path: vars.prefix().to_owned(),
            norm1: GroupNorm::load(&vars.at("norm1"), inputs, groups, eps)?,
            conv1: Conv2d::load(&vars.at("conv1"), inputs, outputs, 3)?,
            time_emb_proj: time_dim.map(time).transpose()?,
            norm2: GroupNorm::load(&vars.at("norm2"), outputs, groups, eps)?,
            conv2: Conv2d::load(&vars.at("conv2"), outputs, outputs, 3)?,
            conv_shortcut: (inputs != outputs).then(shortcut).transpose()?,
        })
    }

    /// x (rows, inputs, height, width); `time` (rows, time_dim) has had its
    /// SiLU, which is the same for every block.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, time: Option<&Tensor>, pass: Pass) -> TensorResult<Tensor> {
        let partners = pass.partners();
        let normed = self.norm1.forward_silu(x, partners)?;
        let hidden = match (&self.time_emb_proj, time) {
            (Some(projection), Some(time)) => {
                self.conv1.forward_shifted(&normed, &projection.forward(time)?)?
            }
            _ => self.conv1.forward(&normed)?,
        };
        let hidden = self.norm2.forward_silu(&hidden, partners)?;
        let hidden = match &self.conv_shortcut {
            Some(shortcut) => self.conv2.forward_onto(&hidden, &shortcut.forward(x)?)?,
            None => self.conv2.forward_onto(&hidden, x)?,
        };
        pass.seen(&self.path, &hidden);
        Ok(hidden)
    }
}

/// Halves the sides.
#[derive(Debug, Clone)]
pub struct Downsampler {
    path: String,
    conv: Conv2d,
    pad_right_bottom: bool,
}

impl Downsampler {
    /// The UNet's: padded by one on every side.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, channels: usize) -> Result<Self> {
        let conv = Conv2d::load_strided(&vars.at("conv"), channels, channels, 3, 2, 1)?;
        Ok(Self { path: vars.prefix().to_owned(), conv, pad_right_bottom: false })
    }

    /// The VAE encoder's: padded by one on the right and at the bottom.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load_asymmetric(vars: &Vars, channels: usize) -> Result<Self> {
        let conv = Conv2d::load_strided(&vars.at("conv"), channels, channels, 3, 2, 0)?;
        Ok(Self { path: vars.prefix().to_owned(), conv, pad_right_bottom: true })
    }

    /// x (rows, channels, height, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let out = if self.pad_right_bottom {
            let padded = x.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?;
            self.conv.forward(&padded)?
        } else {
            self.conv.forward(x)?
        };
        pass.seen(&self.path, &out);
        Ok(out)
    }
}

/// Doubles the sides, or brings them to a given size.
#[derive(Debug, Clone)]
pub struct Upsampler {
    path: String,
    conv: Conv2d,
}

impl Upsampler {
    /// Loads an up-sampler.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, channels: usize) -> Result<Self> {
        let conv = Conv2d::load(&vars.at("conv"), channels, channels, 3)?;
        Ok(Self { path: vars.prefix().to_owned(), conv })
    }

    /// x (rows, channels, height, width) to `size` (height, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, size: (usize, usize), pass: Pass) -> TensorResult<Tensor> {
        let out = self.conv.forward(&kernels::upsample_nearest(x, size.0, size.1)?)?;
        pass.seen(&self.path, &out);
        Ok(out)
    }
}
