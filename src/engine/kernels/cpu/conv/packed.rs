//! Convolution of any stride and size: the taps of a panel of pixels are copied side by side.

use super::super::memory::with_scratch;
use super::super::simd::{LANES, Simd, Work};
use super::super::tile::{Layout, Product, pieces};
use super::direct::copy;
use super::{CHANNELS, Job, Shape};

/// Pixels of one row of the picture that one tap sees in a run of a panel.
#[derive(Debug, Clone, Copy)]
struct Move {
    lane: usize,
    /// Offset in the channel of the picture.
    from: usize,
    count: usize,
}

/// What one tap of the kernel sees in a panel.
#[derive(Debug, Default)]
struct Tap {
    moves: Vec<Move>,
    /// Some lanes lie in the padding.
    padded: bool,
}

/// Fills the whole result of `job`.
pub(super) fn run(job: &Job) {
    let shape = &job.shape;
    let panel = job.isa.panel();
    let panels = shape.pixels().div_ceil(panel);
    job.each(shape.images * panels, |index, from, to| {
        let (image, pixel) = (index / panels, index % panels * panel);
        let lanes = panel.min(shape.pixels() - pixel);
        let taps = taps(shape, pixel, lanes);
        let lda = lanes.next_multiple_of(LANES);
        for (piece, (first, channels)) in pieces(shape.channels, shape.taps()).enumerate() {
            let depth = channels * shape.taps();
            with_scratch(depth * lda, |packed| {
                let picture = shape.image(job.x, image);
                job.isa.run(Pack { shape, taps: &taps, picture, first, lda, packed });
                for channel in (from..to).step_by(CHANNELS) {
                    let result = (image * shape.out_channels + channel) * shape.pixels() + pixel;
                    let terms = channel * shape.depth() + first * shape.taps();
                    let product = Product {
                        rows: CHANNELS.min(to - channel),
                        lanes,
                        depth,
                        a: packed.as_ptr(),
                        layout: Layout::Rows(lda),
                        b: job.weight[terms..].as_ptr(),
                        ldb: shape.depth(),
                        c: job.out.at(result),
                        ldc: shape.pixels(),
                        alpha: 1.0,
                        start: job.start(piece == 0, image, channel),
                        onto: job.onto(piece == 0, result),
                    };
                    job.isa.run(&product);
                }
            });
        }
    });
}

/// What each tap sees in the `lanes` pixels from `pixel` on.
fn taps(shape: &Shape, pixel: usize, lanes: usize) -> Vec<Tap> {
    (0..shape.taps())
        .map(|tap| {
            let (down, across) = (tap / shape.kernel, tap % shape.kernel);
            let mut seen = Tap::default();
            let mut lane = 0;
            while lane < lanes {
                let (y, x) = ((pixel + lane) / shape.out_width, (pixel + lane) % shape.out_width);
                let count = (shape.out_width - x).min(lanes - lane);
                seen.add_run(shape, lane, count, (y * shape.stride + down, x), across);
                lane += count;
            }
            seen
        })
        .collect()
}

impl Tap {
    /// Adds `count` pixels of one row of the result, the first at column `x`, that see row `y`
    /// (counted from the upper padding) of the picture.
    fn add_run(
        &mut self,
        shape: &Shape,
        lane: usize,
        count: usize,
        (y, x): (usize, usize),
        across: usize,
    ) {
        let Shape { stride, padding, width, .. } = *shape;
        // Pixel i sees column (x + i) stride + across - padding, which has to be in 0..width.
        let column = x * stride + across;
        let first = padding.saturating_sub(column).div_ceil(stride).min(count);
        let end = (width + padding).saturating_sub(column).div_ceil(stride).clamp(first, count);
        let inside = y >= padding && y - padding < shape.height && first < end;
        if inside {
            let from = (y - padding) * width + column + first * stride - padding;
            self.moves.push(Move { lane: lane + first, from, count: end - first });
        }
        self.padded |= !inside || end - first < count;
    }
}

/// Copies the taps of a panel, `[channel][tap][lane]`.
struct Pack<'a> {
    shape: &'a Shape,
    taps: &'a [Tap],
    picture: &'a [f32],
    first: usize,
    lda: usize,
    packed: &'a mut [f32],
}

impl Work for Pack<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let plane = self.shape.height * self.shape.width;
        for (k, row) in self.packed.chunks_exact_mut(self.lda).enumerate() {
            let channel = self.first + k / self.taps.len();
            let picture = &self.picture[channel * plane..][..plane];
            let tap = &self.taps[k % self.taps.len()];
            if tap.padded {
                row.fill(0.0);
            }
            for step in &tap.moves {
                let to = &mut row[step.lane..][..step.count];
                if self.shape.stride == 1 {
                    let from = &picture[step.from..][..step.count];
                    // SAFETY: both slices have this length.
                    unsafe { copy::<S>(from.as_ptr(), to.as_mut_ptr(), step.count) };
                    continue;
                }
                let from = picture[step.from..].iter().step_by(self.shape.stride);
                for (to, from) in to.iter_mut().zip(from) {
                    *to = *from;
                }
            }
        }
    }
}
