//! Finding the judges that a command line names.

use clap::Args;

use super::error::CliError;
use crate::engine::DeviceChoice;
use crate::metrics::Judges;
use crate::models::{JUDGE_CLIP, JUDGE_STYLE, NetFolder};

/// Who judges.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judges")]
pub struct JudgeArgs {
    /// Judge of pictures and texts, a CLIPModel: judge-clip, a folder, or owner/name.
    #[arg(long, value_name = "MODEL", default_value = JUDGE_CLIP)]
    clip: String,
    /// Judge of style, a ViTModel such as DINO: judge-style, a folder, or owner/name.
    #[arg(long, value_name = "MODEL", default_value = JUDGE_STYLE)]
    dino: String,
    /// Device that the judges run on: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    judge_device: DeviceChoice,
}

impl JudgeArgs {
    /// Loads them.
    ///
    /// # Errors
    /// When one is missing, damaged, or of another kind.
    pub fn open(&self) -> Result<Judges, CliError> {
        let device = self.judge_device.open()?;
        Ok(Judges::load(&NetFolder::named(&self.clip)?, &NetFolder::named(&self.dino)?, &device)?)
    }
}
