//! Pictures from where they are.

use super::pictures::Source;
use crate::engine::read_map;
use crate::imaging::{DecodeLimits, decode_file};
use image::RgbImage;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the names of previews begin.
pub const PREVIEW: &str = "preview";

/// A name that is new for each new content.
pub fn name(source: &Source) -> String {
    match source {
        Source::Stored(image) => image.clone(),
        Source::Difference(a, b) => format!("{a} - {b}"),
        Source::Preview(picture) => format!("{PREVIEW} {:p}", Arc::as_ptr(picture)),
        Source::File(path) => format!("file {}", path.display()),
        Source::Map(path, map, size) => {
            // Strength and panel change nothing in the map.
            let (kind, thresholds, invert) = (map.kind, map.thresholds, map.invert);
            format!("map {} {kind:?} {thresholds:?} {invert} {size:?}", path.display())
        }
    }
}

/// The pixels of a picture, from the folders of the session.
///
/// # Errors
/// Why there are none, in words.
pub fn load(source: &Source, folders: &[PathBuf]) -> Result<RgbImage, String> {
    let file = |path: &Path| {
        decode_file(path, &DecodeLimits::default()).map_err(|error| error.to_string())
    };
    let stored = |image: &str| {
        let name = format!("{image}.png");
        let path = folders.iter().map(|folder| folder.join(&name)).find(|path| path.exists());
        path.map_or_else(|| Err(format!("{name} is gone")), |path| file(&path))
    };
    match source {
        Source::Stored(image) => stored(image),
        Source::Preview(picture) => Ok(picture.as_ref().clone()),
        Source::Difference(a, b) => difference(&stored(a)?, &stored(b)?)
            .ok_or_else(|| "their sizes are different".to_owned()),
        Source::File(path) => file(path),
        Source::Map(path, map, size) => {
            let mapped = read_map(path, map, Some(*size)).map_err(|error| error.to_string())?;
            Ok(mapped.0.map)
        }
    }
}

/// How far two pictures are apart, doubled so that small steps show.
fn difference(a: &RgbImage, b: &RgbImage) -> Option<RgbImage> {
    if a.dimensions() != b.dimensions() {
        return None;
    }
    let apart = |(a, b): (&u8, &u8)| a.abs_diff(*b).saturating_mul(2);
    let bytes = a.as_raw().iter().zip(b.as_raw()).map(apart).collect();
    RgbImage::from_raw(a.width(), a.height(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_black_where_nothing_differs() {
        let a = RgbImage::from_pixel(2, 2, image::Rgb([10, 20, 30]));
        let mut b = a.clone();
        b.put_pixel(1, 1, image::Rgb([20, 20, 255]));
        let apart = difference(&a, &b).unwrap();
        assert_eq!(apart.get_pixel(0, 0).0, [0, 0, 0]);
        assert_eq!(apart.get_pixel(1, 1).0, [20, 0, 255]);
        assert!(difference(&a, &RgbImage::new(3, 2)).is_none());
    }
}
