//! The UNet's configuration in the diffusers format.

use super::raw::Raw;
use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use serde_json::{Value, json};

/// The largest width that is believed; guards against files that only waste memory.
const MAX_CHANNELS: usize = 16_384;
/// The most levels that are believed.
const MAX_LEVELS: usize = 8;

/// One level of the UNet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Channels that leave the level.
    pub channels: usize,
    /// Residual blocks on the way down; the way up has one more.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Transformer blocks behind each residual block on the way down; 0 for a
    /// level without attention.
    pub down_transformers: usize,
    /// The same on the way up.
    pub up_transformers: usize,
}

/// The embedding of SDXL's sizes and pooled text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTime {
    /// Sinusoid width of each of the six time ids.
    pub id_dim: usize,
    /// Width of pooled text and time ids together.
    pub input_dim: usize,
}

/// A UNet's shape.
#[derive(Debug, Clone, PartialEq)]
pub struct UNetConfig {
    /// Latent channels that enter.
    pub in_channels: usize,
    /// Latent channels that leave.
    pub out_channels: usize,
    /// The levels from the outermost in.
    pub levels: Vec<Level>,
    /// Heads in the middle.
    pub mid_heads: usize,
    /// Transformer blocks in the middle.
    pub mid_transformers: usize,
    /// Width of the text's hidden states.
    pub context_dim: usize,
    /// Groups of every group norm.
    pub groups: usize,
    /// Epsilon of the residual blocks' norms.
    pub norm_eps: f64,
    /// Whether the transformers' entry and exit are linear maps of tokens
    /// rather than 1 x 1 convolutions.
    pub linear_projection: bool,
    /// Cosine before sine in the time embedding.
    pub flip_sin_to_cos: bool,
    /// Shift of the time embedding's frequencies.
    pub freq_shift: f64,
    /// SDXL's added conditioning.
    pub text_time: Option<TextTime>,
    /// Latent side for which the model was trained.
    pub sample_size: Option<usize>,
}

impl UNetConfig {
    /// Reads `unet/config.json`, or the same fields of a ControlNet's.
    ///
    /// # Errors
    /// When a field is missing, out of range, or asks for something that this
    /// engine does not have.
    pub fn parse(file: &ConfigFile) -> Result<Self> {
        refuse_unknown(file)?;
        let raw: Raw = file.parse()?;
        let levels = levels(file, &raw)?;
        let heads = heads(file, &raw)?;
        let transformers = transformers(file, &raw)?;
        let last = levels.len() - 1;
        let config = Self {
            in_channels: raw.in_channels,
            out_channels: raw.out_channels,
            mid_heads: heads[last],
            mid_transformers: mid_transformers(file, &raw, transformers[last])?,
            context_dim: context_dim(file, &raw)?,
            groups: raw.norm_num_groups,
            norm_eps: raw.norm_eps,
            linear_projection: raw.use_linear_projection,
            flip_sin_to_cos: raw.flip_sin_to_cos,
            freq_shift: raw.freq_shift,
            text_time: text_time(file, &raw)?,
            sample_size: raw.sample_size,
            levels,
        };
        config.check(file)?;
        Ok(config)
    }

    /// Width of the time embedding.
    pub fn time_dim(&self) -> usize {
        self.levels[0].channels * 4
    }

    /// Tokens of the middle, for latents of this height and width.
    pub fn fewest_tokens(&self, height: usize, width: usize) -> usize {
        let halvings = self.levels.len() - 1;
        let side = |n: usize| (0..halvings).fold(n, |n, _| n.div_ceil(2));
        side(height) * side(width)
    }

    /// Number of self-attention layers.
    pub fn self_attentions(&self) -> usize {
        let down: usize = self.levels.iter().map(|l| l.layers * l.down_transformers).sum();
        let up: usize = self.levels.iter().map(|l| (l.layers + 1) * l.up_transformers).sum();
        down + up + self.mid_transformers
    }

    fn check(&self, file: &ConfigFile) -> Result<()> {
        for level in &self.levels {
            let Level { channels, heads, .. } = *level;
            if channels > MAX_CHANNELS || channels % self.groups.max(1) != 0 || self.groups == 0 {
                return Err(file.fault(format!(
                    "{channels} channels cannot be split into {} norm groups",
                    self.groups
                )));
            }
            let attends = level.down_transformers + level.up_transformers > 0;
            if attends && (heads == 0 || channels % heads != 0) {
                return Err(
                    file.fault(format!("{channels} channels cannot be split into {heads} heads"))
                );
            }
        }
        if [self.in_channels, self.out_channels, self.context_dim]
            .iter()
            .any(|&n| n == 0 || n > MAX_CHANNELS)
        {
            return Err(file.fault("a channel count is zero or absurd"));
        }
        Ok(())
    }
}

/// Fields that change the arithmetic in ways that no supported family uses.
fn refuse_unknown(file: &ConfigFile) -> Result<()> {
    let no = json!(false);
    let rules: [(&str, Vec<Value>); 22] = [
        ("_class_name", vec![json!("UNet2DConditionModel"), json!("ControlNetModel")]),
        ("act_fn", vec![json!("silu"), json!("swish")]),
        ("addition_embed_type", vec![json!("text_time")]),
        ("attention_type", vec![json!("default")]),
        ("center_input_sample", vec![no.clone()]),
        ("class_embed_type", vec![]),
        ("conv_in_kernel", vec![json!(3)]),
        ("conv_out_kernel", vec![json!(3)]),
        ("cross_attention_norm", vec![]),
        ("downsample_padding", vec![json!(1)]),
        ("dual_cross_attention", vec![no.clone()]),
        ("encoder_hid_dim_type", vec![]),
        ("mid_block_only_cross_attention", vec![no.clone()]),
        ("mid_block_scale_factor", vec![json!(1), json!(1.0)]),
        ("num_class_embeds", vec![]),
        ("only_cross_attention", vec![no.clone()]),
        ("resnet_out_scale_factor", vec![json!(1), json!(1.0)]),
        ("resnet_skip_time_act", vec![no]),
        ("resnet_time_scale_shift", vec![json!("default")]),
        ("time_cond_proj_dim", vec![]),
        ("time_embedding_type", vec![json!("positional")]),
        ("timestep_post_act", vec![]),
    ];
    rules.iter().try_for_each(|(field, accepted)| file.accept(field, accepted))
}

fn levels(file: &ConfigFile, raw: &Raw) -> Result<Vec<Level>> {
    let n = raw.block_out_channels.len();
    if n == 0 || n > MAX_LEVELS || raw.down_block_types.len() != n {
        return Err(file.fault(format!(
            "{n} widths for {} down blocks; 1 to {MAX_LEVELS} of each are supported",
            raw.down_block_types.len()
        )));
    }
    // A ControlNet has no way up.
    let up_types = if raw.up_block_types.is_empty() { None } else { Some(&raw.up_block_types) };
    if up_types.is_some_and(|types| types.len() != n) {
        return Err(
            file.fault(format!("{} up blocks for {n} down blocks", raw.up_block_types.len()))
        );
    }
    let layers = raw.layers_per_block.each(n, file, "layers_per_block")?;
    let (heads, transformers) = (heads(file, raw)?, transformers(file, raw)?);
    (0..n)
        .map(|i| {
            let down = attends(file, &raw.down_block_types[i], "Down")?;
            let up = match up_types {
                Some(types) => attends(file, &types[n - 1 - i], "Up")?,
                None => false,
            };
            Ok(Level {
                channels: raw.block_out_channels[i],
                layers: layers[i],
                heads: heads[i],
                down_transformers: if down { transformers[i] } else { 0 },
                up_transformers: if up { transformers[i] } else { 0 },
            })
        })
        .collect()
}

/// Whether a block of this type has attention.
fn attends(file: &ConfigFile, block: &str, way: &str) -> Result<bool> {
    if block == format!("CrossAttn{way}Block2D") {
        return Ok(true);
    }
    if block == format!("{way}Block2D") {
        return Ok(false);
    }
    Err(file.fault(format!("a block of type {block:?} is not supported")))
}

/// `attention_head_dim` is the number of heads, a misnomer that published
/// configurations keep; `num_attention_heads` overrides it where it is set.
fn heads(file: &ConfigFile, raw: &Raw) -> Result<Vec<usize>> {
    let heads = raw.num_attention_heads.as_ref().unwrap_or(&raw.attention_head_dim);
    heads.each(raw.block_out_channels.len(), file, "attention_head_dim")
}

fn transformers(file: &ConfigFile, raw: &Raw) -> Result<Vec<usize>> {
    let n = raw.block_out_channels.len();
    raw.transformer_layers_per_block.each(n, file, "transformer_layers_per_block")
}

fn mid_transformers(file: &ConfigFile, raw: &Raw, layers: usize) -> Result<usize> {
    match raw.mid_block_type.as_deref() {
        None | Some("UNetMidBlock2DCrossAttn") => Ok(layers),
        Some(other) => {
            Err(file.fault(format!("a middle block of type {other:?} is not supported")))
        }
    }
}

fn context_dim(file: &ConfigFile, raw: &Raw) -> Result<usize> {
    let dims =
        raw.cross_attention_dim.each(raw.block_out_channels.len(), file, "cross_attention_dim")?;
    match dims.iter().all(|d| *d == dims[0]) {
        true => Ok(dims[0]),
        false => Err(file.fault("cross_attention_dim differs between blocks")),
    }
}

fn text_time(file: &ConfigFile, raw: &Raw) -> Result<Option<TextTime>> {
    if raw.addition_embed_type.is_none() {
        return Ok(None);
    }
    match (raw.addition_time_embed_dim, raw.projection_class_embeddings_input_dim) {
        (Some(id_dim), Some(input_dim))
            if id_dim > 0 && input_dim > 6 * id_dim && input_dim <= MAX_CHANNELS =>
        {
            Ok(Some(TextTime { id_dim, input_dim }))
        }
        other => Err(file.fault(format!("text_time conditioning of sizes {other:?}"))),
    }
}
