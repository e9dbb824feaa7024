//! Canny's edge detector as OpenCV computes it, bit for bit: gradients of the
//! 3 x 3 Sobel filter without blurring first, their size as |dx| + |dy|, thinned
//! to ridges, and weak edges kept where they hang on strong ones.

use image::{GrayImage, RgbImage};

use crate::recipe::Thresholds;

/// The tangent of 22.5 degrees in 15 bits.
const TAN_22: i64 = 13_573;

/// Edges of a colour picture, white on black; each pixel is judged by the
/// channel that changes most there.
pub fn canny(image: &RgbImage, thresholds: Thresholds) -> GrayImage {
    edges::<3>(image.as_raw(), image.dimensions(), thresholds)
}

/// Edges of a grey picture.
pub fn canny_grey(image: &GrayImage, thresholds: Thresholds) -> GrayImage {
    edges::<1>(image.as_raw(), image.dimensions(), thresholds)
}

fn edges<const C: usize>(bytes: &[u8], size: (u32, u32), thresholds: Thresholds) -> GrayImage {
    let field = Field::new::<C>(bytes, (size.0 as usize, size.1 as usize));
    let Thresholds { low, high } = thresholds;
    // Given the other way round they are taken as they are meant.
    let bounds = [low.min(high), low.max(high)].map(|t| t.floor() as i32);
    let kept = keep(&field.ridges(bounds[0], bounds[1]), field.width);
    let mut map = GrayImage::new(size.0, size.1);
    for (pixel, kept) in map.pixels_mut().zip(kept) {
        pixel.0 = [if kept { 255 } else { 0 }];
    }
    map
}

/// What a pixel is before weak edges are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    None,
    Weak,
    Strong,
}

/// The gradient at each pixel.
struct Field {
    width: usize,
    height: usize,
    gradients: Vec<(i32, i32)>,
}

impl Field {
    fn new<const C: usize>(bytes: &[u8], (width, height): (usize, usize)) -> Self {
        let at = |x: usize, y: usize, c: usize| {
            i32::from(bytes.get((y * width + x) * C + c).copied().unwrap_or_default())
        };
        let mut gradients = Vec::with_capacity(width * height);
        for y in 0..height {
            // Beyond the border lies the border's own pixel again.
            let ys = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
            for x in 0..width {
                let xs = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
                let sobel = |c: usize| {
                    let [[a, b, d], [e, _, f], [g, h, i]] = ys.map(|y| xs.map(|x| at(x, y, c)));
                    ((d + 2 * f + i) - (a + 2 * e + g), (g + 2 * h + i) - (a + 2 * b + d))
                };
                // The first of equals.
                let steepest = |best, next| if size(next) > size(best) { next } else { best };
                gradients.push((1..C).map(sobel).fold(sobel(0), steepest));
            }
        }
        Self { width, height, gradients }
    }

    /// The gradient's size at an offset from (x, y); nothing beyond the border.
    fn size_at(&self, x: usize, y: usize, dx: isize, dy: isize) -> i32 {
        let (Some(x), Some(y)) = (x.checked_add_signed(dx), y.checked_add_signed(dy)) else {
            return 0;
        };
        if x >= self.width {
            return 0;
        }
        self.gradients.get(y * self.width + x).map_or(0, |g| size(*g))
    }

    fn ridges(&self, low: i32, high: i32) -> Vec<Edge> {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let judge = |((x, y), gradient): ((usize, usize), &(i32, i32))| match size(*gradient) {
            m if m <= low || !self.is_ridge(x, y, *gradient) => Edge::None,
            m if m > high => Edge::Strong,
            _ => Edge::Weak,
        };
        places.zip(&self.gradients).map(judge).collect()
    }

    /// Whether the gradient is largest here along its own direction, which is
    /// rounded to a multiple of 45 degrees. Of two equal neighbours the first
    /// one wins, so that an edge is one pixel wide.
    fn is_ridge(&self, x: usize, y: usize, (dx, dy): (i32, i32)) -> bool {
        let m = size((dx, dy));
        let (wide, tall) = (i64::from(dx.abs()), i64::from(dy.abs()) << 15);
        let flat = wide * TAN_22;
        if tall < flat {
            return m > self.size_at(x, y, -1, 0) && m >= self.size_at(x, y, 1, 0);
        }
        // tan 67.5° = tan 22.5° + 2.
        if tall > flat + (wide << 16) {
            return m > self.size_at(x, y, 0, -1) && m >= self.size_at(x, y, 0, 1);
        }
        let side = if (dx ^ dy) < 0 { -1 } else { 1 };
        m > self.size_at(x, y, -side, -1) && m > self.size_at(x, y, side, 1)
    }
}

fn size((dx, dy): (i32, i32)) -> i32 {
    dx.abs() + dy.abs()
}

/// Strong edges, and weak ones that touch a kept one along sides or corners.
fn keep(edges: &[Edge], width: usize) -> Vec<bool> {
    let mut kept: Vec<bool> = edges.iter().map(|e| *e == Edge::Strong).collect();
    let mut open: Vec<usize> = (0..edges.len()).filter(|i| kept.get(*i) == Some(&true)).collect();
    while let Some(place) = open.pop() {
        let (x, y) = (place % width, place / width);
        for ny in y.saturating_sub(1)..=y + 1 {
            for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                let next = ny * width + nx;
                let weak = edges.get(next) == Some(&Edge::Weak);
                if let Some(kept) = kept.get_mut(next).filter(|kept| weak && !**kept) {
                    *kept = true;
                    open.push(next);
                }
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, Rgb};

    fn white(map: &GrayImage) -> usize {
        map.pixels().filter(|p| p.0[0] == 255).count()
    }

    #[test]
    fn an_edge_is_one_line_and_one_colour_has_none() {
        let step = GrayImage::from_fn(8, 8, |x, _| Luma([if x < 4 { 0 } else { 255 }]));
        let map = canny_grey(&step, Thresholds::default());
        assert_eq!(white(&map), 8);
        assert!((0..8).all(|y| map.get_pixel(3, y).0[0] == 255));
        let plain = RgbImage::from_pixel(8, 8, Rgb([9, 200, 31]));
        assert_eq!(white(&canny(&plain, Thresholds::default())), 0);
    }

    #[test]
    fn weak_edges_need_a_strong_one() {
        // The step fades from strong to weak downwards.
        let fading = |top: u8| {
            let side = |x, y: u32| if x < 8 { 0 } else { top.saturating_sub(y as u8 * 3) };
            GrayImage::from_fn(16, 8, |x, y| Luma([side(x, y)]))
        };
        let bounds = Thresholds { low: 60.0, high: 190.0 };
        assert!(white(&canny_grey(&fading(50), bounds)) >= 6);
        assert_eq!(white(&canny_grey(&fading(40), bounds)), 0);
        let turned = Thresholds { low: 190.0, high: 60.0 };
        assert_eq!(canny_grey(&fading(50), turned), canny_grey(&fading(50), bounds));
    }

    #[test]
    fn pictures_of_one_pixel_or_line_have_a_map() {
        for (w, h) in [(1, 1), (5, 1), (1, 5)] {
            let map = canny(&RgbImage::new(w, h), Thresholds::default());
            assert_eq!((map.dimensions(), white(&map)), ((w, h), 0));
        }
    }
}
