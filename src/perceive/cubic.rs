//! Cubic interpolation as PyTorch's `interpolate(mode="bicubic")` has it.

/// The slope at the neighbours.
const A: f64 = -0.75;

/// The four of `count` places around a point between them, with their weights;
/// what would lie outside is the outermost.
pub(super) fn taps(count: usize, point: f64) -> [(usize, f64); 4] {
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    let first = point.floor();
    let t = point - first;
    let weights = [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)];
    let at = |i: usize| (first + i as f64 - 1.0).clamp(0.0, count.max(1) as f64 - 1.0) as usize;
    [0, 1, 2, 3].map(|i| (at(i), weights[i]))
}
