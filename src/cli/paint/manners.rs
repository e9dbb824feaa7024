//! How each of several references lends, on the command line.

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::values;
use crate::recipe::{Blend, Layers, Preset, References, Window};

/// How references become one style.
#[derive(Debug, Args)]
pub struct Manners {
    /// How several references become one style [default: attention].
    #[arg(long, value_name = "HOW", requires = "references")]
    pub blend: Option<BlendName>,
    /// How strongly a reference is looked at: normal or famous, for one that the model knows by
    /// heart; one for all, or one for each in order.
    #[arg(long = "preset", value_name = "NAME", requires = "references")]
    pub presets: Vec<PresetName>,
    /// Steps in which a reference lends, as 0..0.5 or 0..1:linear, one for each in order.
    ///
    /// Where one lends less the others lend more.
    #[arg(long, value_name = "A..B[:CURVE]", requires = "references")]
    #[arg(value_parser = values::window)]
    pub reference_steps: Vec<Window>,
    /// Layers in which a reference lends, as for --layers, one for each in order.
    #[arg(long, value_name = "NAME", requires = "references")]
    #[arg(value_parser = Layers::parse)]
    pub reference_layers: Vec<Layers>,
}

/// [`Blend`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum BlendName {
    /// Pictures attend to all, to each by its share.
    Attention,
    /// Latents are added by their shares.
    Linear,
    /// Latents are blended along the arcs between them.
    Slerp,
}

/// [`Preset`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PresetName {
    /// Looked at twice as much as the picture itself.
    Normal,
    /// Looked at as much as the picture itself, its keys halved.
    Famous,
}

impl From<BlendName> for Blend {
    fn from(name: BlendName) -> Self {
        match name {
            BlendName::Attention => Self::Attention,
            BlendName::Linear => Self::Linear,
            BlendName::Slerp => Self::Slerp,
        }
    }
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Normal => Self::Normal,
            PresetName::Famous => Self::Famous,
        }
    }
}

impl Manners {
    /// Fills in what was asked for.
    ///
    /// # Errors
    /// When more was given than there are references.
    pub fn apply(&self, references: &mut References) -> Result<(), CliError> {
        let count = references.pictures.len();
        for (option, given) in [
            ("--preset", self.presets.len()),
            ("--reference-steps", self.reference_steps.len()),
            ("--reference-layers", self.reference_layers.len()),
        ] {
            if given > count {
                let text = format!("{option} is given {given} times for {count} references");
                return Err(CliError::usage(text));
            }
        }
        references.blend = self.blend.map(Into::into).unwrap_or_default();
        for (i, reference) in references.pictures.iter_mut().enumerate() {
            let one_for_all = (self.presets.len() == 1).then(|| self.presets.first()).flatten();
            if let Some(preset) = one_for_all.or(self.presets.get(i)) {
                reference.lend_by(Some((*preset).into()));
            }
            reference.window = self.reference_steps.get(i).copied().unwrap_or_default();
            // All layers are where the set shares, which is the usual.
            let layers = self.reference_layers.get(i).filter(|layers| **layers != Layers::All);
            reference.layers = layers.cloned();
        }
        Ok(())
    }
}
