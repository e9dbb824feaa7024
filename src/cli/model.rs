//! Finding the model that a command line names.

use crate::engine::{Family, ModelSpec};
use crate::models::{Hub, MINI, ModelFolder, ModelSource};
use crate::recipe::Size;

use super::error::{CliError, Kind};

/// What a model paints best with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defaults {
    /// The size that it was trained for.
    pub size: Size,
    /// Steps that are enough.
    pub steps: u32,
    /// Guidance scale.
    pub guidance: f64,
}

/// Opens a model that is on this machine: `mini`, a folder, or a downloaded one.
///
/// # Errors
/// When it is missing, damaged or refused. Nothing is downloaded: that takes
/// long, so it is only done when asked for.
pub fn open(argument: Option<&str>) -> Result<ModelFolder, CliError> {
    let argument = argument.unwrap_or(MINI);
    match ModelSource::resolve(argument)? {
        ModelSource::Embedded => Ok(ModelFolder::embedded()?),
        ModelSource::Folder(path) => Ok(ModelFolder::open(&path)?),
        ModelSource::Hub(repo) => {
            let hub = Hub::from_env().map_err(crate::models::ModelError::from)?;
            hub.open_cached(&repo, None)?.ok_or_else(|| {
                CliError::new(Kind::Model, format!("the model {argument} is not on this machine"))
                    .hint(format!("download it with: predella models pull {argument}"))
            })
        }
    }
}

/// What to take for options that were left out.
///
/// # Errors
/// When the model's configuration is missing or not supported.
pub fn defaults(model: &ModelFolder) -> Result<Defaults, CliError> {
    Ok(Defaults::of(&ModelSpec::read(model)?))
}

impl Defaults {
    /// Steps and scale are those of the published set-ups; a model for small
    /// pictures is done in half the steps.
    pub fn of(spec: &ModelSpec) -> Self {
        let size = spec.native_size();
        let steps = if size.width < 512 { 25 } else { 50 };
        let guidance = match spec.family {
            Family::Sdxl => 5.0,
            Family::Sd15 => 7.5,
        };
        Self { size, steps, guidance }
    }
}
