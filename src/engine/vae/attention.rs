//! The VAE's one attention layer: a single head over all pixels.

use crate::engine::error::Result;
use crate::engine::kernels::{self, KeySource};
use crate::engine::layers::{GroupNorm, Linear};
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// Group norm, single-head self-attention, and the input added.
#[derive(Debug, Clone)]
pub struct VaeAttention {
    path: String,
    group_norm: GroupNorm,
    qkv: [Linear; 3],
    to_out: Linear,
}

impl VaeAttention {
    /// Loads the layer under its present names or the old ones (`query`,
    /// `key`, `value`, `proj_attn`), with linear or 1 x 1 convolution weights.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, channels: usize, groups: usize, eps: f64) -> Result<Self> {
        let names = match vars.has("query.weight") {
            true => ["query", "key", "value", "proj_attn"],
            false => ["to_q", "to_k", "to_v", "to_out.0"],
        };
        let layer = |name: &str| {
            let vars = vars.at(name);
            Linear::load(&vars, channels, channels, true).or_else(|error| {
                Linear::load_pointwise(&vars, channels, channels).map_err(|_| error)
            })
        };
        Ok(Self {
            path: vars.prefix().to_owned(),
            group_norm: GroupNorm::load(&vars.at("group_norm"), channels, groups, eps)?,
            qkv: [layer(names[0])?, layer(names[1])?, layer(names[2])?],
            to_out: layer(names[3])?,
        })
    }

    /// x (rows, channels, height, width).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, pass: Pass) -> TensorResult<Tensor> {
        let (rows, _, height, width) = x.dims4()?;
        let tokens = kernels::tokens(&self.group_norm.forward(x, None)?)?;
        let [q, k, v] = &self.qkv;
        let own: Vec<_> = (0..rows).map(|row| vec![KeySource::own(row)]).collect();
        let (q, k, v) = (q.forward(&tokens)?, k.forward(&tokens)?, v.forward(&tokens)?);
        let mixed = self.to_out.forward(&kernels::attention(&q, &k, &v, 1, &own)?)?;
        let out = kernels::add(&kernels::feature_map(&mixed, height, width)?, x)?;
        pass.seen(&self.path, &out);
        Ok(out)
    }
}
