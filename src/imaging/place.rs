//! Pictures brought to a given size.

use image::RgbImage;
use image::imageops;

use super::resample::{self, Filter};
use crate::recipe::{Fit, Size};

/// The picture at exactly `size`, by Pillow's Lanczos resampling.
pub fn place(picture: &RgbImage, size: Size, fit: Fit) -> RgbImage {
    let Size { width, height } = size;
    match fit {
        Fit::Stretch => resize(picture, width, height),
        Fit::Crop => {
            // The part of the picture that has the proportions of the size.
            let (w, h) = inner(picture.dimensions(), (width, height));
            let (left, top) = ((picture.width() - w) / 2, (picture.height() - h) / 2);
            let part = imageops::crop_imm(picture, left, top, w, h).to_image();
            resize(&part, width, height)
        }
        Fit::Pad => {
            // The part of the size that has the proportions of the picture.
            let (w, h) = inner((width, height), picture.dimensions());
            let part = resize(picture, w, h);
            let (left, top) = ((width - w) / 2, (height - h) / 2);
            RgbImage::from_fn(width, height, |x, y| {
                let near = |at: u32, start: u32, length: u32| {
                    at.saturating_sub(start).min(length.saturating_sub(1))
                };
                *part.get_pixel(near(x, left, w), near(y, top, h))
            })
        }
    }
}

fn resize(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    resample::resize(picture, width, height, Filter::Lanczos)
}

/// The largest size within `outer` that has the proportions of `like`, at least
/// one pixel a side.
fn inner(outer: (u32, u32), like: (u32, u32)) -> (u32, u32) {
    let [w, h, a, b] = [outer.0, outer.1, like.0.max(1), like.1.max(1)].map(u64::from);
    let scaled = |side: u64, by: u64, of: u64| ((side * by + of / 2) / of).max(1);
    let (w, h) = match w * b > h * a {
        true => (scaled(h, a, b).min(w), h),
        false => (w, scaled(w, b, a).min(h)),
    };
    // Neither is larger than a side of `outer`, which is a u32.
    (w as u32, h as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// Left half red, right half blue, 40 x 20.
    fn halves() -> RgbImage {
        RgbImage::from_fn(40, 20, |x, _| if x < 20 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
    }

    #[test]
    fn every_fit_gives_the_size() {
        for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
            for (width, height) in [(16, 16), (64, 8), (8, 64), (40, 20)] {
                let placed = place(&halves(), Size { width, height }, fit);
                assert_eq!(placed.dimensions(), (width, height), "{fit:?}");
            }
        }
        let whole = place(&halves(), Size { width: 40, height: 20 }, Fit::Pad);
        assert_eq!(whole, halves());
    }

    #[test]
    fn a_crop_keeps_the_middle_and_a_pad_the_edges() {
        let cropped = place(&halves(), Size { width: 20, height: 20 }, Fit::Crop);
        assert_eq!(
            (cropped.get_pixel(1, 3).0, cropped.get_pixel(18, 3).0),
            ([255, 0, 0], [0, 0, 255])
        );
        let padded = place(&halves(), Size { width: 40, height: 40 }, Fit::Pad);
        assert_eq!(
            (padded.get_pixel(2, 0).0, padded.get_pixel(37, 39).0),
            ([255, 0, 0], [0, 0, 255])
        );
    }
}
