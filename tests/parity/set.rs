//! One folder of golden tensors: tiny models, inputs, and what the published
//! reference computed with them.

use super::report::Tolerance;
use candle_core::{DType, Device, Tensor};
use predella::engine::text::PromptEncoder;
use predella::engine::{ModelSpec, unet::UNet, vae::Vae, weights::Vars};
use predella::models::ModelFolder;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Whether a golden is the output of a module on the way.
fn is_module(name: &str) -> bool {
    let parts = ["/hook.", "_controlnet/down.", "_controlnet/mid"];
    parts.iter().any(|part| name.contains(part))
}

/// A tiny model, loaded.
pub struct Model {
    pub folder: ModelFolder,
    pub spec: ModelSpec,
    pub unet: UNet,
    pub vae: Vae,
    pub text: PromptEncoder,
}

/// Where the engine computes, and with which numbers the UNet does.
#[derive(Clone)]
pub struct Place {
    pub device: Device,
    pub dtype: DType,
}

impl Place {
    /// What a bound for single precision becomes with these numbers.
    ///
    /// The goldens allow half precision 2e-3 in a forward pass and 1e-2 in a loop, brain floats
    /// ten times that. Rounding alone moves the result of a pass between 1.6e-3 and 3.8e-3 in
    /// PyTorch, by the case and how it attends, and modules on the way, whose outputs nearly
    /// cancel, a control net's residuals among them, up to 7e-3: so a pass may be 4e-3 off, and
    /// a module 1e-2.
    pub fn bound(&self, name: &str, tolerance: Tolerance) -> Tolerance {
        let factor = match self.dtype {
            DType::F32 => return tolerance,
            DType::BF16 => 8.0,
            _ => 1.0,
        };
        let bound = match tolerance {
            Tolerance::Exact => return tolerance,
            Tolerance::Bytes => 2e-2,
            Tolerance::Relative(bound) if bound <= 1e-5 => 2e-3,
            Tolerance::Relative(bound) if bound > 1e-4 || is_module(name) => 1e-2,
            Tolerance::Relative(_) => 4e-3,
        };
        Tolerance::Relative(bound * factor)
    }
}

/// A folder with `meta.json`, `golden/` and models.
pub struct Set {
    dir: PathBuf,
    pub meta: Value,
    pub place: Place,
    models: RefCell<HashMap<String, Rc<Model>>>,
}

/// One golden file: its description and its tensors.
pub struct Golden<'a> {
    pub name: String,
    pub params: &'a Value,
    pub tensors: HashMap<String, Tensor>,
    pub place: &'a Place,
}

impl Set {
    pub fn open(dir: &Path, place: Place) -> Fallible<Self> {
        let path = dir.join("meta.json");
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let meta = serde_json::from_str(&text)?;
        Ok(Self { dir: dir.to_owned(), meta, place, models: RefCell::default() })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Names of the golden files.
    pub fn names(&self) -> Vec<String> {
        self.meta["files"].as_object().map(|f| f.keys().cloned().collect()).unwrap_or_default()
    }

    pub fn golden(&self, name: &str) -> Fallible<Golden<'_>> {
        let entry = &self.meta["files"][name];
        let file = entry["file"].as_str().ok_or_else(|| format!("no golden {name}"))?;
        let tensors = candle_core::safetensors::load(self.dir.join(file), &self.place.device)?;
        let (params, place) = (&entry["params"], &self.place);
        Ok(Golden { name: name.to_owned(), params, tensors, place })
    }

    /// The model of a family, loaded once.
    pub fn model(&self, family: &str) -> Fallible<Rc<Model>> {
        if let Some(model) = self.models.borrow().get(family) {
            return Ok(model.clone());
        }
        let dir = self.meta["models"][family]["dir"]
            .as_str()
            .ok_or_else(|| format!("no model {family}"))?;
        let folder = ModelFolder::open(&self.dir.join(dir))?;
        let spec = ModelSpec::read(&folder)?;
        let Place { device, dtype } = &self.place;
        let vars = |part: &str, dtype| {
            let weights = folder.weights(part, None)?;
            Fallible::Ok(Vars::new(part, weights, device, dtype))
        };
        let unet = UNet::load(&vars("unet", *dtype)?, spec.unet.clone())?;
        let vae = Vae::load(&vars("vae", DType::F32)?, spec.vae.clone())?;
        let text = PromptEncoder::load(&folder, device)?;
        let model = Rc::new(Model { spec, unet, vae, text, folder });
        self.models.borrow_mut().insert(family.to_owned(), model.clone());
        Ok(model)
    }
}

impl Golden<'_> {
    pub fn tensor(&self, name: &str) -> Fallible<&Tensor> {
        self.tensors.get(name).ok_or_else(|| format!("{}: no tensor {name}", self.name).into())
    }

    /// A tensor as the UNet takes it.
    pub fn input(&self, name: &str) -> Fallible<Tensor> {
        Ok(self.tensor(name)?.to_dtype(self.place.dtype)?)
    }

    pub fn str(&self, param: &str) -> Fallible<&str> {
        self.params[param].as_str().ok_or_else(|| format!("{}: no {param}", self.name).into())
    }

    pub fn number(&self, param: &str) -> Fallible<f64> {
        self.params[param].as_f64().ok_or_else(|| format!("{}: no {param}", self.name).into())
    }
}
