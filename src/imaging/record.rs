//! What a picture says about its making.

use serde::{Deserialize, Serialize};

use super::PictureError;
use crate::recipe::{Recipe, SchedulerKind, yaml};
use crate::util::text::clip;

/// Format of the document that this version writes.
const VERSION: u32 = 1;

/// Which panel of which recipe a picture is.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureRecord {
    /// The whole set's recipe: the panel can only be painted again with its
    /// anchor, which may be another panel.
    pub recipe: Recipe,
    /// The panel, from 0.
    pub panel: usize,
}

/// The YAML document inside a picture.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    panel: usize,
    /// See [`super::pixel_hash`].
    pixels: String,
    recipe: Recipe,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl PictureRecord {
    /// The document for a picture with this pixel hash.
    pub(super) fn to_yaml(&self, pixels: &str) -> Result<String, PictureError> {
        self.check()?;
        let (version, panel) = (VERSION, self.panel);
        let (pixels, recipe) = (pixels.to_owned(), self.recipe.clone());
        yaml::to_string(&Document { version, panel, pixels, recipe })
            .map_err(|error| PictureError::Record(clip(&error.to_string(), 200)))
    }

    /// Reads a document and checks it; gives the pixel hash too.
    pub(super) fn from_yaml(text: &str) -> Result<(Self, String), PictureError> {
        let refused = |error: yaml::YamlError| PictureError::Record(clip(&error.to_string(), 200));
        let Head { version } = yaml::from_str(text).map_err(refused)?;
        if version != VERSION {
            let message = format!("it is of version {version}, made by a newer predella");
            return Err(PictureError::Record(message));
        }
        let Document { panel, pixels, recipe, .. } = yaml::from_str(text).map_err(refused)?;
        let record = Self { recipe, panel };
        record.check()?;
        Ok((record, pixels))
    }

    fn check(&self) -> Result<(), PictureError> {
        let panels = self.recipe.panels.len();
        if self.panel >= panels {
            let message = format!("panel {} of {panels} does not exist", self.panel + 1);
            return Err(PictureError::Record(message));
        }
        self.recipe.check().map_err(|error| PictureError::Record(clip(&error.to_string(), 200)))
    }
}

/// The record as the `parameters` text that AUTOMATIC1111's web UI writes and
/// most other tools read: the prompt, the negative prompt, then one line of
/// `Key: value` pairs.
pub fn parameters(record: &PictureRecord) -> String {
    let PictureRecord { recipe, panel } = record;
    let size = recipe.size_of(*panel);
    let panel = recipe.panels.get(*panel);
    let mut text = panel.map(|panel| recipe.prompt(panel)).unwrap_or_default();
    if let Some(negative) = recipe.negative_prompt.as_deref().filter(|n| !n.trim().is_empty()) {
        text.push_str("\nNegative prompt: ");
        text.push_str(negative);
    }
    let mut pairs = vec![("Steps", recipe.steps.to_string())];
    if let Some(kind) = recipe.scheduler.kind {
        pairs.push(("Sampler", sampler(kind).to_owned()));
    }
    pairs.push(("CFG scale", recipe.guidance_scale.to_string()));
    if let Some(panel) = panel {
        pairs.push(("Seed", panel.seed.to_string()));
    }
    pairs.push(("Size", format!("{}x{}", size.width, size.height)));
    pairs.push(("Model", recipe.model.name.clone()));
    if let Some(hash) = &recipe.model.hash {
        pairs.push(("Model hash", hash.chars().take(10).collect()));
    }
    pairs.push(("Version", format!("predella {}", recipe.engine)));
    let pairs = pairs.into_iter().map(|(key, value)| format!("{key}: {}", quoted(value)));
    text.push('\n');
    text.push_str(&pairs.collect::<Vec<_>>().join(", "));
    // PNG text ends at a zero byte and breaks lines with a line feed alone.
    text.replace('\0', "").replace("\r\n", "\n").replace('\r', "\n")
}

fn sampler(kind: SchedulerKind) -> &'static str {
    match kind {
        SchedulerKind::Ddim => "DDIM",
        SchedulerKind::Euler => "Euler",
    }
}

/// A value that would break the line is written as a JSON string, as the web UI does.
fn quoted(value: String) -> String {
    match value.contains([',', ':', '\n', '"']) {
        true => serde_json::Value::String(value).to_string(),
        false => value,
    }
}
