//! Pictures of one channel: how bright, or how far.

use image::{DynamicImage, GrayImage, Luma, RgbImage};

use super::PictureError;
use super::decode::over_white;

/// How bright each pixel is to the eye, with OpenCV's whole-number weights.
pub fn grey(image: &RgbImage) -> GrayImage {
    let mut out = GrayImage::new(image.width(), image.height());
    for (to, from) in out.pixels_mut().zip(image.pixels()) {
        let [r, g, b] = from.0.map(u32::from);
        *to = Luma([((r * 9_798 + g * 19_235 + b * 3_735 + (1 << 14)) >> 15) as u8]);
    }
    out
}

/// A grey picture as three equal channels.
pub fn triple(image: &GrayImage) -> RgbImage {
    let mut out = RgbImage::new(image.width(), image.height());
    for (to, from) in out.pixels_mut().zip(image.pixels()) {
        to.0 = [from.0[0]; 3];
    }
    out
}

/// A depth picture of 8 or 16 bits, its nearest and farthest value stretched to
/// the whole range of a byte.
///
/// # Errors
/// When the picture is in colours, and so no depth map, or the same everywhere.
pub fn depth(image: DynamicImage) -> Result<GrayImage, PictureError> {
    let (width, height) = (image.width(), image.height());
    let values = deep(image)?;
    let (low, high) = values.iter().fold((u16::MAX, 0), |(l, h), v| (l.min(*v), h.max(*v)));
    if high <= low {
        return Err(PictureError::Format("the depth picture is the same everywhere".into()));
    }
    let span = f64::from(high - low);
    let byte = |v: &u16| (f64::from(v - low) / span * 255.0).round() as u8;
    GrayImage::from_raw(width, height, values.iter().map(byte).collect())
        .ok_or_else(|| PictureError::Make("a depth map without a size".into()))
}

/// One value of 16 bits a pixel.
fn deep(image: DynamicImage) -> Result<Vec<u16>, PictureError> {
    match image {
        DynamicImage::ImageLuma16(grey) => Ok(grey.into_raw()),
        DynamicImage::ImageLumaA16(_) => Ok(image.into_luma16().into_raw()),
        DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            image.into_rgb16().pixels().map(|pixel| one(pixel.0)).collect()
        }
        other => over_white(other).pixels().map(|pixel| one(pixel.0.map(u16::from))).collect(),
    }
}

/// The value of a pixel whose channels are equal.
fn one([r, g, b]: [u16; 3]) -> Result<u16, PictureError> {
    if r == g && g == b {
        return Ok(r);
    }
    let message = "the depth picture is in colours; a depth map is grey, near or far";
    Err(PictureError::Format(message.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Rgb};

    #[test]
    fn depth_fills_the_range_whatever_its_bits() {
        let bytes = |image: DynamicImage| depth(image).unwrap().into_raw();
        let eight = GrayImage::from_raw(3, 1, vec![10, 20, 30]).unwrap();
        assert_eq!(bytes(eight.clone().into()), [0, 128, 255]);
        let sixteen = ImageBuffer::from_raw(3, 1, vec![1000_u16, 1500, 2000]).unwrap();
        assert_eq!(bytes(DynamicImage::ImageLuma16(sixteen)), [0, 128, 255]);
        assert_eq!(bytes(triple(&eight).into()), [0, 128, 255]);
    }

    #[test]
    fn what_is_no_depth_is_refused() {
        let text = |image: DynamicImage| depth(image).unwrap_err().to_string();
        assert!(text(GrayImage::new(4, 4).into()).contains("the same everywhere"));
        let photo = RgbImage::from_fn(4, 4, |x, _| Rgb([x as u8, 0, 0]));
        assert!(text(photo.into()).contains("in colours"));
    }
}
