//! HTSAT (arXiv 2202.00874): a spectrogram, folded into a square, as a picture
//! for a Swin transformer.

use candle_core::{Result as TensorResult, Tensor};

use super::config::Audio;
use super::windows::Layer;
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::{LayerNorm, Linear};
use crate::engine::weights::Vars;
use crate::perceive::cubic::taps;

/// What PyTorch's norms take where nothing is said.
const EPS: f64 = 1e-5;

pub(super) struct Encoder {
    /// Each band's factor and offset.
    scale: Tensor,
    offset: Tensor,
    patch: Tensor,
    patch_bias: Tensor,
    patch_norm: Option<LayerNorm>,
    stages: Vec<Stage>,
    norm: LayerNorm,
    config: Audio,
}

struct Stage {
    layers: Vec<Layer>,
    /// Four neighbours become one, but behind the last stage.
    merge: Option<(LayerNorm, Linear)>,
    side: usize,
}

impl Encoder {
    /// Loads it.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &Audio) -> Result<Self> {
        let (bands, width, size) = (config.num_mel_bins, config.width(0), config.patch_size);
        let own = vars.at("batch_norm");
        let statistic = |name: &str| own.get(&[bands], name);
        let deviation = (statistic("running_var")? + EPS)?.sqrt()?;
        let scale = (statistic("weight")? / deviation)?;
        let offset = (statistic("bias")? - (statistic("running_mean")? * &scale)?)?;
        let (patch, stages) = (vars.at("patch_embed"), config.depths.len());
        let projection = patch.at("proj");
        Ok(Self {
            scale,
            offset,
            patch: projection
                .get(&[width, 1, size, size], "weight")?
                .reshape((width, size * size))?,
            patch_bias: projection.get(&[width], "bias")?,
            patch_norm: match config.enable_patch_layer_norm {
                true => Some(LayerNorm::load(&patch.at("norm"), width, EPS)?),
                false => None,
            },
            stages: (0..stages)
                .map(|i| Stage::load(&vars.at("layers").at(i), config, i))
                .collect::<Result<_>>()?,
            norm: LayerNorm::load(&vars.at("norm"), config.hidden_size, EPS)?,
            config: config.clone(),
        })
    }

    /// What stands for a spectrogram (1, 1, frames, bands): (1, channels).
    pub fn forward(&self, mel: &Tensor) -> TensorResult<Tensor> {
        let mel = mel.squeeze(0)?.squeeze(0)?;
        let mel = mel.broadcast_mul(&self.scale)?.broadcast_add(&self.offset)?;
        let patches = self.patches(&self.stretch(&mel)?)?;
        let mut x = kernels::linear(&patches, &self.patch, Some(&self.patch_bias))?;
        if let Some(norm) = &self.patch_norm {
            x = norm.forward(&x)?;
        }
        for stage in &self.stages {
            x = stage.forward(&x)?;
        }
        self.norm.forward(&x)?.mean(1)
    }

    /// As many frames as the square holds, interpolated from end to end.
    fn stretch(&self, mel: &Tensor) -> TensorResult<Tensor> {
        let (frames, wanted) = (mel.dim(0)?, self.config.spec_size * self.config.folds());
        if frames == wanted {
            return Ok(mel.clone());
        }
        let step = frames.saturating_sub(1) as f64 / (wanted - 1).max(1) as f64;
        let places: Vec<_> = (0..wanted).map(|i| taps(frames, i as f64 * step)).collect();
        let part = |tap: usize| {
            let rows = Tensor::from_iter(places.iter().map(|t| t[tap].0 as u32), mel.device())?;
            let weights = Tensor::from_iter(places.iter().map(|t| t[tap].1 as f32), mel.device())?;
            mel.index_select(&rows, 0)?.broadcast_mul(&weights.unsqueeze(1)?)
        };
        ((part(0)? + part(1)?)? + part(2)?)? + part(3)?
    }

    /// The spectrogram in pieces of the square's width, one below the other with
    /// the bands downward, cut into patches (1, patches, values).
    fn patches(&self, mel: &Tensor) -> TensorResult<Tensor> {
        let (size, bands, patch) =
            (self.config.spec_size, self.config.num_mel_bins, self.config.patch_size);
        let side = size / patch;
        mel.reshape((self.config.folds(), size, bands))?
            .transpose(1, 2)?
            .reshape((side, patch, side, patch))?
            .permute((0, 2, 1, 3))?
            .reshape((1, side * side, patch * patch))?
            .contiguous()
    }
}

impl Stage {
    fn load(vars: &Vars, config: &Audio, stage: usize) -> Result<Self> {
        let layer = |i: usize| Layer::load(&vars.at("blocks").at(i), config, stage, i);
        let width = config.width(stage);
        let merge = || -> Result<_> {
            let own = vars.at("downsample");
            let norm = LayerNorm::load(&own.at("norm"), 4 * width, EPS)?;
            Ok((norm, Linear::load(&own.at("reduction"), 4 * width, 2 * width, false)?))
        };
        Ok(Self {
            layers: (0..config.depths[stage]).map(layer).collect::<Result<_>>()?,
            merge: if stage + 1 < config.depths.len() { Some(merge()?) } else { None },
            side: config.side(stage),
        })
    }

    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        let Some((norm, reduction)) = &self.merge else { return Ok(x) };
        let (half, width) = (self.side / 2, x.dim(2)?);
        let four = x
            .reshape((half, 2, half, 2, width))?
            .permute((0, 2, 3, 1, 4))?
            .reshape((1, half * half, 4 * width))?
            .contiguous()?;
        reduction.forward(&norm.forward(&four)?)
    }
}
