//! Convolution: products of the weights, as stored, with panels of pixels.
//!
//! Where the picture's rows are whole vectors, the panel is read in place at the taps of the
//! kernel ([`direct`]); otherwise the taps are first copied side by side ([`packed`]).

mod direct;
mod packed;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::memory::{Out, build, data};
use super::simd::{Isa, LANES};
use super::tile::{ROWS, Start};

/// Result channels that share one pass over a panel; their weights stay in the cache.
const CHANNELS: usize = 8 * ROWS;

/// The extents of one convolution.
#[derive(Debug, Clone, Copy)]
struct Shape {
    images: usize,
    channels: usize,
    height: usize,
    width: usize,
    out_channels: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    out_height: usize,
    out_width: usize,
}

impl Shape {
    fn of(x: &Tensor, weight: &Tensor, stride: usize, padding: usize) -> Result<Self> {
        let (images, channels, height, width) = x.dims4()?;
        let (out_channels, in_channels, kernel, across) = weight.dims4()?;
        let fits = channels == in_channels && kernel == across && stride > 0 && kernel > 0;
        if !fits || kernel > (height + 2 * padding).min(width + 2 * padding) {
            candle_core::bail!(
                "conv2d: x {:?}, weight {:?}, stride {stride}, padding {padding}",
                x.dims(),
                weight.dims()
            )
        }
        let out = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (out(height), out(width));
        Ok(Self {
            images,
            channels,
            height,
            width,
            out_channels,
            kernel,
            stride,
            padding,
            out_height,
            out_width,
        })
    }

    /// Taps of the kernel.
    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Terms of one result.
    fn depth(&self) -> usize {
        self.channels * self.taps()
    }

    /// Pixels of one channel of the result.
    fn pixels(&self) -> usize {
        self.out_height * self.out_width
    }

    /// The picture of one image.
    fn image<'a>(&self, x: &'a [f32], image: usize) -> &'a [f32] {
        let size = self.channels * self.height * self.width;
        &x[image * size..][..size]
    }
}

/// What all tasks of one convolution share.
struct Job<'a> {
    isa: Isa,
    shape: Shape,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    out: Out,
}

impl Job<'_> {
    /// What the results of channel `from` and on start from in a piece of the depth.
    fn start(&self, first_piece: bool, from: usize) -> Start {
        match self.bias {
            _ if !first_piece => Start::Add,
            Some(bias) => Start::Row(bias[from..].as_ptr()),
            None => Start::Value(0.0),
        }
    }

    /// Runs `task(tile, from, to)` for each tile and range of result channels; the channels are
    /// split only where there are too few tiles for the threads.
    fn each(&self, tiles: usize, task: impl Fn(usize, usize, usize) + Sync) {
        let channels = self.shape.out_channels;
        let wanted = (3 * rayon::current_num_threads()).div_ceil(tiles.max(1));
        let rows = channels.div_ceil(wanted).next_multiple_of(ROWS);
        let ranges = channels.div_ceil(rows);
        (0..tiles * ranges).into_par_iter().for_each(|index| {
            let from = index % ranges * rows;
            task(index / ranges, from, (from + rows).min(channels));
        });
    }
}

/// See [`crate::engine::kernels::conv2d`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn conv2d(
    isa: Isa,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let shape = Shape::of(x, weight, stride, padding)?;
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let bias = bias.map(Tensor::contiguous).transpose()?;
    let (x, weight) = (data(&x), data(&weight));
    let bias = bias.as_ref().map(data);
    let bias = bias.as_ref().map(|bias| bias.slice()).transpose()?;
    if bias.is_some_and(|bias| bias.len() != shape.out_channels) {
        candle_core::bail!("conv2d: the bias has not {} channels", shape.out_channels)
    }
    let (x, weight) = (x.slice()?, weight.slice()?);
    let dims = (shape.images, shape.out_channels, shape.out_height, shape.out_width);
    let fill = |out: Out| {
        let job = Job { isa, shape, x, weight, bias, out };
        if shape.out_width.is_multiple_of(LANES) {
            direct::run(&job);
        } else {
            packed::run(&job);
        }
        Ok(())
    };
    // SAFETY: both ways cover all pixels and channels of all images, each once.
    unsafe { build(dims, fill) }
}
