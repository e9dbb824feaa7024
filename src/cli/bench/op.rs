//! One call of a kernel: its shape and its cost.

use std::fmt;

use serde::Serialize;

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
    },
    Linear {
        rows: usize,
        tokens: usize,
        inputs: usize,
        outputs: usize,
        bias: bool,
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
        match *self {
            Self::Conv2d { rows, inputs, outputs, height, width, kernel, stride } => {
                let step = if stride > 1 { format!(" by {stride}") } else { String::new() };
                write!(
                    f,
                    "conv {kernel}x{kernel}{step} {rows} x {inputs}>{outputs} x {height}x{width}"
                )
            }
            Self::Linear { rows, tokens, inputs, outputs, .. } => {
                write!(f, "linear {rows} x {tokens} x {inputs}>{outputs}")
            }
            Self::Attention { rows, tokens, keys, heads, width, sets } => {
                let shared = if sets.is_some() { " shared" } else { "" };
                write!(f, "attention{shared} {rows} x {tokens}>{keys} x {heads}x{width}")
            }
            Self::CausalAttention { rows, tokens, heads, width } => {
                write!(f, "causal attention {rows} x {tokens} x {heads}x{width}")
            }
            Self::GroupNorm { rows, channels, height, width, sets, .. } => {
                let pooled = if sets.is_some() { " pooled" } else { "" };
                write!(f, "group norm, silu{pooled} {rows} x {channels} x {height}x{width}")
            }
            Self::UpsampleNearest { rows, channels, height, width } => {
                write!(f, "upsample {rows} x {channels} x {height}x{width}")
            }
            Self::LayerNorm { rows, tokens, channels } => {
                write!(f, "layer norm {rows} x {tokens} x {channels}")
            }
            Self::Geglu { rows, tokens, channels } => {
                write!(f, "geglu {rows} x {tokens} x {channels}")
            }
            Self::Adain { rows, tokens, channels, .. } => {
                write!(f, "adain {rows} x {tokens} x {channels}")
            }
            Self::Silu { rows, tokens, channels } => {
                write!(f, "silu {rows} x {tokens} x {channels}")
            }
            Self::GeluErf { rows, tokens, channels } => {
                write!(f, "gelu {rows} x {tokens} x {channels}")
            }
            Self::QuickGelu { rows, tokens, channels } => {
                write!(f, "quick gelu {rows} x {tokens} x {channels}")
            }
        }
    }
}

impl Op {
    /// Multiply-adds, where these are the work.
    pub fn macs(&self) -> Option<u64> {
        let macs = match *self {
            Self::Conv2d { rows, inputs, outputs, height, width, kernel, stride } => {
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
