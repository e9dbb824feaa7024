//! Pictures that a recipe names, read before anything is painted.

use super::error::{EngineError, Result};
use crate::imaging::{DecodeLimits, PictureError, RgbImage, decode_bytes, place, read_file};
use crate::models::sha256;
use crate::recipe::{Anchor, Recipe};
use crate::util::text::sanitise;
use std::path::Path;

/// The pictures of one recipe, at its size.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// One for each reference, in order.
    pub references: Vec<RgbImage>,
}

impl Inputs {
    /// Reads what the recipe names; relative names count from `base`.
    ///
    /// # Errors
    /// When a picture is missing, refused, or not the one that the recipe means.
    pub fn load(recipe: &Recipe, base: &Path) -> Result<Self> {
        let Anchor::References(references) = &recipe.anchor else { return Ok(Self::default()) };
        let read = |name: &str, hash: &str| {
            let (picture, found) = read_picture(&base.join(name))?;
            if found != hash {
                return Err(EngineError::Unfit(format!(
                    "{} is not the picture of the recipe: it has changed",
                    sanitise(name)
                )));
            }
            Ok(place(&picture, recipe.size, references.fit))
        };
        let pictures = references.pictures.iter().map(|r| read(&r.picture, &r.hash));
        Ok(Self { references: pictures.collect::<Result<_>>()? })
    }
}

/// A picture and the hash of its file.
///
/// # Errors
/// When it cannot be read or is refused.
pub fn read_picture(path: &Path) -> Result<(RgbImage, String)> {
    let limits = DecodeLimits::default();
    let named = |error: PictureError| match error {
        PictureError::Io { .. } | PictureError::NotAFile(_) => {
            EngineError::Unfit(error.to_string())
        }
        other => EngineError::Unfit(format!("{}: {other}", sanitise(&path.display().to_string()))),
    };
    let bytes = read_file(path, limits.bytes).map_err(named)?;
    let picture = decode_bytes(&bytes, &limits).map_err(named)?;
    Ok((picture, sha256(&bytes)))
}
