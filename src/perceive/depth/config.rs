//! The network's shape.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::engine::config::ConfigFile;

/// What the head and the backbone are made of.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    pub inner: usize,
    pub patch: usize,
    /// The side that the positions were trained for.
    pub image: usize,
    pub eps: f64,
    /// The layers, from 1, whose states are looked at.
    pub taken: Vec<usize>,
    /// Channels of each of them, and how much larger each is than the patches.
    pub neck: Vec<usize>,
    pub factors: Vec<f64>,
    pub fusion: usize,
    pub last: usize,
}

#[derive(Deserialize)]
struct Outer {
    backbone_config: Inner,
    #[serde(default = "neck")]
    neck_hidden_sizes: Vec<usize>,
    #[serde(default = "factors")]
    reassemble_factors: Vec<f64>,
    #[serde(default = "fusion")]
    fusion_hidden_size: usize,
    #[serde(default = "last")]
    head_hidden_size: usize,
}

#[derive(Deserialize)]
struct Inner {
    hidden_size: usize,
    num_attention_heads: usize,
    #[serde(default = "twelve")]
    num_hidden_layers: usize,
    #[serde(default = "four")]
    mlp_ratio: usize,
    #[serde(default = "patch")]
    patch_size: usize,
    #[serde(default = "image")]
    image_size: usize,
    #[serde(default = "eps")]
    layer_norm_eps: f64,
    out_indices: Vec<usize>,
}

fn neck() -> Vec<usize> {
    vec![48, 96, 192, 384]
}
fn factors() -> Vec<f64> {
    vec![4.0, 2.0, 1.0, 0.5]
}
fn fusion() -> usize {
    64
}
fn last() -> usize {
    32
}
fn twelve() -> usize {
    12
}
fn four() -> usize {
    4
}
fn patch() -> usize {
    14
}
fn image() -> usize {
    518
}
fn eps() -> f64 {
    1e-6
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When it is not that of a network that is known here.
    pub fn parse(value: Value) -> Result<Self, EngineError> {
        let within =
            ConfigFile::new("config.json (backbone_config)", value["backbone_config"].clone());
        within.accept("model_type", &[json!("dinov2")])?;
        within.accept("use_swiglu_ffn", &[json!(false)])?;
        within.accept("hidden_act", &[json!("gelu")])?;
        let file = ConfigFile::new("config.json", value);
        file.accept("depth_estimation_type", &[json!("relative")])?;
        let Outer { backbone_config: inner, .. } = file.parse()?;
        let outer: Outer = file.parse()?;
        let config = Self {
            width: inner.hidden_size,
            layers: inner.num_hidden_layers,
            heads: inner.num_attention_heads,
            inner: inner.hidden_size.saturating_mul(inner.mlp_ratio),
            patch: inner.patch_size,
            image: inner.image_size,
            eps: inner.layer_norm_eps,
            taken: inner.out_indices,
            neck: outer.neck_hidden_sizes,
            factors: outer.reassemble_factors,
            fusion: outer.fusion_hidden_size,
            last: outer.head_hidden_size,
        };
        let sizes =
            [config.width, config.heads, config.inner, config.patch, config.fusion, config.last];
        let absurd = sizes.iter().chain(&config.neck).any(|n| *n == 0 || *n > 1 << 16);
        let taken = config.taken.iter().all(|at| (1..=config.layers).contains(at));
        let alike =
            [config.neck.len(), config.factors.len()].iter().all(|n| *n == config.taken.len());
        let factor = |f: &f64| [4.0, 2.0, 1.0, 0.5].contains(f);
        if absurd
            || config.layers > 256
            || !taken
            || !alike
            || config.taken.is_empty()
            || !config.factors.iter().all(factor)
            || !config.width.is_multiple_of(config.heads)
            || config.image / config.patch == 0
            || config.image > 1 << 13
        {
            return Err(file.fault("sizes that no Depth Anything has"));
        }
        Ok(config)
    }
}
