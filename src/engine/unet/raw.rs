//! The fields of a UNet's configuration file, with the defaults of diffusers.

use crate::engine::config::PerBlock;
use serde::Deserialize;

/// What is read of `unet/config.json`.
#[derive(Deserialize)]
pub(super) struct Raw {
    #[serde(default = "four")]
    pub in_channels: usize,
    #[serde(default = "four")]
    pub out_channels: usize,
    pub block_out_channels: Vec<usize>,
    pub down_block_types: Vec<String>,
    #[serde(default)]
    pub up_block_types: Vec<String>,
    #[serde(default)]
    pub mid_block_type: Option<String>,
    #[serde(default = "two_each")]
    pub layers_per_block: PerBlock,
    #[serde(default = "one_each")]
    pub transformer_layers_per_block: PerBlock,
    #[serde(default = "eight_each")]
    pub attention_head_dim: PerBlock,
    #[serde(default)]
    pub num_attention_heads: Option<PerBlock>,
    pub cross_attention_dim: PerBlock,
    #[serde(default = "groups")]
    pub norm_num_groups: usize,
    #[serde(default = "eps")]
    pub norm_eps: f64,
    #[serde(default)]
    pub use_linear_projection: bool,
    #[serde(default = "yes")]
    pub flip_sin_to_cos: bool,
    #[serde(default)]
    pub freq_shift: f64,
    #[serde(default)]
    pub addition_embed_type: Option<String>,
    #[serde(default)]
    pub addition_time_embed_dim: Option<usize>,
    #[serde(default)]
    pub projection_class_embeddings_input_dim: Option<usize>,
    #[serde(default)]
    pub sample_size: Option<usize>,
}

fn four() -> usize {
    4
}
fn groups() -> usize {
    32
}
fn eps() -> f64 {
    1e-5
}
fn yes() -> bool {
    true
}
fn one_each() -> PerBlock {
    PerBlock::One(1)
}
fn two_each() -> PerBlock {
    PerBlock::One(2)
}
fn eight_each() -> PerBlock {
    PerBlock::One(8)
}
