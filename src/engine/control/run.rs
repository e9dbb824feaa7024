//! The control net of a run: found, checked against the model, loaded once, and
//! given to the panels that follow a map.

use super::config::ControlConfig;
use super::net::ControlNet;
use super::steer::RowControl;
use crate::engine::config::ConfigFile;
use crate::engine::error::{EngineError, Result};
use crate::engine::inputs::Inputs;
use crate::engine::pipeline::Pipeline;
use crate::engine::plan::Plan;
use crate::engine::sampler::RowText;
use crate::engine::spec::ModelSpec;
use crate::engine::weights::Vars;
use crate::imaging::RgbImage;
use crate::models::{ControlFolder, ModelFolder};
use crate::recipe::{Control, Recipe};
use crate::util::text::sanitise;
use candle_core::{DType, Device, Tensor};
use std::sync::{Arc, PoisonError};

/// A net in memory, by the name and hash of its files.
pub(in crate::engine) type Kept = Option<(String, Arc<ControlNet>)>;

/// The net that a recipe asks for: the one that it names, else the model's own.
///
/// # Errors
/// When there is none, it is not the recipe's, or it cannot be read.
pub fn find_net(control: &Control, model: &ModelFolder) -> Result<ControlFolder> {
    let net = match &control.net {
        Some(path) => ControlFolder::open(std::path::Path::new(path))?,
        None => ControlFolder::of(model)?.ok_or_else(|| {
            EngineError::Unfit(format!(
                "{} has no control net of its own; name one with --control-model DIR",
                sanitise(model.name())
            ))
        })?,
    };
    match &control.hash {
        Some(hash) if *hash != net.hash()? => Err(EngineError::Unfit(format!(
            "{} is not the control net of the recipe: its files have another hash",
            sanitise(net.name())
        ))),
        _ => Ok(net),
    }
}

/// A net's configuration, if it can steer this model by these maps.
///
/// # Errors
/// When it belongs to another family or does not know a kind of map.
pub(in crate::engine) fn fitting(
    net: &ControlFolder,
    control: &Control,
    spec: &ModelSpec,
) -> Result<ControlConfig> {
    let name = sanitise(net.name());
    let config = ControlConfig::parse(&ConfigFile::new(name.as_str(), net.config()?))?;
    if let Some(why) = config.misfit(&spec.unet, spec.vae.factor()) {
        return Err(EngineError::Unfit(format!("{name} cannot steer this model: {why}")));
    }
    for map in &control.maps {
        config.kind_value(map.kind).map_err(|known| {
            let kind = map.kind.name();
            EngineError::Unfit(format!("{name} follows {known} maps, and {kind} is none of them"))
        })?;
    }
    Ok(config)
}

/// A map (1, 3, height, width) in 0..1. Where a net tells kinds apart, one
/// channel holds the kind's value instead.
///
/// # Errors
/// When the tensor cannot be made.
pub fn map_tensor(
    map: &RgbImage,
    kind: Option<(usize, f32)>,
    device: &Device,
    dtype: DType,
) -> Result<Tensor> {
    let (width, height) = (map.width() as usize, map.height() as usize);
    let channel = |c: usize| match kind.filter(|(channel, _)| *channel == c) {
        Some((_, value)) => vec![value; width * height],
        None => map.pixels().map(|pixel| f32::from(pixel.0[c]) / 255.0).collect(),
    };
    let values = (0..3).flat_map(channel).collect();
    let tensor = Tensor::from_vec(values, (1, 3, height, width), &Device::Cpu)?;
    Ok(tensor.to_device(device)?.to_dtype(dtype)?)
}

impl Pipeline {
    /// Loads the net of a plan and gives each panel's text the map that it
    /// follows; `None` when nothing is steered.
    ///
    /// # Errors
    /// When a map was not read, the net is damaged, or an operation fails.
    pub(in crate::engine) fn steer(
        &self,
        recipe: &Recipe,
        plan: &Plan,
        inputs: &Inputs,
        texts: &mut [RowText],
    ) -> Result<Option<Arc<ControlNet>>> {
        let (Some(control), Some(folder)) = (&recipe.control, &plan.control) else {
            return Ok(None);
        };
        if inputs.maps.len() != control.maps.len() {
            return Err(EngineError::Unfit("a control map was not read".into()));
        }
        let net = self.net(folder, control)?;
        let embed = |(asked, map): (&crate::recipe::ControlMap, &RgbImage)| {
            let value = net.config().kind_value(asked.kind).map_err(EngineError::Unfit)?;
            let kinds = net.config().kinds.as_ref();
            let kind = kinds.zip(value).map(|(kinds, value)| (kinds.channel, value));
            let map = net.embed(&map_tensor(map, kind, &self.device, self.dtype)?)?;
            let (scale, start, end) = (asked.scale, asked.start, asked.end);
            Ok(RowControl { map, scale, start, end, negative_text: control.negative_text })
        };
        let rows = control.maps.iter().zip(&inputs.maps).map(embed).collect::<Result<Vec<_>>>()?;
        for (panel, text) in texts.iter_mut().enumerate() {
            let followed = control.map_of(panel, plan.is_anchor(panel));
            text.control = followed.and_then(|number| rows.get(number).cloned());
        }
        Ok(Some(net))
    }

    /// The net of this folder, kept from run to run.
    fn net(&self, folder: &ControlFolder, control: &Control) -> Result<Arc<ControlNet>> {
        let key = format!("{} {}", folder.name(), folder.hash()?);
        let mut kept = self.net.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, net)) = &*kept
            && *of == key
        {
            return Ok(net.clone());
        }
        // The old one goes first, so that two never share the memory.
        *kept = None;
        let config = fitting(folder, control, &self.spec)?;
        let vars = Vars::new("the control net", folder.weights()?, &self.device, self.dtype);
        let net = Arc::new(ControlNet::load(&vars, config)?);
        *kept = Some((key, net.clone()));
        Ok(net)
    }
}
