//! The families of models.

/// The families of models that predella paints with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PipelineClass {
    /// Stable Diffusion 1.x: one text encoder.
    StableDiffusion,
    /// Stable Diffusion XL: two text encoders and size conditioning.
    StableDiffusionXl,
}

impl PipelineClass {
    /// Reads the class name of `model_index.json`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "StableDiffusionPipeline" => Some(Self::StableDiffusion),
            "StableDiffusionXLPipeline" => Some(Self::StableDiffusionXl),
            _ => None,
        }
    }

    /// The name in `model_index.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StableDiffusion => "StableDiffusionPipeline",
            Self::StableDiffusionXl => "StableDiffusionXLPipeline",
        }
    }
}
