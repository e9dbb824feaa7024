//! Convolution: products of the weights, as stored, with panels of pixels.
//!
//! Filters of three by three over many tiles of many channels take fewer products in another base
//! ([`winograd`]). Otherwise, where the picture's rows are whole vectors, the panel is read in place at the taps of the
//! kernel ([`direct`]); otherwise the taps are first copied side by side ([`packed`]).

mod direct;
mod packed;
mod winograd;

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

/// What is added to the products of a convolution.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Plus<'a> {
    /// One number a channel.
    pub bias: Option<&'a Tensor>,
    /// One number a channel of each image: `(n, o)`.
    pub shift: Option<&'a Tensor>,
    /// One number each: a tensor of the result's shape.
    pub residual: Option<&'a Tensor>,
}

impl Plus<'_> {
    /// Bias and shift together: one number a channel, or a channel of each image.
    fn biases(&self, shape: &Shape) -> Result<Option<Vec<f32>>> {
        let wanted = |x: &Tensor, dims: &[usize]| match x.dims() == dims {
            true => x.contiguous()?.flatten_all()?.to_vec1::<f32>(),
            false => candle_core::bail!("conv2d: {:?} is added to {dims:?}", x.dims()),
        };
        let bias = self.bias.map(|x| wanted(x, &[shape.out_channels])).transpose()?;
        let shift = self.shift.map(|x| wanted(x, &[shape.images, shape.out_channels]));
        let (Some(mut shift), bias) = (shift.transpose()?, bias.as_ref()) else {
            return Ok(bias);
        };
        for row in shift.chunks_exact_mut(shape.out_channels) {
            row.iter_mut().zip(bias.into_iter().flatten()).for_each(|(to, add)| *to += add);
        }
        Ok(Some(shift))
    }
}

/// What all tasks of one convolution share.
struct Job<'a> {
    isa: Isa,
    shape: Shape,
    x: &'a [f32],
    weight: &'a [f32],
    /// For the channels of all images, or of each.
    biases: Option<&'a [f32]>,
    residual: Option<&'a [f32]>,
    out: Out,
}

impl Job<'_> {
    /// What the results of an image's channel `from` and on start from in a piece of the depth.
    fn start(&self, first_piece: bool, image: usize, from: usize) -> Start {
        match self.biases {
            _ if !first_piece => Start::Add,
            Some(biases) => {
                let image = image * self.shape.out_channels % biases.len();
                Start::Row(biases[image + from..].as_ptr())
            }
            None => Start::Value(0.0),
        }
    }

    /// What is added to a channel of an image.
    fn bias(&self, image: usize, channel: usize) -> f32 {
        let place = |biases: &[f32]| image * self.shape.out_channels % biases.len() + channel;
        self.biases.map_or(0.0, |biases| biases[place(biases)])
    }

    /// What is added to the results from `place` on in a piece of the depth.
    fn onto(&self, first_piece: bool, place: usize) -> *const f32 {
        match self.residual {
            Some(residual) if first_piece => residual[place..].as_ptr(),
            _ => std::ptr::null(),
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
    plus: Plus,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let shape = Shape::of(x, weight, stride, padding)?;
    let dims = (shape.images, shape.out_channels, shape.out_height, shape.out_width);
    let biases = plus.biases(&shape)?;
    let residual = plus.residual.map(Tensor::contiguous).transpose()?;
    if let Some(residual) = residual.as_ref().filter(|r| r.shape() != &dims.into()) {
        candle_core::bail!("conv2d: {:?} is added to {dims:?}", residual.dims())
    }
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let (x, weight, residual) = (data(&x), data(&weight), residual.as_ref().map(data));
    let residual = residual.as_ref().map(|residual| residual.slice()).transpose()?;
    let (x, weight) = (x.slice()?, weight.slice()?);
    let fill = |out: Out| {
        let job = Job { isa, shape, x, weight, biases: biases.as_deref(), residual, out };
        if winograd::takes(&shape) {
            winograd::run(&job);
        } else if shape.out_width.is_multiple_of(LANES) {
            direct::run(&job);
        } else {
            packed::run(&job);
        }
        Ok(())
    };
    // SAFETY: both ways cover all pixels and channels of all images, each once.
    unsafe { build(dims, fill) }
}
