//! Multi-head attention of the UNet's transformers, with style sharing in
//! self-attention.

use crate::engine::error::Result;
use crate::engine::kernels::{self, KeySource};
use crate::engine::layers::Linear;
use crate::engine::pass::{Pass, SharedLayer, Watch};
use crate::engine::style::StyleContext;
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// One attention layer: `attn1` (self) or `attn2` (over the text).
#[derive(Debug, Clone)]
pub struct Attention {
    path: String,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
    number: Option<usize>,
}

impl Attention {
    /// Loads a layer. `number` is the place of a self-attention layer in the
    /// order of [`style::layers`](crate::engine::style::layers); `None` for
    /// attention over the text, which never shares.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(
        vars: &Vars,
        channels: usize,
        context: usize,
        heads: usize,
        number: Option<usize>,
    ) -> Result<Self> {
        Ok(Self {
            path: vars.prefix().to_owned(),
            to_q: Linear::load(&vars.at("to_q"), channels, channels, false)?,
            to_k: Linear::load(&vars.at("to_k"), context, channels, false)?,
            to_v: Linear::load(&vars.at("to_v"), context, channels, false)?,
            to_out: Linear::load(&vars.at("to_out.0"), channels, channels, true)?,
            heads,
            number,
        })
    }

    /// x (rows, tokens, channels); `context` (rows, text tokens, width) for
    /// attention over the text, `None` for self-attention; the result is added to
    /// `residual`, of x's shape.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        x: &Tensor,
        context: Option<&Tensor>,
        residual: &Tensor,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let from = context.unwrap_or(x);
        let qkv = [self.to_q.forward(x)?, self.to_k.forward(from)?, self.to_v.forward(from)?];
        if let (Some(lookout), Some(_)) = (pass.style.and_then(StyleContext::lookout), context) {
            lookout.see(&qkv[0], &qkv[1], self.heads)?;
        }
        let shared = pass.style.zip(self.number).filter(|(style, number)| style.shares(*number));
        let mixed = match shared {
            Some((style, number)) => {
                let after = style.normalise(number, qkv.clone())?;
                if let Some(watch) = pass.watch {
                    self.show(watch, &qkv, &after, style);
                }
                style.attend(number, qkv.each_ref(), after.each_ref(), self.heads)?
            }
            None => {
                let own: Vec<_> = (0..x.dim(0)?).map(|row| vec![KeySource::own(row)]).collect();
                let [q, k, v] = &qkv;
                kernels::attention(q, k, v, self.heads, &own)?
            }
        };
        self.to_out.forward_onto(&mixed, residual, &self.path, pass)
    }

    fn show(
        &self,
        watch: &dyn Watch,
        before: &[Tensor; 3],
        after: &[Tensor; 3],
        style: &StyleContext,
    ) {
        let (number, module) = (self.number.unwrap_or_default(), self.path.as_str());
        watch.shared(&SharedLayer { number, module, heads: self.heads, before, after, style });
    }
}
