//! One layer of a Swin transformer (arXiv 2103.14030): attention within windows
//! that every second layer moves by half of one, then a feed-forward.

use candle_core::{D, Device, Result as TensorResult, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::config::Audio;
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::{LayerNorm, Linear};
use crate::engine::weights::Vars;

/// What keeps tokens apart that lie beside each other only because the picture
/// was rolled.
const APART: f32 = -100.0;

pub(super) struct Layer {
    before: LayerNorm,
    qkv: [Linear; 3],
    /// By heads and the way from one token of a window to another, (1, heads, tokens, tokens).
    bias: Tensor,
    /// (windows, 1, tokens, tokens), where windows are moved.
    mask: Option<Tensor>,
    out: Linear,
    after: LayerNorm,
    inner: [Linear; 2],
    heads: usize,
    side: usize,
    window: usize,
    shift: usize,
}

impl Layer {
    /// Loads a layer of a stage.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &Audio, stage: usize, number: usize) -> Result<Self> {
        let (width, inner) = (config.width(stage), config.inner(stage));
        let (side, window) = (config.side(stage), config.window_size);
        let heads = config.num_attention_heads[stage];
        let shift = if number % 2 == 1 && side > window { window / 2 } else { 0 };
        let own = vars.at("attention.self");
        let part = |name: &str| Linear::load(&own.at(name), width, width, config.qkv_bias);
        let table = own.get(&[(2 * window - 1).pow(2), heads], "relative_position_bias_table")?;
        let norm = |name: &str| LayerNorm::load(&vars.at(name), width, config.layer_norm_eps);
        Ok(Self {
            before: norm("layernorm_before")?,
            qkv: [part("query")?, part("key")?, part("value")?],
            bias: bias(&table, window)?,
            mask: match shift {
                0 => None,
                _ => Some(mask(side, window, shift, table.device())?),
            },
            out: Linear::load(&vars.at("attention.output.dense"), width, width, true)?,
            after: norm("layernorm_after")?,
            inner: [
                Linear::load(&vars.at("intermediate.dense"), width, inner, true)?,
                Linear::load(&vars.at("output.dense"), inner, width, true)?,
            ],
            heads,
            side,
            window,
            shift,
        })
    }

    /// x (1, side · side, channels).
    pub fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let x = (x + self.attend(&self.before.forward(x)?)?)?;
        let [up, down] = &self.inner;
        let inner = kernels::gelu_erf(&up.forward(&self.after.forward(&x)?)?)?;
        &x + down.forward(&inner)?
    }

    fn attend(&self, x: &Tensor) -> TensorResult<Tensor> {
        let (side, window, shift) = (self.side, self.window, self.shift as i32);
        let (across, width) = (side / window, x.dim(2)?);
        let picture = x.reshape((side, side, width))?;
        let rolled = picture.roll(-shift, 0)?.roll(-shift, 1)?;
        let windows = rolled
            .reshape((across, window, across, window, width))?
            .permute((0, 2, 1, 3, 4))?
            .reshape((across * across, window * window, width))?
            .contiguous()?;
        let seen = self.out.forward(&self.mix(&windows)?)?;
        let picture = seen
            .reshape((across, across, window, window, width))?
            .permute((0, 2, 1, 3, 4))?
            .reshape((side, side, width))?;
        picture.roll(shift, 0)?.roll(shift, 1)?.reshape((1, side * side, width))?.contiguous()
    }

    /// Attention within each window (windows, tokens, channels).
    fn mix(&self, windows: &Tensor) -> TensorResult<Tensor> {
        let (count, tokens, width) = windows.dims3()?;
        let split = |linear: &Linear| {
            let states = linear.forward(windows)?;
            let states = states.reshape((count, tokens, self.heads, width / self.heads))?;
            states.transpose(1, 2)?.contiguous()
        };
        let [q, k, v] = &self.qkv;
        let (q, k, v) = (split(q)?, split(k)?, split(v)?);
        let size = ((width / self.heads) as f64).sqrt();
        let scores = (q.matmul(&k.transpose(D::Minus2, D::Minus1)?)? / size)?;
        let mut scores = scores.broadcast_add(&self.bias)?;
        if let Some(mask) = &self.mask {
            scores = scores.broadcast_add(mask)?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&v)?;
        mixed.transpose(1, 2)?.reshape((count, tokens, width))?.contiguous()
    }
}

/// The table's rows by pairs of tokens.
fn bias(table: &Tensor, window: usize) -> TensorResult<Tensor> {
    let tokens = window * window;
    let row = |from: usize, to: usize| {
        let down = from / window + window - 1 - to / window;
        let across = from % window + window - 1 - to % window;
        (down * (2 * window - 1) + across) as u32
    };
    let pairs = (0..tokens).flat_map(|from| (0..tokens).map(move |to| row(from, to)));
    let rows = Tensor::from_iter(pairs, table.device())?;
    let heads = table.dim(1)?;
    let picked = table.index_select(&rows, 0)?.reshape((1, tokens, tokens, heads))?;
    picked.permute((0, 3, 1, 2))?.contiguous()
}

/// Tokens of a moved window that come from different sides of the picture.
fn mask(side: usize, window: usize, shift: usize, device: &Device) -> TensorResult<Tensor> {
    let (across, tokens) = (side / window, window * window);
    let part = |place: usize| match place {
        place if place < side - window => 0,
        place if place < side - shift => 1,
        _ => 2,
    };
    let region = |at: usize, token: usize| {
        let row = at / across * window + token / window;
        let column = at % across * window + token % window;
        3 * part(row) + part(column)
    };
    let mut values = Vec::with_capacity(across * across * tokens * tokens);
    for at in 0..across * across {
        for from in 0..tokens {
            let apart = |to: usize| if region(at, from) == region(at, to) { 0.0 } else { APART };
            values.extend((0..tokens).map(apart));
        }
    }
    Tensor::from_vec(values, (across * across, 1, tokens, tokens), device)
}
