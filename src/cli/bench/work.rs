//! A kernel with inputs, ready to be run.

use candle_core::{DType, Result as TensorResult, Tensor};

use super::op::{Op, Plus};
use crate::engine::EngineError;
use crate::engine::kernels::{self, KeySource, StatAnchors};
use crate::engine::random::RandomTensors;

/// Something to run again and again.
pub type Work = Box<dyn Fn() -> TensorResult<Tensor>>;

/// Makes inputs of one number type.
pub struct Inputs<'a> {
    /// What they are made of.
    pub random: &'a RandomTensors,
    /// Their type.
    pub dtype: DType,
}

impl Inputs<'_> {
    /// The engine's own kernel on inputs of these sizes.
    ///
    /// # Errors
    /// When the device fails.
    pub fn work(&self, op: &Op) -> Result<Work, EngineError> {
        let tokens = |rows: usize, tokens: usize, channels: usize| {
            self.tensor("x", &[rows, tokens, channels], 1.0)
        };
        match *op {
            Op::Conv2d { rows, inputs, outputs, height, width, kernel, stride, plus } => {
                let x = self.tensor("x", &[rows, inputs, height, width], 1.0)?;
                self.conv2d(x, outputs, kernel, stride, plus)
            }
            Op::Linear { rows, tokens: n, inputs, outputs, bias, residual } => {
                self.linear(tokens(rows, n, inputs)?, outputs, bias, residual)
            }
            Op::Attention { rows, tokens, keys, heads, width, sets } => {
                self.attention([rows, tokens, keys, heads, width], sets)
            }
            Op::CausalAttention { rows, tokens, heads, width } => {
                let shape = [rows, tokens, heads * width];
                let [q, k, v] = ["q", "k", "v"].map(|name| self.tensor(name, &shape, 1.0));
                let (q, k, v) = (q?, k?, v?);
                Ok(Box::new(move || kernels::causal_attention(&q, &k, &v, heads)))
            }
            Op::GroupNorm { rows, channels, height, width, groups, sets } => {
                self.group_norm([rows, channels, height, width], groups, sets)
            }
            Op::LayerNorm { rows, tokens: n, channels } => {
                let (x, scale) = (tokens(rows, n, channels)?, self.tensor("w", &[channels], 1.0)?);
                Ok(Box::new(move || kernels::layer_norm(&x, &scale, &scale, 1e-5)))
            }
            Op::Adain { rows, tokens: n, channels, sets } => {
                let x = tokens(rows, n, channels)?;
                let of = |row| anchor(row, rows, sets).map(|a| (a, 1.0)).into_iter().collect();
                let anchors: Vec<StatAnchors> = (0..rows).map(of).collect();
                Ok(Box::new(move || kernels::adain(&x, &anchors)))
            }
            Op::UpsampleNearest { .. }
            | Op::Add { .. }
            | Op::ConcatChannels { .. }
            | Op::Tokens { .. }
            | Op::FeatureMap { .. } => self.map(op),
            Op::Geglu { rows, tokens: n, channels } => {
                Ok(unary(tokens(rows, n, channels)?, kernels::geglu))
            }
            Op::Silu { rows, tokens: n, channels } => {
                Ok(unary(tokens(rows, n, channels)?, kernels::silu))
            }
            Op::GeluErf { rows, tokens: n, channels } => {
                Ok(unary(tokens(rows, n, channels)?, kernels::gelu_erf))
            }
            Op::QuickGelu { rows, tokens: n, channels } => {
                Ok(unary(tokens(rows, n, channels)?, kernels::quick_gelu))
            }
        }
    }

    /// What is done with feature maps as wholes.
    fn map(&self, op: &Op) -> Result<Work, EngineError> {
        let map = |name: &str, shape: [usize; 4]| self.tensor(name, &shape, 1.0);
        match *op {
            Op::UpsampleNearest { rows, channels, height, width } => {
                let x = map("x", [rows, channels, height, width])?;
                Ok(Box::new(move || kernels::upsample_nearest(&x, 2 * height, 2 * width)))
            }
            Op::ConcatChannels { rows, channels: [first, second], height, width } => {
                let (a, b) = (
                    map("a", [rows, first, height, width])?,
                    map("b", [rows, second, height, width])?,
                );
                Ok(Box::new(move || kernels::concat_channels(&a, &b)))
            }
            Op::Tokens { rows, channels, height, width } => {
                Ok(unary(map("x", [rows, channels, height, width])?, kernels::tokens))
            }
            Op::FeatureMap { rows, channels, height, width } => {
                let x = self.tensor("x", &[rows, height * width, channels], 1.0)?;
                Ok(Box::new(move || kernels::feature_map(&x, height, width)))
            }
            Op::Add { rows, channels, height, width } => {
                let shape = [rows, channels, height, width];
                let (a, b) = (map("a", shape)?, map("b", shape)?);
                Ok(Box::new(move || kernels::add(&a, &b)))
            }
            _ => Err(EngineError::Unfit(format!("{op} takes no maps"))),
        }
    }

    fn tensor(&self, name: &str, shape: &[usize], deviation: f64) -> Result<Tensor, EngineError> {
        let tensor = self.random.tensor(name, shape, deviation, 0.0)?.to_dtype(self.dtype)?;
        // Maps and filters reach a kernel in this order when a network runs.
        Ok(if shape.len() == 4 { kernels::arrange(tensor)? } else { tensor })
    }

    fn conv2d(
        &self,
        x: Tensor,
        outputs: usize,
        kernel: usize,
        stride: usize,
        plus: Option<Plus>,
    ) -> Result<Work, EngineError> {
        let (rows, inputs, height, width) = x.dims4()?;
        let scale = 1.0 / ((inputs * kernel * kernel) as f64).sqrt();
        let weight = self.tensor("weight", &[outputs, inputs, kernel, kernel], scale)?;
        let bias = self.tensor("bias", &[outputs], 0.02)?;
        let side = |size: usize| (size + 2 * (kernel / 2) - kernel) / stride + 1;
        let padding = kernel / 2;
        Ok(match plus {
            None => Box::new(move || kernels::conv2d(&x, &weight, Some(&bias), stride, padding)),
            Some(Plus::Shift) => {
                let shift = self.tensor("shift", &[rows, outputs], 1.0)?;
                Box::new(move || kernels::conv2d_shift(&x, &weight, &bias, &shift, stride, padding))
            }
            Some(Plus::Residual) => {
                let shape = [rows, outputs, side(height), side(width)];
                let map = self.tensor("residual", &shape, 1.0)?;
                Box::new(move || kernels::conv2d_add(&x, &weight, &bias, &map, stride, padding))
            }
        })
    }

    fn linear(
        &self,
        x: Tensor,
        outputs: usize,
        bias: bool,
        residual: bool,
    ) -> Result<Work, EngineError> {
        let (rows, tokens, inputs) = x.dims3()?;
        let weight = self.tensor("weight", &[outputs, inputs], 1.0 / (inputs as f64).sqrt())?;
        let bias = if bias { Some(self.tensor("bias", &[outputs], 0.02)?) } else { None };
        if residual {
            let tokens = self.tensor("residual", &[rows, tokens, outputs], 1.0)?;
            let run = move || kernels::linear_add(&x, &weight, bias.as_ref(), &tokens);
            return Ok(Box::new(run));
        }
        Ok(Box::new(move || kernels::linear(&x, &weight, bias.as_ref())))
    }

    fn attention(
        &self,
        [rows, tokens, keys, heads, width]: [usize; 5],
        sets: Option<usize>,
    ) -> Result<Work, EngineError> {
        let q = self.tensor("q", &[rows, tokens, heads * width], 1.0)?;
        let k = self.tensor("k", &[rows, keys, heads * width], 1.0)?;
        let v = self.tensor("v", &[rows, keys, heads * width], 1.0)?;
        let of = |row| {
            let shared = sets.and_then(|sets| anchor(row, rows, sets));
            std::iter::once(row).chain(shared).map(KeySource::own).collect()
        };
        let sources: Vec<Vec<KeySource>> = (0..rows).map(of).collect();
        Ok(Box::new(move || kernels::attention(&q, &k, &v, heads, &sources)))
    }

    fn group_norm(
        &self,
        shape: [usize; 4],
        groups: usize,
        sets: Option<usize>,
    ) -> Result<Work, EngineError> {
        let [rows, channels, ..] = shape;
        let (x, scale) = (self.tensor("x", &shape, 1.0)?, self.tensor("w", &[channels], 1.0)?);
        let partners: Option<Vec<_>> =
            sets.map(|sets| (0..rows).map(|row| anchor(row, rows, sets)).collect());
        Ok(Box::new(move || {
            kernels::group_norm(&x, groups, &scale, &scale, 1e-5, true, partners.as_deref())
        }))
    }
}

fn unary(x: Tensor, kernel: fn(&Tensor) -> TensorResult<Tensor>) -> Work {
    Box::new(move || kernel(&x))
}

/// The first row of a row's set, for those that are not it.
fn anchor(row: usize, rows: usize, sets: usize) -> Option<usize> {
    let size = (rows / sets.max(1)).max(1);
    let first = row / size * size;
    (first != row).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn every_op_runs_on_the_sizes_that_it_names() {
        let random = RandomTensors::new(&Device::Cpu, DType::F32).unwrap();
        let inputs = Inputs { random: &random, dtype: DType::F32 };
        let (rows, tokens, channels, height, width) = (4, 6, 8, 4, 6);
        let dims = |op: Op| inputs.work(&op).unwrap()().unwrap().dims().to_vec();
        for plus in [None, Some(Plus::Shift), Some(Plus::Residual)] {
            let (kernel, stride) = (3, 2);
            let conv =
                Op::Conv2d { rows, inputs: 8, outputs: 3, height, width, kernel, stride, plus };
            assert_eq!(dims(conv), [4, 3, 2, 3]);
        }
        for residual in [false, true] {
            let linear = Op::Linear { rows, tokens, inputs: 8, outputs: 5, bias: false, residual };
            assert_eq!(dims(linear), [4, 6, 5]);
        }
        assert_eq!(dims(Op::Add { rows, channels, height, width }), [4, 8, 4, 6]);
        let both = Op::ConcatChannels { rows, channels: [8, 3], height, width };
        assert_eq!(dims(both), [4, 11, 4, 6]);
        assert_eq!(dims(Op::Tokens { rows, channels, height, width }), [4, 24, 8]);
        assert_eq!(dims(Op::FeatureMap { rows, channels, height, width }), [4, 8, 4, 6]);
        let attention = Op::Attention { rows, tokens, keys: 6, heads: 2, width: 8, sets: Some(2) };
        assert_eq!(dims(attention), [4, 6, 16]);
        let causal = Op::CausalAttention { rows, tokens, heads: 2, width: 8 };
        assert_eq!(dims(causal), [4, 6, 16]);
        let norm = Op::GroupNorm { rows, channels, height, width, groups: 2, sets: Some(2) };
        assert_eq!(dims(norm), [4, 8, 4, 6]);
        assert_eq!(dims(Op::LayerNorm { rows, tokens, channels }), [4, 6, 8]);
        assert_eq!(dims(Op::Geglu { rows, tokens, channels }), [4, 6, 4]);
        assert_eq!(dims(Op::Adain { rows, tokens, channels, sets: 2 }), [4, 6, 8]);
        assert_eq!(dims(Op::UpsampleNearest { rows, channels, height, width }), [4, 8, 8, 12]);
        for op in [
            Op::Silu { rows, tokens, channels },
            Op::GeluErf { rows, tokens, channels },
            Op::QuickGelu { rows, tokens, channels },
        ] {
            assert_eq!(dims(op), [4, 6, 8]);
        }
    }

    #[test]
    fn each_set_has_its_first_row_for_anchor() {
        let anchors: Vec<_> = (0..6).map(|row| anchor(row, 6, 2)).collect();
        assert_eq!(anchors, [None, Some(0), Some(0), None, Some(3), Some(3)]);
    }
}
