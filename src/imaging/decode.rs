//! Pictures from strangers, decoded within bounds to 8-bit RGB.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
};

use super::PictureError;
use crate::util::text::{clip, sanitise};

/// What a picture may cost before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels of the longer side.
    pub side: u32,
    /// Pixels of the whole picture.
    pub pixels: u64,
    /// Bytes that the decoder may take at a time.
    pub memory: u64,
}

impl Default for DecodeLimits {
    /// A photograph of 64 megapixels passes; nothing that would hurt does.
    fn default() -> Self {
        Self {
            bytes: 128 * 1024 * 1024,
            side: 16_384,
            pixels: 64 * 1024 * 1024,
            memory: 512 * 1024 * 1024,
        }
    }
}

/// Reads a whole regular file of at most `limit` bytes.
///
/// # Errors
/// When it is missing, no regular file, or larger.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, PictureError> {
    let shown = || sanitise(&path.display().to_string());
    let io = |source| PictureError::Io { file: shown(), source };
    // A pipe would block the open and a device has no end.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(PictureError::NotAFile(shown()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > limit {
        true => Err(PictureError::TooLarge(limit)),
        false => Ok(bytes),
    }
}

/// Decodes a PNG, JPEG or WebP file, as [`decode_bytes`].
///
/// # Errors
/// When the file cannot be read or is refused.
pub fn decode_file(path: &Path, limits: &DecodeLimits) -> Result<RgbImage, PictureError> {
    decode_bytes(&read_file(path, limits.bytes)?, limits)
}

/// Decodes a PNG, JPEG or WebP picture to 8-bit RGB.
///
/// Transparent pixels are laid over white, grey and 16-bit pictures are
/// converted, and an EXIF orientation is applied. The format is known by the
/// bytes, never by a name; of an animation the first frame is taken.
///
/// # Errors
/// When the picture is of another format, beyond the limits, or damaged.
pub fn decode_bytes(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, PictureError> {
    Ok(over_white(decode_as_is(bytes, limits)?))
}

/// [`decode_bytes`] in the channels and bits that the file has.
///
/// # Errors
/// As [`decode_bytes`].
pub fn decode_as_is(bytes: &[u8], limits: &DecodeLimits) -> Result<DynamicImage, PictureError> {
    if bytes.len() as u64 > limits.bytes {
        return Err(PictureError::TooLarge(limits.bytes));
    }
    let format = format_of(bytes)?;
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(limits.memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(bounds.clone());
    let mut decoder = reader.into_decoder().map_err(|error| refused(error, limits))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.side || pixels > limits.pixels {
        let (pixels, side) = (limits.pixels, limits.side);
        return Err(PictureError::TooManyPixels { width, height, pixels, side });
    }
    if decoder.total_bytes() > limits.memory {
        return Err(PictureError::Memory(limits.memory));
    }
    decoder.set_limits(bounds).map_err(|error| refused(error, limits))?;
    let orientation = decoder.orientation().map_err(|error| refused(error, limits))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refused(error, limits))?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Lays a picture over white and gives it as 8-bit RGB.
pub fn over_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [r, g, b, a] = from.0.map(u32::from);
        let mix = |c: u32| ((c * a + 255 * (255 - a) + 127) / 255) as u8;
        *to = Rgb([mix(r), mix(g), mix(b)]);
    }
    flat
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => Ok(format),
        Ok(other) => {
            let kind = other.extensions_str().first().copied().unwrap_or("picture").to_uppercase();
            Err(PictureError::Format(format!("this is a {kind} file, which is not read")))
        }
        Err(_) => Err(PictureError::Format("this is no picture that is known".into())),
    }
}

fn refused(error: ImageError, limits: &DecodeLimits) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::Memory(limits.memory),
        ImageError::Unsupported(what) => PictureError::Format(clip(&what.to_string(), 160)),
        other => PictureError::Damaged(clip(&other.to_string(), 160)),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
