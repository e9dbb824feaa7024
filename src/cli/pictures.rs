//! Pictures as the command line handles them.

use std::path::Path;

use super::error::{CliError, Kind, chain};
use super::output::Output;
use crate::imaging::{
    self, DecodeLimits, PictureError, PictureInfo, PictureRecord, RgbImage, SheetOptions,
};
use crate::recipe::Recipe;
use crate::term::graphics::{self, GraphicsError, ShowOptions};

/// Sets up to this size stand in one row, as on an altarpiece; larger ones in
/// a grid that is about square.
const ROW: usize = 5;

/// A panel's PNG, with its recipe inside.
///
/// # Errors
/// When the recipe is too long to be kept inside.
pub fn encode(picture: &RgbImage, recipe: &Recipe, panel: usize) -> Result<Vec<u8>, CliError> {
    let record = PictureRecord { recipe: recipe.clone(), panel };
    Ok(imaging::encode(picture, Some(&record))?)
}

/// A PNG of a picture that is no panel.
///
/// # Errors
/// When it is empty.
pub fn encode_plain(picture: &RgbImage) -> Result<Vec<u8>, CliError> {
    Ok(imaging::encode(picture, None)?)
}

/// What a PNG says about its making.
///
/// # Errors
/// When it is no whole PNG or its recipe is damaged.
pub fn read(path: &Path) -> Result<PictureInfo, CliError> {
    imaging::read_info(path).map_err(|error| named(path, &error))
}

/// The pixels of a picture.
///
/// # Errors
/// When it is no picture, damaged, or too large.
pub fn decode(path: &Path) -> Result<RgbImage, CliError> {
    imaging::decode_file(path, &DecodeLimits::default()).map_err(|error| named(path, &error))
}

/// All pictures of a set as one.
///
/// # Errors
/// When it would be too large.
pub fn sheet(pictures: &[RgbImage]) -> Result<RgbImage, CliError> {
    sheet_of(pictures, if pictures.len() <= ROW { pictures.len() } else { 0 })
}

/// Pictures as one, so many side by side; 0 makes it about square.
///
/// # Errors
/// When it would be too large.
pub fn sheet_of(pictures: &[RgbImage], columns: usize) -> Result<RgbImage, CliError> {
    let columns = u32::try_from(columns).unwrap_or(0);
    Ok(imaging::sheet(pictures, &SheetOptions { columns, ..SheetOptions::default() })?)
}

/// Shows a picture on standard output, if that is a terminal.
///
/// # Errors
/// When the terminal fails, or another protocol was asked for than there is.
pub fn show(out: &Output, picture: &RgbImage) -> Result<(), CliError> {
    out.bars().suspend(|| graphics::show(picture, &ShowOptions::default()))?;
    Ok(())
}

/// Asks the terminal what it can show, ahead of a long work whose pictures it is to
/// show.
///
/// # Errors
/// When another protocol was asked for than there is.
pub fn get_ready(out: &Output) -> Result<(), CliError> {
    if out.shows_pictures() {
        graphics::get_ready()?;
    }
    Ok(())
}

/// The file's name, unless the error says it already.
fn named(path: &Path, error: &PictureError) -> CliError {
    let (name, text) = (crate::util::text::sanitise(&path.display().to_string()), chain(error));
    let message = if text.contains(&name) { text } else { format!("{name}: {text}") };
    CliError::new(Kind::Partial, message).hint(error.hint())
}

impl From<PictureError> for CliError {
    fn from(error: PictureError) -> Self {
        Self::failed(chain(&error)).hint(error.hint())
    }
}

impl From<GraphicsError> for CliError {
    fn from(error: GraphicsError) -> Self {
        match error {
            GraphicsError::Protocol(_) => Self::usage(error.to_string()),
            GraphicsError::Lost(_) => Self::failed(error.to_string())
                .hint("the picture is on disk; look at it with another program"),
        }
    }
}
