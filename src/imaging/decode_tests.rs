//! Good pictures of every kind, and bad ones.

#![allow(clippy::disallowed_methods)]

use image::codecs::jpeg::JpegEncoder;
use image::{GrayAlphaImage, ImageBuffer, Luma, LumaA, Rgba, RgbaImage};

use super::*;

fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, PictureError> {
    decode_bytes(bytes, &DecodeLimits::default())
}

/// Red, green / blue, white.
fn four() -> RgbImage {
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]];
    RgbImage::from_fn(2, 2, |x, y| Rgb(colours[(x + 2 * y) as usize]))
}

#[test]
fn every_format_that_is_read_gives_its_pixels() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        assert_eq!(decode(&file(four(), format)).unwrap(), four(), "{format:?}");
    }
    let grey = RgbImage::from_pixel(16, 16, Rgb([128; 3]));
    let jpeg = decode(&file(grey, ImageFormat::Jpeg)).unwrap();
    assert!(jpeg.pixels().all(|p| p.0.iter().all(|c| c.abs_diff(128) <= 2)));
}

#[test]
fn grey_deep_and_transparent_pictures_become_rgb() {
    let png = |image: DynamicImage| decode(&file(image, ImageFormat::Png)).unwrap();
    let grey = ImageBuffer::from_pixel(2, 1, Luma([40_u8]));
    assert_eq!(png(grey.into()).get_pixel(1, 0).0, [40; 3]);
    let deep = ImageBuffer::from_pixel(1, 1, Rgb([0_u16, 0x8080, 0xffff]));
    assert_eq!(png(deep.into()).get_pixel(0, 0).0, [0, 128, 255]);
    let veil = RgbaImage::from_pixel(1, 1, Rgba([0, 100, 255, 128]));
    assert_eq!(png(veil.into()).get_pixel(0, 0).0, [127, 177, 255]);
    let clear = GrayAlphaImage::from_pixel(1, 1, LumaA([0, 0]));
    assert_eq!(png(clear.into()).get_pixel(0, 0).0, [255; 3]);
    let deep = ImageBuffer::from_pixel(1, 1, Rgba([0_u16, 0, 0, 0xffff]));
    assert_eq!(png(deep.into()).get_pixel(0, 0).0, [0; 3]);
}

#[test]
fn an_orientation_is_applied() {
    // A photograph taken with the camera turned: twice as wide as high on disk.
    let wide = RgbImage::from_fn(32, 16, |x, _| if x < 16 { Rgb([250; 3]) } else { Rgb([5; 3]) });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 100).encode_image(&wide).unwrap();
    let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let exif = [&b"Exif\0\0"[..], tiff].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let marked = [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat();
    assert_eq!(decode(&jpeg).unwrap().dimensions(), (32, 16));
    let turned = decode(&marked).unwrap();
    assert_eq!(turned.dimensions(), (16, 32));
    assert!(turned.get_pixel(8, 2).0[0] > 200 && turned.get_pixel(8, 30).0[0] < 50);
}

#[test]
fn what_is_no_picture_says_what_it_is() {
    for (bytes, words) in [
        (&b""[..], "no picture that is known"),
        (b"hello", "no picture that is known"),
        (b"GIF89a\x01\0\x01\0", "this is a GIF file"),
        (b"BM\0\0\0\0", "this is a BMP file"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"RIFF\x04\0\0\0WEBP", "damaged"),
    ] {
        let text = decode(bytes).unwrap_err().to_string();
        assert!(text.contains(words), "{text:?} does not say {words:?}");
    }
}

#[test]
fn limits_hold_before_memory_is_taken() {
    let png = file(RgbImage::new(64, 64), ImageFormat::Png);
    let with = |change: fn(&mut DecodeLimits)| {
        let mut limits = DecodeLimits::default();
        change(&mut limits);
        decode_bytes(&png, &limits)
    };
    assert!(with(|_| ()).is_ok());
    assert!(matches!(with(|l| l.bytes = 10), Err(PictureError::TooLarge(10))));
    assert!(matches!(with(|l| l.side = 63), Err(PictureError::TooManyPixels { width: 64, .. })));
    assert!(matches!(with(|l| l.pixels = 4095), Err(PictureError::TooManyPixels { .. })));
    assert!(matches!(with(|l| l.memory = 12_287), Err(PictureError::Memory(12_287))));
}

#[test]
fn a_small_file_cannot_claim_a_huge_picture() {
    // The header of a real file, with other sizes and its checksum made right.
    let mut png = file(RgbImage::new(1, 1), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let checksum = super::super::chunks::tests::checksum(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = decode(&png).unwrap_err();
    assert!(
        matches!(error, PictureError::TooManyPixels { .. } | PictureError::Memory(_)),
        "{error}"
    );
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let photo =
        RgbImage::from_fn(40, 30, |x, y| Rgb([(x * 6) as u8, (y * 8) as u8, (x * y) as u8]));
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let limits = DecodeLimits { pixels: 100_000, memory: 1_000_000, ..DecodeLimits::default() };
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let good = file(photo.clone(), format);
        let mut refused = 0;
        for _ in 0..400 {
            let mut bytes = good.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
            bytes.truncate(bytes.len() - random(4) * random(bytes.len() / 4));
            match decode_bytes(&bytes, &limits) {
                Ok(image) => {
                    assert!(u64::from(image.width()) * u64::from(image.height()) <= 100_000)
                }
                Err(error) => {
                    assert!(!error.hint().is_empty() && error.to_string().len() < 300);
                    refused += 1;
                }
            }
        }
        assert!(refused > 50, "{format:?}: only {refused} of 400 were refused");
    }
}

#[test]
fn files_must_be_there_and_regular() {
    let dir = tempfile::tempdir().unwrap();
    let limits = DecodeLimits::default();
    let path = dir.path().join("a\x1b[2J.png");
    let error = decode_file(&path, &limits).unwrap_err().to_string();
    assert!(error.contains("␛[2J.png cannot be read"), "{error}");
    assert!(matches!(decode_file(dir.path(), &limits), Err(PictureError::NotAFile(_))));
    std::fs::write(&path, file(four(), ImageFormat::Png)).unwrap();
    assert_eq!(decode_file(&path, &limits).unwrap(), four());
    assert!(matches!(read_file(&path, 9), Err(PictureError::TooLarge(9))));
}
