//! The kernels that a model calls, read off its configurations.

use super::op::{Op, Plus};
use crate::engine::unet::{Level, UNetConfig};
use crate::engine::vae::VaeConfig;

/// What a network is run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Rows of the guidance batch.
    pub rows: usize,
    /// Guidance halves among them: each is a set of its own.
    pub halves: usize,
    /// The latents' channels, height and width.
    pub latents: (usize, usize, usize),
    /// Tokens of a prompt.
    pub tokens: usize,
}

/// Calls of one UNet step, each shape once, from the outermost level in.
pub fn of_unet(config: &UNetConfig, load: Load) -> Vec<Op> {
    let mut ops = Vec::new();
    let (mut height, mut width) = (load.latents.1, load.latents.2);
    for (i, level) in config.levels.iter().enumerate() {
        convolutions(&mut ops, config, i, [load.rows, height, width]);
        if level.down_transformers + level.up_transformers > 0 {
            let (rows, channels) = (load.rows, level.channels);
            ops.push(Op::Tokens { rows, channels, height, width });
            transformer(&mut ops, config, level, load, height * width);
            ops.push(Op::FeatureMap { rows, channels, height, width });
            ops.push(Op::Add { rows, channels, height, width });
        }
        (height, width) = (height.div_ceil(2), width.div_ceil(2));
    }
    let (rows, dim) = (load.rows, config.time_dim());
    ops.push(Op::Silu { rows, tokens: 1, channels: dim });
    let outputs = config.levels.first().map_or(dim, |level| level.channels);
    ops.push(Op::Linear { rows, tokens: 1, inputs: dim, outputs, bias: true, residual: false });
    once(ops)
}

/// The residual blocks and samplers of a level; `[rows, height, width]` is
/// what it works on.
fn convolutions(ops: &mut Vec<Op>, config: &UNetConfig, index: usize, load: [usize; 3]) {
    let [rows, height, width] = load;
    let channels = config.levels[index].channels;
    let conv_plus = |inputs, outputs, kernel, stride, plus| Op::Conv2d {
        rows,
        inputs,
        outputs,
        height,
        width,
        kernel,
        stride,
        plus,
    };
    let conv = |inputs, outputs, kernel, stride| conv_plus(inputs, outputs, kernel, stride, None);
    if index == 0 {
        ops.push(conv(config.in_channels, channels, 3, 1));
        ops.push(conv(channels, config.out_channels, 3, 1));
    }
    // The way up joins what comes from below with what the way down left.
    let below = config.levels.get(index + 1).map_or(channels, |level| level.channels);
    ops.push(Op::ConcatChannels { rows, channels: [below, channels], height, width });
    ops.push(conv_plus(channels, channels, 3, 1, Some(Plus::Residual)));
    ops.push(conv_plus(below + channels, channels, 3, 1, Some(Plus::Shift)));
    ops.push(conv(below + channels, channels, 1, 1));
    let norm = |channels, sets| Op::GroupNorm {
        rows,
        channels,
        height,
        width,
        groups: config.groups,
        sets,
    };
    ops.push(norm(channels, None));
    ops.push(norm(below + channels, None));
    if index == 0 && rows >= 4 {
        ops.push(norm(channels, Some(2)));
    }
    if index + 1 < config.levels.len() {
        ops.push(conv(channels, channels, 3, 2));
        let (height, width) = (height.div_ceil(2), width.div_ceil(2));
        ops.push(Op::UpsampleNearest { rows, channels: below, height, width });
    }
}

fn transformer(ops: &mut Vec<Op>, config: &UNetConfig, level: &Level, load: Load, area: usize) {
    let Load { rows, halves: sets, tokens: text, .. } = load;
    let (channels, heads) = (level.channels, level.heads);
    let width = channels / heads.max(1);
    let linear = |tokens, inputs, outputs, bias, residual| Op::Linear {
        rows,
        tokens,
        inputs,
        outputs,
        bias,
        residual,
    };
    let attention = |keys, sets| Op::Attention { rows, tokens: area, keys, heads, width, sets };
    ops.push(Op::LayerNorm { rows, tokens: area, channels });
    ops.push(linear(area, channels, channels, false, false));
    ops.push(linear(text, config.context_dim, channels, false, false));
    ops.push(Op::Adain { rows, tokens: area, channels, sets });
    ops.push(attention(area, None));
    ops.push(attention(area, Some(sets)));
    ops.push(attention(text, None));
    ops.push(linear(area, channels, 8 * channels, true, false));
    ops.push(Op::Geglu { rows, tokens: area, channels: 8 * channels });
    ops.push(linear(area, 4 * channels, channels, true, true));
}

/// Calls of decoding one picture, each shape once, from the innermost level out.
pub fn of_decoder(config: &VaeConfig, load: Load) -> Vec<Op> {
    let (_, mut height, mut width) = load.latents;
    let mut ops = Vec::new();
    let widths: Vec<usize> = config.block_out_channels.iter().rev().copied().collect();
    let inner = widths.first().copied().unwrap_or_default();
    if config.mid_block_add_attention {
        let tokens = height * width;
        ops.push(Op::Attention {
            rows: 1,
            tokens,
            keys: tokens,
            heads: 1,
            width: inner,
            sets: None,
        });
    }
    let mut inputs = inner;
    for (i, &channels) in widths.iter().enumerate() {
        let conv = |inputs, outputs, kernel, plus| Op::Conv2d {
            rows: 1,
            inputs,
            outputs,
            height,
            width,
            kernel,
            stride: 1,
            plus,
        };
        ops.push(conv(inputs, channels, 3, None));
        ops.push(conv(channels, channels, 3, Some(Plus::Residual)));
        let groups = config.norm_num_groups;
        ops.push(Op::GroupNorm { rows: 1, channels, height, width, groups, sets: None });
        if i + 1 < widths.len() {
            ops.push(Op::UpsampleNearest { rows: 1, channels, height, width });
            (height, width) = (2 * height, 2 * width);
        } else {
            ops.push(conv(channels, config.out_channels, 3, None));
        }
        inputs = channels;
    }
    once(ops)
}

/// The kernels that only text encoders call, in the sizes of SDXL's.
pub fn of_text(tokens: usize) -> Vec<Op> {
    vec![
        Op::CausalAttention { rows: 1, tokens, heads: 12, width: 64 },
        Op::QuickGelu { rows: 1, tokens, channels: 3072 },
        Op::GeluErf { rows: 1, tokens, channels: 5120 },
    ]
}

fn once(ops: Vec<Op>) -> Vec<Op> {
    let mut seen: Vec<Op> = Vec::new();
    for op in ops {
        if !seen.contains(&op) {
            seen.push(op);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ModelSpec;

    #[test]
    fn sdxl_calls_its_published_shapes() {
        let spec = ModelSpec::sdxl_base().unwrap();
        let load = Load { rows: 8, halves: 2, latents: (4, 128, 128), tokens: 77 };
        let names: Vec<String> =
            of_unet(&spec.unet, load).iter().map(ToString::to_string).collect();
        for name in [
            "conv 3x3 8 x 4>320 x 128x128",
            "conv+map 3x3 8 x 320>320 x 128x128",
            "conv 1x1 8 x 960>320 x 128x128",
            "conv+shift 3x3 8 x 2560>1280 x 32x32",
            "conv 3x3 by 2 8 x 640>640 x 64x64",
            "attention shared 8 x 4096>4096 x 10x64",
            "attention 8 x 1024>77 x 20x64",
            "linear 8 x 1024 x 1280>10240",
            "linear 8 x 77 x 2048>640",
            "linear+tokens 8 x 4096 x 2560>640",
            "concat 8 x 640+320 x 128x128",
            "tokens 8 x 640 x 64x64",
            "feature map 8 x 640 x 64x64",
            "add 8 x 640 x 64x64",
            "geglu 8 x 4096 x 5120",
            "adain 8 x 1024 x 1280",
            "upsample 8 x 1280 x 32x32",
        ] {
            assert!(names.iter().any(|n| n == name), "{name} is missing in {names:#?}");
        }
        assert!(!names.iter().any(|n| n.starts_with("attention 8 x 16384")), "{names:#?}");
        let decoder = of_decoder(&spec.vae, load);
        assert!(decoder.iter().any(|op| op.to_string() == "conv 3x3 1 x 128>3 x 1024x1024"));
    }
}
