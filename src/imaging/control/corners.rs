//! Corners after Harris and Stephens (Alvey 1988): where the picture changes in
//! every direction.

use image::{GrayImage, Luma};

/// Harris' constant: how much a change in one direction only counts against.
const K: f64 = 0.04;
/// Pixels to each side that are looked at together.
const WINDOW: usize = 2;
/// Share of the strongest answer below which nothing is a corner.
const THRESHOLD: f64 = 0.01;
/// Radius of the dot that marks a corner.
const DOT: usize = 1;

/// Corners of a grey picture as white dots on black.
pub fn corners(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let answers = answers(image);
    let at = |x: usize, y: usize| answers.get(y * width + x).copied().unwrap_or_default();
    let strongest = answers.iter().copied().fold(0.0, f64::max);
    let mut map = GrayImage::new(image.width(), image.height());
    if strongest <= 0.0 {
        return map;
    }
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let here = at(x, y);
        // Of equal neighbours only the first, in the order of reading.
        let beaten = around(x, y, WINDOW, width, height)
            .any(|(nx, ny)| at(nx, ny) > here || (at(nx, ny) == here && (ny, nx) < (y, x)));
        if here <= strongest * THRESHOLD || beaten {
            continue;
        }
        for (nx, ny) in around(x, y, DOT, width, height) {
            map.put_pixel(nx as u32, ny as u32, Luma([255]));
        }
    }
    map
}

/// `det M - k (trace M)²` of the gradients' products summed over a window.
fn answers(image: &GrayImage) -> Vec<f64> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let grey = |x: usize, y: usize| {
        f64::from(image.as_raw().get(y * width + x).copied().unwrap_or_default()) / 255.0
    };
    let mut products = Vec::with_capacity(width * height);
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let xs = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
        let ys = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        let [[a, b, c], [d, _, e], [f, g, h]] = ys.map(|y| xs.map(|x| grey(x, y)));
        let dx = (c + 2.0 * e + h) - (a + 2.0 * d + f);
        let dy = (f + 2.0 * g + h) - (a + 2.0 * b + c);
        products.push([dx * dx, dx * dy, dy * dy]);
    }
    let answer = |(x, y): (usize, usize)| {
        let [xx, xy, yy] = around(x, y, WINDOW, width, height).fold([0.0; 3], |sum, (nx, ny)| {
            let next = products.get(ny * width + nx).copied().unwrap_or_default();
            [sum[0] + next[0], sum[1] + next[1], sum[2] + next[2]]
        });
        xx * yy - xy * xy - K * (xx + yy).powi(2)
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(answer).collect()
}

/// The places within `reach` of (x, y), itself among them.
fn around(
    x: usize,
    y: usize,
    reach: usize,
    width: usize,
    height: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let (left, top) = (x.saturating_sub(reach), y.saturating_sub(reach));
    let (right, bottom) = ((x + reach).min(width - 1), (y + reach).min(height - 1));
    (top..=bottom).flat_map(move |ny| (left..=right).map(move |nx| (nx, ny)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_has_four_corners_and_a_line_none() {
        let inside = |v: u32| (8..24).contains(&v);
        let square =
            GrayImage::from_fn(32, 32, |x, y| Luma([if inside(x) && inside(y) { 255 } else { 0 }]));
        let map = corners(&square);
        for (x, y) in [(8, 8), (23, 8), (8, 23), (23, 23)] {
            let near = |v: u32| v - 2..=v + 2;
            let found = near(y).any(|y| near(x).any(|x| map.get_pixel(x, y).0[0] == 255));
            assert!(found, "no corner at {x}, {y}");
        }
        let dots = map.pixels().filter(|p| p.0[0] == 255).count();
        assert!((16..=36).contains(&dots), "{dots} pixels for four corners");
        let line = GrayImage::from_fn(32, 32, |x, _| Luma([if x < 16 { 0 } else { 255 }]));
        assert!(corners(&line).pixels().all(|p| p.0[0] == 0));
        assert!(corners(&GrayImage::new(1, 1)).pixels().all(|p| p.0[0] == 0));
    }
}
