//! DINOv2 (arXiv 2304.07193): patches as tokens, seen at several depths.

use candle_core::{Result as TensorResult, Tensor};

use super::config::Config;
use crate::engine::error::Result;
use crate::engine::kernels::{self, KeySource};
use crate::engine::layers::{LayerNorm, Linear};
use crate::engine::weights::Vars;
use crate::perceive::cubic::taps;

pub(super) struct Backbone {
    class: Tensor,
    /// Of the class (1, 1, width), and of a square of patches (side · side, width).
    class_position: Tensor,
    positions: Vec<f32>,
    side: usize,
    patch: Tensor,
    patch_bias: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
    taken: Vec<usize>,
    size: usize,
}

impl Backbone {
    /// Loads it.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &Config) -> Result<Self> {
        let (width, size) = (config.width, config.patch);
        let side = config.image / size;
        let embeddings = vars.at("embeddings");
        let positions = embeddings.get(&[1, side * side + 1, width], "position_embeddings")?;
        let patch = embeddings.at("patch_embeddings.projection");
        let layer = |i: usize| Layer::load(&vars.at("encoder.layer").at(i), config);
        Ok(Self {
            class: embeddings.get(&[1, 1, width], "cls_token")?,
            class_position: positions.narrow(1, 0, 1)?,
            positions: positions.narrow(1, 1, side * side)?.flatten_all()?.to_vec1()?,
            side,
            patch: patch
                .get(&[width, 3, size, size], "weight")?
                .reshape((width, 3 * size * size))?,
            patch_bias: patch.get(&[width], "bias")?,
            layers: (0..config.layers).map(layer).collect::<Result<_>>()?,
            norm: LayerNorm::load(&vars.at("layernorm"), width, config.eps)?,
            taken: config.taken.clone(),
            size,
        })
    }

    /// The patches' states (1, rows · columns, width) behind each layer that is looked at.
    pub fn forward(
        &self,
        pixels: &Tensor,
        (rows, columns): (usize, usize),
    ) -> TensorResult<Vec<Tensor>> {
        let patches = pixels
            .reshape((3, rows, self.size, columns, self.size))?
            .permute((1, 3, 0, 2, 4))?
            .reshape((1, rows * columns, 3 * self.size * self.size))?
            .contiguous()?;
        let patches = kernels::linear(&patches, &self.patch, Some(&self.patch_bias))?;
        let width = patches.dim(2)?;
        let places = self.places(rows, columns, width);
        let places = Tensor::from_vec(places, (1, rows * columns, width), pixels.device())?;
        let class = (&self.class + &self.class_position)?;
        let mut x = Tensor::cat(&[&class, &(patches + places)?], 1)?;
        let mut seen = Vec::new();
        for (number, layer) in (1..).zip(&self.layers) {
            x = layer.forward(&x)?;
            if self.taken.contains(&number) {
                let states = self.norm.forward(&x)?;
                seen.push(states.narrow(1, 1, rows * columns)?.contiguous()?);
            }
        }
        Ok(seen)
    }

    /// The positions of a grid, interpolated from the square's where it is another.
    fn places(&self, rows: usize, columns: usize, width: usize) -> Vec<f32> {
        if (rows, columns) == (self.side, self.side) {
            return self.positions.clone();
        }
        let (down, across) = (cubic(self.side, rows), cubic(self.side, columns));
        let mut places = Vec::with_capacity(rows * columns * width);
        for row in &down {
            for column in &across {
                for channel in 0..width {
                    let mut sum = 0.0;
                    for (y, wy) in row {
                        for (x, wx) in column {
                            let at = (y * self.side + x) * width + channel;
                            let value = self.positions.get(at).copied().unwrap_or_default();
                            sum += wy * wx * f64::from(value);
                        }
                    }
                    places.push(sum as f32);
                }
            }
        }
        places
    }
}

/// The four old places of each new one with their weights, as PyTorch has them
/// without `align_corners`.
fn cubic(old: usize, new: usize) -> Vec<[(usize, f64); 4]> {
    let scale = old as f64 / new as f64;
    (0..new).map(|place| taps(old, (place as f64 + 0.5) * scale - 0.5)).collect()
}

/// Self-attention and a feed-forward, each behind a norm and scaled by channel.
struct Layer {
    norm1: LayerNorm,
    qkv: [Linear; 3],
    out: Linear,
    scale1: Tensor,
    norm2: LayerNorm,
    inner: [Linear; 2],
    scale2: Tensor,
    heads: usize,
}

impl Layer {
    fn load(vars: &Vars, config: &Config) -> Result<Self> {
        let (width, inner, eps) = (config.width, config.inner, config.eps);
        let attention = vars.at("attention");
        let part =
            |name: &str| Linear::load(&attention.at("attention").at(name), width, width, true);
        Ok(Self {
            norm1: LayerNorm::load(&vars.at("norm1"), width, eps)?,
            qkv: [part("query")?, part("key")?, part("value")?],
            out: Linear::load(&attention.at("output.dense"), width, width, true)?,
            scale1: vars.get(&[width], "layer_scale1.lambda1")?,
            norm2: LayerNorm::load(&vars.at("norm2"), width, eps)?,
            inner: [
                Linear::load(&vars.at("mlp.fc1"), width, inner, true)?,
                Linear::load(&vars.at("mlp.fc2"), inner, width, true)?,
            ],
            scale2: vars.get(&[width], "layer_scale2.lambda1")?,
            heads: config.heads,
        })
    }

    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let normed = self.norm1.forward(x)?;
        let [q, k, v] = &self.qkv;
        let (q, k, v) = (q.forward(&normed)?, k.forward(&normed)?, v.forward(&normed)?);
        let own = [vec![KeySource::own(0)]];
        let mixed = self.out.forward(&kernels::attention(&q, &k, &v, self.heads, &own)?)?;
        let x = (x + mixed.broadcast_mul(&self.scale1)?)?;
        let [up, down] = &self.inner;
        let inner = kernels::gelu_erf(&up.forward(&self.norm2.forward(&x)?)?)?;
        &x + down.forward(&inner)?.broadcast_mul(&self.scale2)?
    }
}
