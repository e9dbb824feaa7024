//! Smaller pictures.

use image::RgbImage;
use image::imageops::{self, FilterType};

/// The largest size of the same proportions within `bound`, never larger than
/// the picture, at least one pixel a side.
pub fn fit(size: (u32, u32), bound: (u32, u32)) -> (u32, u32) {
    // Wide enough for twice the product of two sides.
    let [w, h, bw, bh] = [size.0, size.1, bound.0, bound.1].map(|side| u128::from(side.max(1)));
    if w <= bw && h <= bh {
        return (w as u32, h as u32);
    }
    // Round half up, as n / d = (2n + d) / 2d.
    let scale = |n: u128, d: u128| ((2 * n + d) / (2 * d)).max(1);
    let (w, h) = match w * bh > h * bw {
        true => (bw, scale(h * bw, w)),
        false => (scale(w * bh, h), bh),
    };
    (w as u32, h as u32)
}

/// The picture within a square of `side` pixels, proportions kept, by Lanczos
/// resampling. A picture that is small enough is returned as it is.
pub fn thumbnail(image: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = fit(image.dimensions(), (side, side));
    if (width, height) == image.dimensions() {
        return image.clone();
    }
    imageops::resize(image, width, height, FilterType::Lanczos3)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn proportions_are_kept_and_nothing_grows() {
        for (size, bound, fitted) in [
            ((1024, 512), (256, 256), (256, 128)),
            ((512, 1024), (256, 256), (128, 256)),
            ((100, 50), (256, 256), (100, 50)),
            ((10_000, 1), (64, 64), (64, 1)),
            ((3, 2), (2, 2), (2, 1)),
            ((1024, 1024), (40, 15), (15, 15)),
            ((u32::MAX, u32::MAX), (7, 9), (7, 7)),
            ((u32::MAX, u32::MAX), (u32::MAX - 1, u32::MAX), (u32::MAX - 1, u32::MAX - 1)),
            ((0, 0), (0, 0), (1, 1)),
        ] {
            assert_eq!(fit(size, bound), fitted, "{size:?} in {bound:?}");
        }
    }

    #[test]
    fn a_thumbnail_looks_like_its_picture() {
        let image =
            RgbImage::from_fn(64, 32, |x, _| Rgb(if x < 32 { [200, 10, 10] } else { [5; 3] }));
        let small = thumbnail(&image, 16);
        assert_eq!(small.dimensions(), (16, 8));
        assert_eq!((small.get_pixel(1, 4).0, small.get_pixel(14, 4).0), ([200, 10, 10], [5; 3]));
        assert_eq!(thumbnail(&image, 64), image);
    }
}
