//! The layers that every network here is made of, over [`kernels`].

use super::error::Result;
use super::kernels;
use super::pass::Pass;
use super::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// An affine map of the last axis.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Loads `weight` (outputs, inputs) and, if asked, `bias`.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, inputs: usize, outputs: usize, bias: bool) -> Result<Self> {
        let bias = if bias { Some(vars.get(&[outputs], "bias")?) } else { None };
        Ok(Self { weight: vars.get(&[outputs, inputs], "weight")?, bias })
    }

    /// A layer over a 1 x 1 convolution's weights (outputs, inputs, 1, 1), as
    /// old checkpoints store the projections of attention.
    pub fn load_pointwise(vars: &Vars, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = vars.get(&[outputs, inputs, 1, 1], "weight")?.reshape((outputs, inputs))?;
        Ok(Self { weight, bias: Some(vars.get(&[outputs], "bias")?) })
    }

    /// x (rows, tokens, inputs) or (rows, inputs).
    pub fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        kernels::linear(x, &self.weight, self.bias.as_ref())
    }

    /// `forward(x) + residual`, in one operation unless somebody watches the sum's first part,
    /// which is then shown by the name of `module`.
    pub fn forward_onto(
        &self,
        x: &Tensor,
        residual: &Tensor,
        module: &str,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        if pass.probe.is_none() {
            return kernels::linear_add(x, &self.weight, self.bias.as_ref(), residual);
        }
        let out = self.forward(x)?;
        pass.seen(module, &out);
        kernels::add(&out, residual)
    }
}

/// A square convolution with zero padding.
#[derive(Debug, Clone)]
pub struct Conv2d {
    weight: Tensor,
    bias: Tensor,
    stride: usize,
    padding: usize,
}

impl Conv2d {
    /// Loads a convolution of stride 1 that keeps the size.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, inputs: usize, outputs: usize, kernel: usize) -> Result<Self> {
        Self::load_strided(vars, inputs, outputs, kernel, 1, kernel / 2)
    }

    /// Loads a convolution with a stride and padding of its own.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load_strided(
        vars: &Vars,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<Self> {
        let weight = kernels::arrange(vars.get(&[outputs, inputs, kernel, kernel], "weight")?)?;
        Ok(Self { weight, bias: vars.get(&[outputs], "bias")?, stride, padding })
    }

    /// x (rows, channels, height, width).
    pub fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        kernels::conv2d(x, &self.weight, Some(&self.bias), self.stride, self.padding)
    }

    /// `forward(x)` with `shift` (rows, channels) added to every pixel.
    pub fn forward_shifted(&self, x: &Tensor, shift: &Tensor) -> TensorResult<Tensor> {
        kernels::conv2d_shift(x, &self.weight, &self.bias, shift, self.stride, self.padding)
    }

    /// `forward(x) + residual`.
    pub fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> TensorResult<Tensor> {
        kernels::conv2d_add(x, &self.weight, &self.bias, residual, self.stride, self.padding)
    }
}

/// Group normalisation over (rows, channels, height, width).
#[derive(Debug, Clone)]
pub struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    groups: usize,
    eps: f64,
}

/// Which rows share their statistics: row `i` pools with row `partners[i]`.
pub type Partners<'a> = Option<&'a [Option<usize>]>;

impl GroupNorm {
    /// Loads scale and offset.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, channels: usize, groups: usize, eps: f64) -> Result<Self> {
        let weight = vars.get(&[channels], "weight")?;
        Ok(Self { weight, bias: vars.get(&[channels], "bias")?, groups, eps })
    }

    /// Normalises.
    pub fn forward(&self, x: &Tensor, partners: Partners) -> TensorResult<Tensor> {
        kernels::group_norm(x, self.groups, &self.weight, &self.bias, self.eps, false, partners)
    }

    /// Normalises and applies SiLU.
    pub fn forward_silu(&self, x: &Tensor, partners: Partners) -> TensorResult<Tensor> {
        kernels::group_norm(x, self.groups, &self.weight, &self.bias, self.eps, true, partners)
    }
}

/// Layer normalisation over the last axis.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// Loads scale and offset.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, channels: usize, eps: f64) -> Result<Self> {
        let weight = vars.get(&[channels], "weight")?;
        Ok(Self { weight, bias: vars.get(&[channels], "bias")?, eps })
    }

    /// x (rows, tokens, channels).
    pub fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        kernels::layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}
