//! The networks that are measured, and what goes into them.

use candle_core::{DType, Device, Tensor};

use super::shapes::Load;
use crate::engine::pass::Pass;
use crate::engine::random::RandomTensors;
use crate::engine::style::{StyleContext, guidance_rows};
use crate::engine::unet::{UNet, UNetInput};
use crate::engine::vae::Vae;
use crate::engine::weights::Vars;
use crate::engine::{EngineError, LoadOptions, ModelSpec, Pipeline, time_ids};
use crate::models::ModelFolder;
use crate::recipe::{Size, Style};

/// A timestep from the middle of a run; all cost the same.
const TIMESTEP: f64 = 481.0;

/// A model, or the measured parts of one with random weights.
pub enum Network {
    /// As paint loads it.
    Model(Box<Pipeline>),
    /// Without text encoders.
    Random(Box<(UNet, Vae)>),
}

impl Network {
    /// Loads a model.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Self, EngineError> {
        Ok(Self::Model(Box::new(Pipeline::load(folder, options)?)))
    }

    /// Makes weights of a model's shape on the device.
    ///
    /// # Errors
    /// When it has too little memory.
    pub fn random(spec: &ModelSpec, device: &Device, dtype: DType) -> Result<Self, EngineError> {
        let vars = |part: &str, dtype| {
            Ok::<_, EngineError>(Vars::new(part, RandomTensors::new(device, dtype)?, device, dtype))
        };
        let unet = UNet::load(&vars("unet", dtype)?, spec.unet.clone())?;
        let vae = Vae::load(&vars("vae", DType::F32)?, spec.vae.clone())?;
        Ok(Self::Random(Box::new((unet, vae))))
    }

    /// The model as a whole, if it is one.
    pub fn pipeline(&self) -> Option<&Pipeline> {
        match self {
            Self::Model(pipeline) => Some(pipeline),
            Self::Random(_) => None,
        }
    }

    /// The UNet.
    pub fn unet(&self) -> &UNet {
        match self {
            Self::Model(pipeline) => pipeline.unet(),
            Self::Random(parts) => &parts.0,
        }
    }

    /// The VAE.
    pub fn vae(&self) -> &Vae {
        match self {
            Self::Model(pipeline) => pipeline.vae(),
            Self::Random(parts) => &parts.1,
        }
    }
}

/// One step's inputs.
pub struct Step {
    latents: Tensor,
    input: UNetInput,
    style: StyleContext,
}

impl Step {
    /// Random latents and text for a batch of this size.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(
        unet: &UNet,
        random: &RandomTensors,
        load: Load,
        size: Size,
    ) -> Result<Self, EngineError> {
        let (channels, height, width) = load.latents;
        let config = unet.config();
        let normal = |name: &str, shape: &[usize]| random.tensor(name, shape, 1.0, 0.0);
        let added = match &config.text_time {
            Some(shape) => {
                let width = shape.input_dim.saturating_sub(6 * shape.id_dim);
                Some((normal("pooled", &[load.rows, width])?, vec![time_ids(size); load.rows]))
            }
            None => None,
        };
        let rows = guidance_rows(load.rows / load.halves, load.halves);
        let layers = vec![true; config.self_attentions()];
        Ok(Self {
            latents: normal("latents", &[load.rows, channels, height, width])?,
            input: UNetInput {
                context: normal("context", &[load.rows, load.tokens, config.context_dim])?,
                added,
            },
            style: StyleContext::new(&Style::default(), &rows, layers),
        })
    }

    /// Runs the UNet as the sampler does.
    ///
    /// # Errors
    /// When the device fails.
    pub fn run(&self, unet: &UNet, shared: bool) -> Result<(), EngineError> {
        let pass = Pass { style: shared.then_some(&self.style), ..Pass::default() };
        unet.forward(&self.latents, TIMESTEP, &self.input, None, pass)?;
        Ok(())
    }
}
