//! The network: the encoder half of a UNet with the map added to its input, and
//! a convolution behind each output, which training begins at zero.

use super::config::ControlConfig;
use crate::engine::error::{EngineError, Result};
use crate::engine::kernels;
use crate::engine::layers::Conv2d;
use crate::engine::pass::Pass;
use crate::engine::unet::{
    Conditioning, DownBlock, MidBlock, StepEmbedding, UNetInput, skip_channels,
};
use crate::engine::weights::Vars;
use candle_core::{Result as TensorResult, Tensor};

/// What a control net adds to a UNet: to each skip connection, and in the middle.
#[derive(Debug, Clone)]
pub struct Residuals {
    /// One for each skip connection, in the order of the way down.
    pub down: Vec<Tensor>,
    /// For the middle.
    pub mid: Tensor,
}

impl Residuals {
    /// Those of some rows alone.
    ///
    /// # Errors
    /// When there are no such rows.
    pub fn rows(&self, from: usize, count: usize) -> TensorResult<Self> {
        let rows = |x: &Tensor| x.narrow(0, from, count);
        let down = self.down.iter().map(rows).collect::<TensorResult<_>>()?;
        Ok(Self { down, mid: rows(&self.mid)? })
    }

    /// The same change for each of them.
    ///
    /// # Errors
    /// When the change fails.
    pub fn map(&self, change: impl Fn(&Tensor) -> TensorResult<Tensor>) -> TensorResult<Self> {
        let down = self.down.iter().map(&change).collect::<TensorResult<_>>()?;
        Ok(Self { down, mid: change(&self.mid)? })
    }
}

/// ControlNet (arXiv 2302.05543).
#[derive(Debug, Clone)]
pub struct ControlNet {
    config: ControlConfig,
    embedding: MapEmbedding,
    time: StepEmbedding,
    conv_in: Conv2d,
    down: Vec<DownBlock>,
    mid: MidBlock,
    down_zeros: Vec<Conv2d>,
    mid_zero: Conv2d,
}

impl ControlNet {
    /// Loads the network; every tensor of the file must have a place in it.
    ///
    /// # Errors
    /// When a tensor is missing, misshapen or left over.
    pub fn load(vars: &Vars, config: ControlConfig) -> Result<Self> {
        let unet = &config.unet;
        let (first, levels) = (unet.levels[0].channels, unet.levels.len());
        let last = unet.levels[levels - 1].channels;
        let mut next = 0;
        let down = (0..levels)
            .map(|i| DownBlock::load(&vars.at("down_blocks").at(i), unet, i, &mut next))
            .collect::<Result<_>>()?;
        let zero = |(i, channels): (usize, usize)| {
            Conv2d::load(&vars.at("controlnet_down_blocks").at(i), channels, channels, 1)
        };
        let net = Self {
            embedding: MapEmbedding::load(&vars.at("controlnet_cond_embedding"), &config)?,
            time: StepEmbedding::load(vars, unet)?,
            conv_in: Conv2d::load(&vars.at("conv_in"), unet.in_channels, first, 3)?,
            mid: MidBlock::load(&vars.at("mid_block"), unet, &mut next)?,
            down_zeros: skip_channels(unet)
                .into_iter()
                .enumerate()
                .map(zero)
                .collect::<Result<_>>()?,
            mid_zero: Conv2d::load(&vars.at("controlnet_mid_block"), last, last, 1)?,
            down,
            config,
        };
        match vars.unused().first() {
            None => Ok(net),
            Some(name) => Err(EngineError::Weights {
                file: "the control net".into(),
                message: format!("{name} has no place"),
            }),
        }
    }

    /// Its shape.
    pub fn config(&self) -> &ControlConfig {
        &self.config
    }

    /// What a map (rows, 3, height, width) in 0..1 becomes; the same at every step.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn embed(&self, map: &Tensor) -> TensorResult<Tensor> {
        self.embedding.forward(map)
    }

    /// The residuals for latents (rows, channels, height, width) under embedded
    /// maps, one a row. Style is not shared in here.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        maps: &Tensor,
    ) -> TensorResult<Residuals> {
        let pass = Pass::default();
        pass.run(latents.device(), |pass| self.residuals(latents, timestep, input, maps, pass))
    }

    fn residuals(
        &self,
        latents: &Tensor,
        timestep: f64,
        input: &UNetInput,
        maps: &Tensor,
        pass: Pass,
    ) -> TensorResult<Residuals> {
        let time = kernels::silu(&self.time.forward(latents, timestep, input, pass)?)?;
        let given = Conditioning { time: &time, context: &input.context };
        let mut hidden = kernels::add(&self.conv_in.forward(latents)?, maps)?;
        let mut skips = vec![hidden.clone()];
        for block in &self.down {
            hidden = block.forward(&hidden, given, &mut skips, pass)?;
        }
        hidden = self.mid.forward(&hidden, given, pass)?;
        let zeros = self.down_zeros.iter().zip(&skips);
        Ok(Residuals {
            down: zeros.map(|(zero, skip)| zero.forward(skip)).collect::<TensorResult<_>>()?,
            mid: self.mid_zero.forward(&hidden)?,
        })
    }
}

/// Convolutions that bring a map to the size and width of the first level.
#[derive(Debug, Clone)]
struct MapEmbedding {
    convs: Vec<Conv2d>,
    out: Conv2d,
}

impl MapEmbedding {
    fn load(vars: &Vars, config: &ControlConfig) -> Result<Self> {
        let widths = &config.widths;
        let mut convs = vec![Conv2d::load(&vars.at("conv_in"), config.channels, widths[0], 3)?];
        for (i, pair) in widths.windows(2).enumerate() {
            let (from, to, blocks) = (pair[0], pair[1], vars.at("blocks"));
            convs.push(Conv2d::load(&blocks.at(2 * i), from, from, 3)?);
            convs.push(Conv2d::load_strided(&blocks.at(2 * i + 1), from, to, 3, 2, 1)?);
        }
        let (last, first) = (widths[widths.len() - 1], config.unet.levels[0].channels);
        Ok(Self { convs, out: Conv2d::load(&vars.at("conv_out"), last, first, 3)? })
    }

    fn forward(&self, map: &Tensor) -> TensorResult<Tensor> {
        let mut hidden = kernels::arrange(map.clone())?;
        for conv in &self.convs {
            hidden = kernels::silu(&conv.forward(&hidden)?)?;
        }
        self.out.forward(&hidden)
    }
}
