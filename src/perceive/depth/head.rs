//! The dense prediction head (arXiv 2103.13413): states of several depths joined
//! into a map, from the deepest to the first.

use candle_core::{Result as TensorResult, Tensor};

use super::config::Config;
use crate::engine::error::Result;
use crate::engine::kernels;
use crate::engine::layers::Conv2d;
use crate::engine::weights::Vars;

pub(super) struct Head {
    stages: Vec<Stage>,
    fusions: Vec<Fusion>,
    convolutions: [Conv2d; 3],
    patch: usize,
}

impl Head {
    /// Loads it.
    ///
    /// # Errors
    /// When a tensor is missing or misshapen.
    pub fn load(vars: &Vars, config: &Config) -> Result<Self> {
        let (neck, head, fusion) = (vars.at("neck"), vars.at("head"), config.fusion);
        let count = config.taken.len();
        let fused = |i: usize| Fusion::load(&neck.at("fusion_stage.layers").at(i), fusion);
        Ok(Self {
            stages: (0..count).map(|i| Stage::load(&neck, i, config)).collect::<Result<_>>()?,
            fusions: (0..count).map(fused).collect::<Result<_>>()?,
            convolutions: [
                Conv2d::load(&head.at("conv1"), fusion, fusion / 2, 3)?,
                Conv2d::load(&head.at("conv2"), fusion / 2, config.last, 3)?,
                Conv2d::load(&head.at("conv3"), config.last, 1, 1)?,
            ],
            patch: config.patch,
        })
    }

    /// How near each pixel is (1, 1, height, width).
    pub fn forward(
        &self,
        seen: &[Tensor],
        (rows, columns): (usize, usize),
    ) -> TensorResult<Tensor> {
        let maps = self.stages.iter().zip(seen);
        let maps = maps.map(|(stage, states)| stage.forward(states, rows, columns));
        let maps = maps.collect::<TensorResult<Vec<_>>>()?;
        let mut fused: Option<Tensor> = None;
        let deepest_first = maps.iter().rev();
        let next = maps.iter().rev().skip(1).map(Some).chain([None]);
        for ((map, next), fusion) in deepest_first.zip(next).zip(&self.fusions) {
            let size = match next {
                Some(next) => (next.dim(2)?, next.dim(3)?),
                None => (2 * map.dim(2)?, 2 * map.dim(3)?),
            };
            fused = Some(match fused {
                None => fusion.forward(map, None, size)?,
                Some(before) => fusion.forward(&before, Some(map), size)?,
            });
        }
        let Some(fused) = fused else { candle_core::bail!("no layer is looked at") };
        let [first, second, third] = &self.convolutions;
        let (height, width) = (rows * self.patch, columns * self.patch);
        let x = first.forward(&fused)?.upsample_bilinear2d(height, width, true)?;
        third.forward(&second.forward(&x)?.relu()?)?.relu()
    }
}

/// States of one depth as a map of its own size.
struct Stage {
    project: Conv2d,
    resize: Resize,
    /// Without a bias.
    out: Tensor,
}

enum Resize {
    /// A transposed convolution whose windows do not overlap: weights
    /// (channels, channels · factor²), a bias, the factor.
    Grow(Tensor, Tensor, usize),
    Keep,
    Shrink(Conv2d),
}

impl Stage {
    fn load(neck: &Vars, i: usize, config: &Config) -> Result<Self> {
        let (channels, factor) = (config.neck[i], config.factors[i]);
        let own = neck.at("reassemble_stage.layers").at(i);
        let at = own.at("resize");
        let resize = if factor > 1.0 {
            let k = factor as usize;
            let weight = at.get(&[channels, channels, k, k], "weight")?;
            let weight = weight.reshape((channels, channels * k * k))?;
            Resize::Grow(weight, at.get(&[channels], "bias")?, k)
        } else if factor < 1.0 {
            let stride = (1.0 / factor) as usize;
            Resize::Shrink(Conv2d::load_strided(&at, channels, channels, 3, stride, 1)?)
        } else {
            Resize::Keep
        };
        let out = neck.at("convs").at(i).get(&[config.fusion, channels, 3, 3], "weight")?;
        Ok(Self {
            project: Conv2d::load(&own.at("projection"), config.width, channels, 1)?,
            resize,
            out: kernels::arrange(out)?,
        })
    }

    fn forward(&self, states: &Tensor, rows: usize, columns: usize) -> TensorResult<Tensor> {
        let map = kernels::feature_map(states, rows, columns)?;
        let map = self.project.forward(&map)?;
        let map = match &self.resize {
            Resize::Keep => map,
            Resize::Shrink(convolution) => convolution.forward(&map)?,
            Resize::Grow(weight, bias, k) => grow(&map, weight, bias, *k)?,
        };
        kernels::conv2d(&map, &self.out, None, 1, 1)
    }
}

/// Each pixel becomes a square of its own.
fn grow(map: &Tensor, weight: &Tensor, bias: &Tensor, k: usize) -> TensorResult<Tensor> {
    let (_, channels, rows, columns) = map.dims4()?;
    let pixels = map.reshape((channels, rows * columns))?.t()?.contiguous()?;
    let squares = pixels.matmul(weight)?.reshape((rows, columns, channels, k, k))?;
    let squares = squares.permute((2, 0, 3, 1, 4))?.contiguous()?;
    let grown = squares.reshape((1, channels, rows * k, columns * k))?;
    grown.broadcast_add(&bias.reshape((1, channels, 1, 1))?)
}

/// A deeper map joined with the next one.
struct Fusion {
    project: Conv2d,
    first: Residual,
    second: Residual,
}

impl Fusion {
    fn load(vars: &Vars, channels: usize) -> Result<Self> {
        Ok(Self {
            project: Conv2d::load(&vars.at("projection"), channels, channels, 1)?,
            first: Residual::load(&vars.at("residual_layer1"), channels)?,
            second: Residual::load(&vars.at("residual_layer2"), channels)?,
        })
    }

    fn forward(
        &self,
        map: &Tensor,
        more: Option<&Tensor>,
        (height, width): (usize, usize),
    ) -> TensorResult<Tensor> {
        let joined = match more {
            Some(more) if more.dims() == map.dims() => (map + self.first.forward(more)?)?,
            Some(more) => {
                let (_, _, height, width) = map.dims4()?;
                let fitted = more.upsample_bilinear2d(height, width, false)?;
                (map + self.first.forward(&fitted)?)?
            }
            None => map.clone(),
        };
        let refined = self.second.forward(&joined)?;
        self.project.forward(&refined.upsample_bilinear2d(height, width, true)?)
    }
}

/// Two convolutions beside a map.
struct Residual([Conv2d; 2]);

impl Residual {
    fn load(vars: &Vars, channels: usize) -> Result<Self> {
        let load = |name: &str| Conv2d::load(&vars.at(name), channels, channels, 3);
        Ok(Self([load("convolution1")?, load("convolution2")?]))
    }

    fn forward(&self, map: &Tensor) -> TensorResult<Tensor> {
        let Self([first, second]) = self;
        second.forward_onto(&first.forward(&map.relu()?)?.relu()?, map)
    }
}
