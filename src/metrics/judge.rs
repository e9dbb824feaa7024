//! The two judges: one sees how well a picture fits a text, one how alike two
//! pictures are in style.

use super::vector::Unit;
use super::vit::{self, Vit, VitConfig};
use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::engine::layers::Linear;
use crate::engine::prepare::Prepare;
use crate::engine::text::{ClipConfig, ClipTextModel, Tokenizer};
use crate::engine::weights::Vars;
use crate::imaging::RgbImage;
use crate::models::NetFolder;
use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who judged: numbers of different judges are not comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeName {
    /// The name that it was opened by.
    pub name: String,
    /// SHA-256 of its files, in hex.
    pub hash: String,
}

impl JudgeName {
    fn of(folder: &NetFolder) -> Result<Self> {
        Ok(Self { name: folder.name().to_owned(), hash: folder.hash()? })
    }
}

/// Says how well a picture fits a text: `CLIPModel` (arXiv 2103.00020).
pub struct ClipJudge {
    who: JudgeName,
    tokenizer: Tokenizer,
    text: ClipTextModel,
    vit: Vit,
    projection: Linear,
    prepare: Prepare,
    device: Device,
}

impl ClipJudge {
    /// Loads it from a folder in the layout of transformers.
    ///
    /// # Errors
    /// When a file is missing or is not that of a `CLIPModel`.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let config = folder.config()?;
        let file = ConfigFile::new("config.json", config.clone());
        if config["model_type"] != "clip" {
            return Err(file.fault("this is no CLIPModel: its model_type is not \"clip\""));
        }
        let part = |name: &str, extra: Value| {
            let mut value = extra;
            if let (Some(to), Some(from)) = (value.as_object_mut(), config[name].as_object()) {
                to.extend(from.clone());
            }
            ConfigFile::new(format!("config.json ({name})"), value)
        };
        let width = config["projection_dim"].as_u64().unwrap_or(512) as usize;
        let acts = json!({ "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "patch_size": 32 });
        let vision = VitConfig::parse(&part("vision_config", acts))?;
        let mut text = ClipConfig::parse(&part("text_config", json!({})))?;
        text.projection_dim = width;
        let vars = Vars::new(folder.name(), folder.weights()?, device, DType::F32);
        Ok(Self {
            who: JudgeName::of(folder)?,
            tokenizer: Tokenizer::read("", &|name| folder.text(name))?,
            text: ClipTextModel::load(&vars, text, true)?,
            vit: Vit::load(&vars.at("vision_model"), &vision, &vit::CLIP)?,
            projection: Linear::load(
                &vars.at("visual_projection"),
                vision.hidden_size,
                width,
                false,
            )?,
            prepare: Prepare::of(folder, vision.image_size)?,
            device: device.clone(),
        })
    }

    /// Its name.
    pub fn who(&self) -> &JudgeName {
        &self.who
    }

    /// How it wants its pictures.
    pub fn prepare(&self) -> &Prepare {
        &self.prepare
    }

    /// Where a text lies in the space that it shares with pictures.
    ///
    /// # Errors
    /// When the text cannot be turned into tokens.
    pub fn text(&self, text: &str) -> Result<Unit> {
        Unit::of(&self.text.forward(&self.tokenizer.encode(text)?)?.pooled)
    }

    /// Where a picture lies in that space.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn picture(&self, picture: &RgbImage) -> Result<Unit> {
        let pixels = self.prepare.tensor(picture, &self.device)?;
        Unit::of(&self.projection.forward(&self.vit.forward(&pixels)?)?)
    }
}

/// Says how alike pictures are: the class token of `ViTModel`, as DINO trains
/// it (arXiv 2104.14294).
pub struct StyleJudge {
    who: JudgeName,
    vit: Vit,
    prepare: Prepare,
    device: Device,
}

impl StyleJudge {
    /// Loads it from a folder in the layout of transformers.
    ///
    /// # Errors
    /// When a file is missing or is not that of a `ViTModel`.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let config = folder.config()?;
        let file = ConfigFile::new("config.json", config.clone());
        if config["model_type"] != "vit" {
            return Err(file.fault("this is no ViTModel: its model_type is not \"vit\""));
        }
        let mut filled = json!({ "hidden_act": "gelu", "layer_norm_eps": 1e-12, "patch_size": 16 });
        if let (Some(to), Some(from)) = (filled.as_object_mut(), config.as_object()) {
            to.extend(from.clone());
        }
        let config = VitConfig::parse(&ConfigFile::new("config.json", filled))?;
        let vars = Vars::new(folder.name(), folder.weights()?, device, DType::F32);
        // A network that was saved with a head keeps the rest under a name.
        let root = if vars.has("vit.layernorm.weight") { vars.at("vit") } else { vars };
        Ok(Self {
            who: JudgeName::of(folder)?,
            vit: Vit::load(&root, &config, &vit::VIT)?,
            prepare: Prepare::of(folder, config.image_size)?,
            device: device.clone(),
        })
    }

    /// Its name.
    pub fn who(&self) -> &JudgeName {
        &self.who
    }

    /// How it wants its pictures.
    pub fn prepare(&self) -> &Prepare {
        &self.prepare
    }

    /// Where a picture lies among styles.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn picture(&self, picture: &RgbImage) -> Result<Unit> {
        Unit::of(&self.vit.forward(&self.prepare.tensor(picture, &self.device)?)?)
    }
}

impl Unit {
    /// A state (1, width) at length one.
    fn of(state: &Tensor) -> Result<Self> {
        Ok(Self::new(state.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?))
    }
}
