//! Pictures that a recipe names, read before anything is painted.

use super::error::{EngineError, Result};
use crate::imaging::control::{Mapped, control_map};
use crate::imaging::{DecodeLimits, PictureError, RgbImage, decode_bytes, place, read_file};
use crate::models::sha256;
use crate::recipe::{Anchor, ControlMap, Recipe, Reference, Size};
use crate::util::text::sanitise;
use std::path::Path;

/// The pictures of one recipe, at its size.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// One for each reference, in order.
    pub references: Vec<RgbImage>,
    /// One for each control map, in order.
    pub maps: Vec<RgbImage>,
    /// What the person who asked should know.
    pub notes: Vec<String>,
}

impl Inputs {
    /// Reads what the recipe names; relative names count from `base`.
    ///
    /// # Errors
    /// When a picture is missing, refused, or not the one that the recipe means.
    pub fn load(recipe: &Recipe, base: &Path) -> Result<Self> {
        let mut inputs = Self::default();
        if let Anchor::References(references) = &recipe.anchor {
            let read = |r: &Reference| {
                let (picture, found) = read_picture(&base.join(&r.picture))?;
                same(&r.picture, &found, &r.hash)?;
                Ok(place(&picture, recipe.size, references.fit))
            };
            inputs.references = references.pictures.iter().map(read).collect::<Result<_>>()?;
        }
        for asked in recipe.control.iter().flat_map(|control| &control.maps) {
            let size = recipe.map_size(asked);
            let (mapped, found) = read_map(&base.join(&asked.picture), asked, Some(size))?;
            same(&asked.picture, &found, &asked.hash)?;
            if mapped.is_cropped() {
                let (name, (width, height)) = (sanitise(&asked.picture), mapped.from);
                inputs.notes.push(format!(
                    "{name} is {width}x{height}; what does not fit the pictures' proportions is cut off"
                ));
            }
            inputs.maps.push(mapped.map);
        }
        Ok(inputs)
    }
}

/// Refuses another file under a recipe's name.
fn same(name: &str, found: &str, hash: &str) -> Result<()> {
    if found == hash {
        return Ok(());
    }
    let name = sanitise(name);
    Err(EngineError::Unfit(format!("{name} is not the picture of the recipe: it has changed")))
}

/// A control map and the hash of the file that it was made from. Without a size
/// the picture keeps its own.
///
/// # Errors
/// When the picture cannot be read or is refused, or the map would be empty.
pub fn read_map(path: &Path, asked: &ControlMap, size: Option<Size>) -> Result<(Mapped, String)> {
    let limits = DecodeLimits::default();
    let named = |error| named(path, &error);
    let bytes = read_file(path, limits.bytes).map_err(named)?;
    let mapped = control_map(&bytes, asked, size, &limits).map_err(named)?;
    Ok((mapped, sha256(&bytes)))
}

/// A picture and the hash of its file.
///
/// # Errors
/// When it cannot be read or is refused.
pub fn read_picture(path: &Path) -> Result<(RgbImage, String)> {
    let limits = DecodeLimits::default();
    let named = |error| named(path, &error);
    let bytes = read_file(path, limits.bytes).map_err(named)?;
    let picture = decode_bytes(&bytes, &limits).map_err(named)?;
    Ok((picture, sha256(&bytes)))
}

/// A picture's fault with its name in front, unless it says that already.
fn named(path: &Path, error: &PictureError) -> EngineError {
    EngineError::Unfit(match error {
        PictureError::Io { .. } | PictureError::NotAFile(_) => error.to_string(),
        other => format!("{}: {other}", sanitise(&path.display().to_string())),
    })
}
