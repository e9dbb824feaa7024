//! One call of a kernel: its shape and its cost.

use std::fmt;

use serde::Serialize;

/// What a convolution adds besides its bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Plus {
    /// One number for each channel of each row.
    Shift,
    /// A map of the result's shape.
    Residual,
}

/// A kernel of the engine with the sizes of its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    Conv2d {
        rows: usize,
        inputs: usize,
        outputs: usize,
        height: usize,
        width: usize,
        kernel: usize,
        stride: usize,
        plus: Option<Plus>,
    },
    Linear {
        rows: usize,
        tokens: usize,
        inputs: usize,
        outputs: usize,
        bias: bool,
        residual: bool,
    },
    /// With `sets`, the rows are so many sets, and each row but the first of
    /// its set also attends to that one.
    Attention {
        rows: usize,
        tokens: usize,
        keys: usize,
        heads: usize,
        width: usize,
        sets: Option<usize>,
    },
    CausalAttention {
        rows: usize,
        tokens: usize,
        heads: usize,
        width: usize,
    },
    /// Followed by SiLU. With `sets`, each row pools its statistics with the
    /// first of its set.
    GroupNorm {
        rows: usize,
        channels: usize,
        height: usize,
        width: usize,
        groups: usize,
        sets: Option<usize>,
    },
    LayerNorm {
        rows: usize,
        tokens: usize,
        channels: usize,
    },
    Geglu {
        rows: usize,
        tokens: usize,
        channels: usize,
    },
    /// Each row takes the statistics of the first of its set.
    Adain {
        rows: usize,
        tokens: usize,
        channels: usize,
        sets: usize,
    },
    Add {
        rows: usize,
        channels: usize,
        height: usize,
        width: usize,
    },
    /// Two maps of so many channels together.
    ConcatChannels {
        rows: usize,
        channels: [usize; 2],
        height: usize,
        width: usize,
    },
    /// A feature map to tokens.
    Tokens {
        rows: usize,
        channels: usize,
        height: usize,
        width: usize,
    },
    /// Tokens to a feature map.
    FeatureMap {
        rows: usize,
        channels: usize,
        height: usize,
        width: usize,
    },
    UpsampleNearest {
        rows: usize,
        channels: usize,
        height: usize,
        width: usize,
    },
    Silu {
        rows: usize,
        tokens: usize,
        channels: usize,
    },
    GeluErf {
        rows: usize,
        tokens: usize,
        channels: usize,
    },
    QuickGelu {
        rows: usize,
        tokens: usize,
        channels: usize,
    },
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match *self {
            Self::Conv2d { rows, inputs, outputs, height, width, kernel, stride, plus } => {
                let step = if stride > 1 { format!(" by {stride}") } else { String::new() };
                let plus = match plus {
                    None => "",
                    Some(Plus::Shift) => "+shift",
                    Some(Plus::Residual) => "+map",
                };
                write!(f, "{word}{plus} {kernel}x{kernel}{step} {rows} x {inputs}>{outputs}")?;
                write!(f, " x {height}x{width}")
            }
            Self::Linear { rows, tokens, inputs, outputs, residual, .. } => {
                let plus = if residual { "+tokens" } else { "" };
                write!(f, "{word}{plus} {rows} x {tokens} x {inputs}>{outputs}")
            }
            Self::ConcatChannels { rows, channels: [first, second], height, width } => {
                write!(f, "{word} {rows} x {first}+{second} x {height}x{width}")
            }
            Self::Attention { rows, tokens, keys, heads, width, sets } => {
                let shared = if sets.is_some() { " shared" } else { "" };
                write!(f, "{word}{shared} {rows} x {tokens}>{keys} x {heads}x{width}")
            }
            Self::CausalAttention { rows, tokens, heads, width } => {
                write!(f, "{word} {rows} x {tokens} x {heads}x{width}")
            }
            Self::GroupNorm { rows, channels, height, width, sets, .. } => {
                let pooled = if sets.is_some() { " pooled" } else { "" };
                write!(f, "{word}{pooled} {rows} x {channels} x {height}x{width}")
            }
            Self::Add { rows, channels, height, width }
            | Self::Tokens { rows, channels, height, width }
            | Self::FeatureMap { rows, channels, height, width }
            | Self::UpsampleNearest { rows, channels, height, width } => {
                write!(f, "{word} {rows} x {channels} x {height}x{width}")
            }
            Self::LayerNorm { rows, tokens, channels }
            | Self::Geglu { rows, tokens, channels }
            | Self::Adain { rows, tokens, channels, .. }
            | Self::Silu { rows, tokens, channels }
            | Self::GeluErf { rows, tokens, channels }
            | Self::QuickGelu { rows, tokens, channels } => {
                write!(f, "{word} {rows} x {tokens} x {channels}")
            }
        }
    }
}

impl Op {
    /// What it is called.
    fn word(&self) -> &'static str {
        match self {
            Self::Conv2d { .. } => "conv",
            Self::Linear { .. } => "linear",
            Self::Attention { .. } => "attention",
            Self::CausalAttention { .. } => "causal attention",
            Self::GroupNorm { .. } => "group norm, silu",
            Self::LayerNorm { .. } => "layer norm",
            Self::Geglu { .. } => "geglu",
            Self::Adain { .. } => "adain",
            Self::Add { .. } => "add",
            Self::ConcatChannels { .. } => "concat",
            Self::Tokens { .. } => "tokens",
            Self::FeatureMap { .. } => "feature map",
            Self::UpsampleNearest { .. } => "upsample",
            Self::Silu { .. } => "silu",
            Self::GeluErf { .. } => "gelu",
            Self::QuickGelu { .. } => "quick gelu",
        }
    }

    /// Multiply-adds, where these are the work.
    pub fn macs(&self) -> Option<u64> {
        let macs = match *self {
            Self::Conv2d { rows, inputs, outputs, height, width, kernel, stride, .. } => {
                let area = height.div_ceil(stride) * width.div_ceil(stride);
                rows * area * inputs * outputs * kernel * kernel
            }
            Self::Linear { rows, tokens, inputs, outputs, .. } => rows * tokens * inputs * outputs,
            Self::Attention { rows, tokens, keys, heads, width, sets } => {
                let sources = sets.map_or(rows, |sets| 2 * rows - sets);
                2 * sources * tokens * keys * heads * width
            }
            Self::CausalAttention { rows, tokens, heads, width } => {
                rows * tokens * (tokens + 1) * heads * width
            }
            _ => return None,
        };
        Some(macs as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_attention_costs_its_second_source() {
        let op = |sets| Op::Attention { rows: 8, tokens: 16, keys: 16, heads: 2, width: 4, sets };
        let (plain, shared) = (op(None).macs().unwrap(), op(Some(2)).macs().unwrap());
        assert_eq!(plain, 2 * 8 * 16 * 16 * 8);
        assert_eq!(shared, plain / 8 * 14);
    }
}
