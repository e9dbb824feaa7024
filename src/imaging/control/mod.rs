//! Control maps: what a picture tells about the composition of another.

mod canny;
mod corners;

pub use canny::{canny, canny_grey};
pub use corners::corners;

use image::{DynamicImage, GrayImage, RgbImage, imageops};

use super::grey::{depth, grey, triple};
use super::{DecodeLimits, PictureError, decode_as_is, over_white, place};
use crate::recipe::{ControlKind, ControlMap, Fit, Size};

/// A map, and what became of the picture on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The map, in the size of the pictures that follow it.
    pub map: RgbImage,
    /// Width and height of the picture that it was made from.
    pub from: (u32, u32),
}

impl Mapped {
    /// Share of the pixels that are not black.
    pub fn drawn(&self) -> f64 {
        drawn(&self.map)
    }

    /// Whether sides of the picture were cut off because its proportions are
    /// others, by more than rounding to whole pixels does.
    pub fn is_cropped(&self) -> bool {
        let [w, h] = [self.from.0, self.from.1].map(f64::from);
        let ratio = w * f64::from(self.map.height()) / (h * f64::from(self.map.width()));
        // Half a pixel of the shorter side.
        (ratio - 1.0).abs() > 0.5 / w.min(h)
    }
}

/// Share of a map's pixels that are not black.
pub fn drawn(map: &RgbImage) -> f64 {
    let lit = map.pixels().filter(|pixel| pixel.0 != [0; 3]).count();
    lit as f64 / map.pixels().len().max(1) as f64
}

/// Makes the map that `asked` describes from a picture file's bytes.
///
/// A picture of other proportions is cut to those of `size`, the same on both
/// sides, and brought to that size first, so that edges and corners are as wide
/// as the nets know them. Without a size the picture keeps its own.
///
/// # Errors
/// When the picture is refused, or the map would be empty.
pub fn control_map(
    bytes: &[u8],
    asked: &ControlMap,
    size: Option<Size>,
    limits: &DecodeLimits,
) -> Result<Mapped, PictureError> {
    let image = decode_as_is(bytes, limits)?;
    let from = (image.width(), image.height());
    let size = size.unwrap_or(Size { width: from.0, height: from.1 });
    let fitted = |image: DynamicImage| place(&over_white(image), size, Fit::Crop);
    let map = match asked.kind {
        ControlKind::Depth => depth_map(image, size, asked.invert)?,
        ControlKind::Raw => fitted(image),
        ControlKind::Canny => {
            let thresholds = asked.thresholds.unwrap_or_default();
            let edges = canny(&fitted(image), thresholds);
            let way = "the picture has no edges at these thresholds; lower them";
            triple(&filled(edges, way)?)
        }
        ControlKind::Corners => {
            triple(&filled(corners(&grey(&fitted(image))), "the picture has no corners")?)
        }
    };
    Ok(Mapped { map, from })
}

/// Depth is stretched once more behind the resize, which may overshoot or cut
/// the nearest part off.
fn depth_map(image: DynamicImage, size: Size, invert: bool) -> Result<RgbImage, PictureError> {
    let whole = triple(&depth(image)?);
    let mut map = depth(place(&whole, size, Fit::Crop).into())?;
    if invert {
        imageops::invert(&mut map);
    }
    Ok(triple(&map))
}

/// A map in which something is drawn; one that is all black steers nothing.
fn filled(map: GrayImage, otherwise: &str) -> Result<GrayImage, PictureError> {
    match map.as_raw().iter().any(|byte| *byte > 0) {
        true => Ok(map),
        false => Err(PictureError::Format(otherwise.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, Rgb};

    fn png(image: &RgbImage) -> Vec<u8> {
        crate::imaging::encode(image, None).unwrap()
    }

    fn made(kind: ControlKind, image: &RgbImage, side: u32) -> Result<Mapped, PictureError> {
        let size = Some(Size { width: side, height: side });
        control_map(&png(image), &ControlMap::new(kind, "x", ""), size, &DecodeLimits::default())
    }

    /// A square on a ground, twice as wide as high.
    fn scene() -> RgbImage {
        RgbImage::from_fn(64, 32, |x, y| {
            let inside = (24..40).contains(&x) && (8..24).contains(&y);
            Rgb(if inside { [230; 3] } else { [20; 3] })
        })
    }

    #[test]
    fn every_kind_has_a_map_of_the_asked_size() {
        for kind in ControlKind::ALL {
            let mapped = made(kind, &scene(), 40).unwrap();
            assert_eq!(mapped.map.dimensions(), (40, 40), "{kind:?}");
            assert!(mapped.is_cropped());
            let bright = mapped.map.pixels().filter(|p| p.0[0] > 200).count();
            assert!((4..1000).contains(&bright), "{kind:?}: {bright} bright pixels");
        }
        let whole = RgbImage::from_fn(64, 64, |x, y| *scene().get_pixel(x, y / 2));
        assert!(!made(ControlKind::Raw, &whole, 40).unwrap().is_cropped());
    }

    #[test]
    fn an_empty_map_is_refused_with_a_way_out() {
        let plain = RgbImage::from_pixel(16, 16, Rgb([80; 3]));
        for (kind, words) in [
            (ControlKind::Canny, "lower them"),
            (ControlKind::Corners, "no corners"),
            (ControlKind::Depth, "the same everywhere"),
        ] {
            let error = made(kind, &plain, 16).unwrap_err().to_string();
            assert!(error.contains(words), "{kind:?}: {error}");
        }
        assert!(made(ControlKind::Raw, &plain, 16).is_ok());
    }

    #[test]
    fn inverting_turns_near_and_far() {
        let near = GrayImage::from_fn(8, 8, |x, _| Luma([x as u8 * 30]));
        let bytes = png(&triple(&near));
        let mut asked = ControlMap::new(ControlKind::Depth, "x", "");
        let depth = |asked: &ControlMap| {
            control_map(&bytes, asked, None, &DecodeLimits::default()).unwrap().map
        };
        let straight = depth(&asked);
        asked.invert = true;
        let turned = depth(&asked);
        assert_eq!((straight.get_pixel(7, 0).0, turned.get_pixel(7, 0).0), ([255; 3], [0; 3]));
        assert_eq!((straight.get_pixel(0, 0).0, turned.get_pixel(0, 0).0), ([0; 3], [255; 3]));
    }
}
