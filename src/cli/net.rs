//! Finding a network that a command line names: a judge, a reader of pictures
//! or sounds.

use std::path::Path;

use super::error::{CliError, Kind};
use crate::models::{Hub, JUDGE_CLIP, JUDGE_STYLE, ModelError, ModelSource, NetFolder};

/// Opens one that comes with the program, a folder, or a downloaded repository.
///
/// # Errors
/// When it is missing, damaged or refused.
pub fn open(argument: &str) -> Result<NetFolder, CliError> {
    let path = Path::new(argument);
    if [JUDGE_CLIP, JUDGE_STYLE].contains(&argument) && !path.is_dir() {
        return Ok(NetFolder::judge(argument)?);
    }
    match ModelSource::resolve(argument)? {
        ModelSource::Hub(repo) => {
            let hub = Hub::from_env().map_err(ModelError::from)?;
            hub.open_cached_net(&repo)?.ok_or_else(|| {
                CliError::new(Kind::Model, format!("the network {argument} is not on this machine"))
                    .hint(format!("download it with: predella models pull {argument}"))
            })
        }
        _ => Ok(NetFolder::open(path)?),
    }
}
