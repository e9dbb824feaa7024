//! Embeddings of the timestep and of SDXL's sizes.

use super::{UNetConfig, UNetInput};
use crate::engine::error::{EngineError, Result};
use crate::engine::kernels;
use crate::engine::layers::Linear;
use crate::engine::pass::Pass;
use crate::engine::weights::Vars;
use candle_core::{DType, Device, Result as TensorResult, Tensor};

/// Sinusoids of `values`, one row each, `dim` wide, in f32 (Transformer
/// position encoding as in DDPM: `freq_i = 10000^(−i / (dim/2 − shift))`).
///
/// Always computed in f32 on the host: half precision is off by up to a third
/// of the range at large timesteps.
///
/// # Errors
/// When the tensor cannot be made.
pub fn sinusoids(
    values: &[f64],
    dim: usize,
    flip_sin_to_cos: bool,
    shift: f64,
) -> TensorResult<Tensor> {
    let half = dim / 2;
    let mut out = vec![0f32; values.len() * dim];
    for (row, value) in out.chunks_exact_mut(dim).zip(values) {
        for i in 0..half {
            let exponent = -(10_000f64.ln() as f32) * i as f32 / (half as f64 - shift) as f32;
            let angle = *value as f32 * exponent.exp();
            let (sin, cos) = (angle.sin(), angle.cos());
            (row[i], row[half + i]) = if flip_sin_to_cos { (cos, sin) } else { (sin, cos) };
        }
    }
    Tensor::from_vec(out, (values.len(), dim), &Device::Cpu)
}

/// Two linear maps with SiLU between them.
#[derive(Debug, Clone)]
pub struct EmbeddingMlp {
    linear_1: Linear,
    linear_2: Linear,
}

impl EmbeddingMlp {
    /// Loads `linear_1` and `linear_2`.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            linear_1: Linear::load(&vars.at("linear_1"), inputs, outputs, true)?,
            linear_2: Linear::load(&vars.at("linear_2"), outputs, outputs, true)?,
        })
    }

    /// x (rows, inputs) to (rows, outputs).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        self.linear_2.forward(&kernels::silu(&self.linear_1.forward(x)?)?)
    }
}

/// The embedding of a step: of its timestep and, for SDXL, of sizes and pooled
/// text.
#[derive(Debug, Clone)]
pub struct StepEmbedding {
    time: EmbeddingMlp,
    /// With the sinusoid width of each time id.
    added: Option<(EmbeddingMlp, usize)>,
    dim: usize,
    flip: bool,
    shift: f64,
}

impl StepEmbedding {
    /// Loads `time_embedding` and, where the configuration has it, `add_embedding`.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &UNetConfig) -> Result<Self> {
        let (dim, width) = (config.levels[0].channels, config.time_dim());
        let added = config.text_time.as_ref().map(|added| {
            let mlp = EmbeddingMlp::load(&vars.at("add_embedding"), added.input_dim, width)?;
            Ok::<_, EngineError>((mlp, added.id_dim))
        });
        Ok(Self {
            time: EmbeddingMlp::load(&vars.at("time_embedding"), dim, width)?,
            added: added.transpose()?,
            dim,
            flip: config.flip_sin_to_cos,
            shift: config.freq_shift,
        })
    }

    /// The embedding before SiLU (rows, width).
    ///
    /// # Errors
    /// When the shapes do not fit, or the added conditioning is missing.
    pub fn forward(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        pass: Pass,
    ) -> TensorResult<Tensor> {
        let Self { dim, flip, shift, .. } = *self;
        let (device, dtype) = (latents.device(), latents.dtype());
        let rows = timestep_rows(timestep, latents.dim(0)?, dim, flip, shift, device, dtype)?;
        let time = self.time.forward(&rows)?;
        pass.seen("time_embedding", &time);
        let Some((mlp, id_dim)) = &self.added else { return Ok(time) };
        let Some((pooled, time_ids)) = &input.added else {
            candle_core::bail!("this UNet needs pooled text and time ids");
        };
        let added = mlp.forward(&text_time_input(pooled, time_ids, *id_dim, flip, shift)?)?;
        pass.seen("add_embedding", &added);
        time + added
    }
}

/// SDXL's added conditioning of one row: pooled text, then the sinusoids of
/// (original height, width, crop top, left, target height, width).
///
/// # Errors
/// When the shapes do not fit.
pub fn text_time_input(
    pooled: &Tensor,
    time_ids: &[[f64; 6]],
    id_dim: usize,
    flip: bool,
    shift: f64,
) -> TensorResult<Tensor> {
    let flat: Vec<f64> = time_ids.iter().flatten().copied().collect();
    let ids = sinusoids(&flat, id_dim, flip, shift)?.reshape((time_ids.len(), 6 * id_dim))?;
    let ids = ids.to_device(pooled.device())?.to_dtype(pooled.dtype())?;
    Tensor::cat(&[pooled, &ids], 1)
}

/// The sinusoids of one timestep for every row, on a device.
///
/// # Errors
/// When the tensor cannot be made.
fn timestep_rows(
    timestep: f64,
    rows: usize,
    dim: usize,
    flip: bool,
    shift: f64,
    device: &Device,
    dtype: DType,
) -> TensorResult<Tensor> {
    sinusoids(&vec![timestep; rows], dim, flip, shift)?.to_device(device)?.to_dtype(dtype)
}
