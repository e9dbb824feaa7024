//! PNG files that carry their recipe.
//!
//! Two chunks go in before the pixels:
//!
//! - `prEd`, ours: a YAML document of the recipe, the panel and a hash of the
//!   pixels. By PNG's naming rules the four letters say: ancillary (`p`), so
//!   other programs may ignore it; private (`r`), defined nowhere else;
//!   reserved (`E`); safe to copy (`d`), so an editor may keep it when it
//!   changes the pixels. The prompt is worth keeping then, and the pixel hash
//!   still tells that the picture is no longer the one that was painted.
//! - `iTXt` with the keyword `parameters`, for people and other tools.

use std::path::Path;

use image::RgbImage;
use sha2::{Digest, Sha256};

use super::chunks::chunks;
use super::record::{PictureRecord, parameters};
use super::{PictureError, read_file};
use crate::util::fs::{write_atomic, write_new};
use crate::util::text::clip;

/// Our chunk.
const KIND: [u8; 4] = *b"prEd";
/// The keyword of the text that other tools read.
const KEYWORD: &str = "parameters";
/// Longest recipe or text that is written or read, in bytes.
pub const MAX_RECORD: usize = 1024 * 1024;

/// What a PNG says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureInfo {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// How it was painted, when it was painted here.
    pub record: Option<PictureRecord>,
    /// [`pixel_hash`] of the picture as it was painted.
    pub pixels: Option<String>,
    /// The text for people and other tools; foreign pictures have it too.
    pub parameters: Option<String>,
}

impl PictureInfo {
    /// Whether these are the pixels that were painted; `None` when the picture
    /// does not say.
    pub fn is_untouched(&self, image: &RgbImage) -> Option<bool> {
        self.pixels.as_ref().map(|hash| *hash == pixel_hash(image))
    }
}

/// SHA-256 in hex over width and height, four bytes each, little endian, and
/// the RGB bytes row by row.
pub fn pixel_hash(image: &RgbImage) -> String {
    let mut hash = Sha256::new();
    hash.update(image.width().to_le_bytes());
    hash.update(image.height().to_le_bytes());
    hash.update(image.as_raw());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a picture as PNG bytes, with its record where there is one. The same
/// pixels and record give the same bytes.
///
/// # Errors
/// When the picture is empty, or the record is not valid or too long.
pub fn encode(image: &RgbImage, record: Option<&PictureRecord>) -> Result<Vec<u8>, PictureError> {
    let failed = |error: png::EncodingError| PictureError::Make(clip(&error.to_string(), 160));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut document = None;
    if let Some(record) = record {
        let (text, yaml) = (parameters(record), record.to_yaml(&pixel_hash(image))?);
        if text.len().max(yaml.len()) > MAX_RECORD {
            return Err(PictureError::Make("its recipe is too long to be kept inside".into()));
        }
        encoder.add_itxt_chunk(KEYWORD.to_owned(), text).map_err(failed)?;
        document = Some(yaml);
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    if let Some(document) = document {
        writer.write_chunk(png::chunk::ChunkType(KIND), document.as_bytes()).map_err(failed)?;
    }
    writer.write_image_data(image.as_raw()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// [`encode`] into a file, all or nothing; an older file is replaced.
///
/// # Errors
/// As [`encode`], or when the file cannot be written.
pub fn save(
    path: &Path,
    image: &RgbImage,
    record: Option<&PictureRecord>,
) -> Result<(), PictureError> {
    Ok(write_atomic(path, &encode(image, record)?)?)
}

/// [`save`], but never over another file.
///
/// # Errors
/// As [`save`], or when something has that name already.
pub fn save_new(
    path: &Path,
    image: &RgbImage,
    record: Option<&PictureRecord>,
) -> Result<(), PictureError> {
    Ok(write_new(path, &encode(image, record)?)?)
}

/// Reads what a PNG file says about itself, without decoding its pixels.
///
/// # Errors
/// When it is no PNG, cut off, or holds a recipe that is damaged or invalid.
pub fn read_info(path: &Path) -> Result<PictureInfo, PictureError> {
    PictureInfo::from_bytes(&read_file(path, super::DecodeLimits::default().bytes)?)
}

impl PictureInfo {
    /// [`read_info`] for bytes in memory.
    ///
    /// # Errors
    /// As [`read_info`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PictureError> {
        let mut size = None;
        let (mut document, mut parameters) = (None, None);
        for (at, chunk) in chunks(bytes)?.enumerate() {
            let chunk = chunk?;
            match &chunk.kind {
                b"IHDR" if at == 0 && chunk.is_whole() => size = dimensions(chunk.data),
                _ if at == 0 => break,
                kind if *kind == KIND => {
                    if document.is_some() {
                        return Err(PictureError::Record("there are two".into()));
                    }
                    if !chunk.is_whole() {
                        return Err(PictureError::Record("its checksum is wrong".into()));
                    }
                    document = Some(text_of(chunk.data)?);
                }
                b"iTXt" | b"tEXt" if parameters.is_none() && chunk.data.len() <= MAX_RECORD => {
                    parameters = match &chunk.kind {
                        b"iTXt" => international(chunk.data),
                        _ => latin(chunk.data),
                    };
                }
                _ => {}
            }
        }
        let (width, height) =
            size.ok_or_else(|| PictureError::Damaged("it does not begin with its size".into()))?;
        let (record, pixels) = match document {
            Some(text) => {
                let (record, pixels) = PictureRecord::from_yaml(text)?;
                (Some(record), Some(pixels))
            }
            None => (None, None),
        };
        Ok(Self { width, height, record, pixels, parameters })
    }
}

fn dimensions(data: &[u8]) -> Option<(u32, u32)> {
    let (width, rest) = data.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

fn text_of(data: &[u8]) -> Result<&str, PictureError> {
    if data.len() > MAX_RECORD {
        return Err(PictureError::Record(format!("it is longer than {MAX_RECORD} bytes")));
    }
    std::str::from_utf8(data).map_err(|_| PictureError::Record("it is not text".into()))
}

/// The text of an uncompressed `iTXt` chunk with our keyword: keyword, zero,
/// compression flag and method, language, zero, translated keyword, zero, text.
fn international(data: &[u8]) -> Option<String> {
    let rest = data.strip_prefix(KEYWORD.as_bytes())?.strip_prefix(&[0, 0, 0])?;
    let mut fields = rest.splitn(3, |byte| *byte == 0);
    let text = (fields.next()?, fields.next()?, fields.next()?).2;
    String::from_utf8(text.to_vec()).ok()
}

/// The text of a `tEXt` chunk with our keyword: keyword, zero, Latin-1.
fn latin(data: &[u8]) -> Option<String> {
    let text = data.strip_prefix(KEYWORD.as_bytes())?.strip_prefix(&[0])?;
    Some(text.iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
#[path = "png_tests.rs"]
mod tests;
