//! A recipe to pictures.

use super::control;
use super::device::{Precision, device_name};
use super::error::{EngineError, Result};
use super::guides::{Guides, Kept};
use super::inputs::Inputs;
use super::invert::Shelf;
use super::kernels;
use super::pass::{Pass, Watch};
use super::pixels;
use super::plan::{LoadOptions, Plan};
use super::run::Run;
use super::sampler::{Sampler, StepView};
use super::schedule::Scheduler;
use super::spec::{Family, ModelSpec};
use super::style::layers;
use super::text::{PromptCheck, PromptEncoder};
use super::unet::UNet;
use super::vae::{LatentColours, Vae};
use super::weights::Vars;
use crate::models::ModelFolder;
use crate::recipe::{Recipe, Size};
use candle_core::{DType, Device, Tensor};
use image::RgbImage;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Loading kernels, which a GPU's driver compiles when it sees them for the first time.
    Kernels,
    /// Encoding prompts.
    Text,
    /// Bringing reference pictures to the noise of each step.
    Invert,
    /// Denoising latents.
    Denoise,
    /// Decoding latents to pictures.
    Decode,
}

/// What a run reports.
#[derive(Debug, Clone)]
pub enum Event {
    /// A stage begins.
    Stage(Stage),
    /// A step of the inversion before all chunks is finished.
    Inverted {
        /// Steps finished, from 1.
        step: usize,
        /// Steps of the inversion.
        steps: usize,
        /// The references on their way to noise, in steps that are shown.
        pictures: Vec<RgbImage>,
    },
    /// A step of a chunk is finished.
    Step {
        /// The chunk, from 0.
        chunk: usize,
        /// Steps finished, from 1.
        step: usize,
        /// Steps of the chunk.
        steps: usize,
    },
    /// How panels would look if the step were the last; a pixel a latent cell.
    Preview {
        /// Index of each panel and its small picture.
        panels: Vec<(usize, RgbImage)>,
    },
    /// A panel is finished.
    Panel {
        /// Its index in the recipe.
        index: usize,
        /// The picture.
        picture: RgbImage,
    },
}

/// A model in memory.
pub struct Pipeline {
    pub(super) spec: ModelSpec,
    pub(super) text: PromptEncoder,
    pub(super) unet: UNet,
    pub(super) vae: Vae,
    pub(super) device: Device,
    pub(super) dtype: DType,
    pub(super) kept: Mutex<Kept>,
    pub(super) shelf: Option<Shelf>,
    pub(super) net: Mutex<control::Kept>,
    previews: Option<(NonZeroUsize, LatentColours)>,
}

impl Pipeline {
    /// Loads a model.
    ///
    /// # Errors
    /// When its files are missing, damaged or do not fit each other, or the
    /// device cannot be used.
    pub fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Self> {
        let spec = ModelSpec::read(folder)?;
        let device = options.device.open()?;
        let dtype = options.precision.dtype(&device)?;
        // Who asks for single precision gets all of it; else only the VAE computes in it, for
        // its range and not for its digits.
        kernels::allow_tf32(options.precision != Precision::F32);
        let vars = |part: &str, dtype| {
            Ok::<_, EngineError>(Vars::new(part, folder.weights(part, None)?, &device, dtype))
        };
        let unet_vars = vars("unet", dtype)?;
        let unet = UNet::load(&unet_vars, spec.unet.clone())?;
        let unused = unet_vars.unused();
        if let Some(name) = unused.first() {
            // Weights that nothing reads mean an architecture that we misread.
            return Err(EngineError::Weights {
                file: "unet".into(),
                message: format!("{} tensors have no place, {name} among them", unused.len()),
            });
        }
        let vae = Vae::load(&vars("vae", DType::F32)?, spec.vae.clone())?;
        let text = PromptEncoder::load(folder, &device)?;
        let (kept, net) = (Mutex::default(), Mutex::default());
        Ok(Self { spec, text, unet, vae, device, dtype, kept, net, shelf: None, previews: None })
    }

    /// Reports previews every so many steps from now on.
    ///
    /// # Errors
    /// When the VAE cannot decode the sample that previews are fitted to.
    pub fn show_previews(&mut self, every: NonZeroUsize) -> Result<()> {
        self.previews = Some((every, LatentColours::fit(&self.vae, &self.device)?));
        Ok(())
    }

    /// Keeps inversions on disk from now on, and takes them from there.
    pub fn keep_inversions(&mut self, shelf: Shelf) {
        self.shelf = Some(shelf);
    }

    /// The device's name: `cpu`, `cuda:0`, `metal`.
    pub fn device_name(&self) -> String {
        device_name(&self.device)
    }

    /// How much of a prompt the model sees.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn check_prompt(&self, text: &str) -> Result<PromptCheck> {
        self.text.check(text)
    }

    /// The UNet, for measuring it alone.
    pub fn unet(&self) -> &UNet {
        &self.unet
    }

    /// The VAE, for measuring it alone.
    pub fn vae(&self) -> &Vae {
        &self.vae
    }

    /// Where and with which numbers the UNet computes.
    pub fn numbers(&self) -> (&Device, DType) {
        (&self.device, self.dtype)
    }

    /// Paints a recipe with the pictures that it names. Panels come as events, in order, as they are finished.
    /// `stop` is looked at before every step and every decoding.
    ///
    /// # Errors
    /// [`EngineError::Stopped`] after a stop; what was finished has been reported.
    pub fn paint(
        &self,
        recipe: &Recipe,
        plan: &Plan,
        inputs: &Inputs,
        stop: &AtomicBool,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<()> {
        self.paint_watched(recipe, plan, inputs, stop, None, on_event)
    }

    /// The same with somebody who watches how style is shared.
    ///
    /// # Errors
    /// As [`Self::paint`].
    pub fn paint_watched(
        &self,
        recipe: &Recipe,
        plan: &Plan,
        inputs: &Inputs,
        stop: &AtomicBool,
        watch: Option<&dyn Watch>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<()> {
        recipe.check()?;
        if !self.device.is_cpu() {
            on_event(Event::Stage(Stage::Kernels));
            kernels::load(&self.device)?;
        }
        on_event(Event::Stage(Stage::Text));
        let mut texts = self.encode_prompts(recipe, stop)?;
        let control = self.steer(recipe, plan, inputs, &mut texts)?;
        let scheduler =
            Scheduler::new(&self.spec.scheduler(recipe.scheduler)?, recipe.steps as usize)?;
        let layers = layers::mask(&recipe.style.layers, &self.spec.unet)?;
        let swaps = layers::swaps(&recipe.style, &self.spec.unet)?;
        let guides = match plan.references {
            0 => Guides::default(),
            _ => self.guides(recipe, inputs, &scheduler, stop, on_event)?,
        };
        let sampler = Sampler {
            unet: &self.unet,
            scheduler: &scheduler,
            guidance_scale: recipe.guidance_scale,
            style: plan.aligned.then_some(&recipe.style),
            layers: &layers,
            swaps: &swaps,
            control: control.as_deref(),
            references: guides.references(),
            watch,
        };
        let (sampler, guides, texts) = (&sampler, &guides, texts.as_slice());
        let run = Run { pipeline: self, recipe, plan, sampler, guides, texts, stop };
        (0..plan.chunks.len()).try_for_each(|chunk| run.chunk(chunk, on_event))
    }

    /// Small pictures of a chunk's panels, behind `carried` rows, where the step is
    /// one to show; the last is not, since the pictures themselves follow.
    pub(super) fn preview(
        &self,
        view: &StepView,
        carried: usize,
        chunk: &[usize],
        steps: usize,
    ) -> Result<Option<Vec<(usize, RgbImage)>>> {
        let Some((every, colours)) = &self.previews else { return Ok(None) };
        let step = view.index + 1;
        if !step.is_multiple_of(every.get()) || step == steps {
            return Ok(None);
        }
        let small = |(row, panel): (usize, &usize)| {
            Ok((*panel, colours.picture(&view.clean.narrow(0, carried + row, 1)?)?))
        };
        chunk.iter().enumerate().map(small).collect::<Result<_>>().map(Some)
    }

    /// Small pictures of references on their way, where the step is one to show.
    pub(super) fn look(&self, step: usize, latents: &Tensor) -> Result<Vec<RgbImage>> {
        let Some((every, colours)) = &self.previews else { return Ok(Vec::new()) };
        if !step.is_multiple_of(every.get()) {
            return Ok(Vec::new());
        }
        let small = |row: usize| Ok(colours.picture(&latents.narrow(0, row, 1)?)?);
        (0..latents.dim(0)?).map(small).collect()
    }

    /// Latents (1, channels, height, width) to a picture.
    pub(super) fn decode(&self, latents: &Tensor) -> Result<RgbImage> {
        let decoded = self.vae.decode(&latents.to_dtype(DType::F32)?, Pass::default())?;
        pixels::to_image(&decoded)
    }

    /// How the model is conditioned.
    pub fn family(&self) -> Family {
        self.spec.family
    }
}

/// SDXL's sizes for a picture that was neither scaled nor cropped.
pub fn time_ids(size: Size) -> [f64; 6] {
    let (height, width) = (f64::from(size.height), f64::from(size.width));
    [height, width, 0.0, 0.0, height, width]
}

pub(super) fn check(stop: &AtomicBool) -> Result<()> {
    if stop.load(Ordering::Relaxed) { Err(EngineError::Stopped) } else { Ok(()) }
}
