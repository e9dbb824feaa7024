//! Adaptive instance normalisation over tokens.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::{StatAnchors, leaves_alone};
use super::memory::{Out, build, data};
use super::simd::{Isa, LANES, Simd, Work};

/// Channels of one task.
const CHANNELS: usize = 64;
/// Tokens whose sums are taken before they join the others, which keeps rounding small.
const TOKENS: usize = 128;
/// StyleAligned's guard against a flat channel.
const EPS: f32 = 1e-5;

/// Mean and variance (with [`EPS`]) of each channel of each row.
struct Moments {
    channels: usize,
    mean: Vec<f32>,
    var: Vec<f32>,
}

impl Moments {
    /// Of the rows that `needed` names; the others are left nought.
    fn of(isa: Isa, x: &[f32], tokens: usize, channels: usize, needed: &[bool]) -> Self {
        let blocks = channels.div_ceil(CHANNELS);
        let parts: Vec<[[f32; CHANNELS]; 2]> = (0..needed.len() * blocks)
            .into_par_iter()
            .map(|index| {
                let (row, from) = (index / blocks, index % blocks * CHANNELS);
                let count = CHANNELS.min(channels - from);
                let x = &x[row * tokens * channels + from..];
                match needed[row] {
                    true => isa.run(Columns { x, tokens, stride: channels, count }),
                    false => [[0.0; CHANNELS]; 2],
                }
            })
            .collect();
        let pick = |which: usize| {
            let channel = |at: usize| {
                let (row, channel) = (at / channels, at % channels);
                parts[row * blocks + channel / CHANNELS][which][channel % CHANNELS]
            };
            (0..needed.len() * channels).map(channel).collect()
        };
        Self { channels, mean: pick(0), var: pick(1) }
    }

    /// What one channel of a row with `anchors` is brought to: mean and variance.
    fn mixed(&self, anchors: &StatAnchors, channel: usize) -> (f32, f32) {
        let at = |row: usize| row * self.channels + channel;
        let mean = anchors.iter().fold(0.0, |sum, &(row, share)| sum + share * self.mean[at(row)]);
        let var = anchors.iter().fold(0.0, |sum, &(row, share)| {
            let off = self.mean[at(row)] - mean;
            sum + share * (self.var[at(row)] + off * off)
        });
        (mean, var)
    }
}

/// See [`crate::engine::kernels::adain`].
///
/// # Errors
/// If `x` is not of single precision on the CPU.
pub(super) fn adain(isa: Isa, x: &Tensor, anchors: &[StatAnchors]) -> Result<Tensor> {
    let alone = |(row, list): (usize, &StatAnchors)| leaves_alone(row, list);
    if anchors.iter().enumerate().all(alone) {
        return Ok(x.clone());
    }
    let (rows, tokens, channels) = x.dims3()?;
    let x = x.contiguous()?;
    let x_data = data(&x);
    let values = x_data.slice()?;
    let mut needed = vec![false; rows];
    for (row, list) in anchors.iter().enumerate().filter(|&(row, list)| !leaves_alone(row, list)) {
        needed[row] = true;
        list.iter().for_each(|&(anchor, _)| needed[anchor] = true);
    }
    let moments = Moments::of(isa, values, tokens, channels, &needed);
    let fill = |out: Out| {
        (0..rows).into_par_iter().for_each(|row| {
            let size = tokens * channels;
            let (x, y) = (&values[row * size..][..size], out.at(row * size));
            if leaves_alone(row, &anchors[row]) {
                // SAFETY: the result's row is this task's own, and as long.
                unsafe { std::ptr::copy_nonoverlapping(x.as_ptr(), y, size) };
                return;
            }
            let (mean, factor, to): (Vec<f32>, Vec<f32>, Vec<f32>) =
                factors(&moments, &anchors[row], row);
            isa.run(Move { x, y, channels, mean: &mean, factor: &factor, to: &to });
        });
        Ok(())
    };
    // SAFETY: each task writes the whole of its row.
    unsafe { build((rows, tokens, channels), fill) }
}

/// For each channel of a row: its mean, the ratio of the deviations, the mean it is brought to.
fn factors(moments: &Moments, anchors: &StatAnchors, row: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let channels = moments.channels;
    let mean = moments.mean[row * channels..][..channels].to_vec();
    let (factor, to) = (0..channels)
        .map(|channel| {
            let (to, var) = moments.mixed(anchors, channel);
            (var.sqrt() / moments.var[row * channels + channel].sqrt(), to)
        })
        .unzip();
    (mean, factor, to)
}

/// Means and variances over the tokens of up to [`CHANNELS`] channels.
struct Columns<'a> {
    x: &'a [f32],
    tokens: usize,
    stride: usize,
    count: usize,
}

impl Work for Columns<'_> {
    type Out = [[f32; CHANNELS]; 2];

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Self::Out {
        let mut result = [[0.0; CHANNELS]; 2];
        for from in (0..self.count).step_by(LANES) {
            let lanes = LANES.min(self.count - from);
            // SAFETY: the last token's last channel lies within `x`, and `from + lanes` within
            // the `CHANNELS` of the result.
            unsafe {
                let nought = S::splat(0.0);
                let sum = self.total::<S, false>(from, lanes, nought);
                let mean = S::div(sum, S::splat(self.tokens as f32));
                let squares = self.total::<S, true>(from, lanes, mean);
                let var = S::div(squares, S::splat((self.tokens - 1) as f32));
                S::store_first(result[0].as_mut_ptr().add(from), mean, lanes);
                let var = S::add(var, S::splat(EPS));
                S::store_first(result[1].as_mut_ptr().add(from), var, lanes);
            }
        }
        result
    }
}

impl Columns<'_> {
    /// The sum over the tokens of the values, or of the squares of what they differ from `mean`.
    ///
    /// # Safety
    /// As for the methods of [`Simd`].
    #[inline(always)]
    unsafe fn total<S: Simd, const SQUARES: bool>(
        &self,
        from: usize,
        lanes: usize,
        mean: S::V,
    ) -> S::V {
        // SAFETY: as for `run`.
        unsafe {
            let mut total = S::splat(0.0);
            for block in (0..self.tokens).step_by(TOKENS) {
                let mut sum = S::splat(0.0);
                for token in block..(block + TOKENS).min(self.tokens) {
                    let at = self.x.as_ptr().add(token * self.stride + from);
                    let x = if lanes == LANES { S::load(at) } else { S::load_first(at, lanes) };
                    let off = S::sub(x, mean);
                    sum = if SQUARES { S::fma(off, off, sum) } else { S::add(sum, x) };
                }
                total = S::add(total, sum);
            }
            total
        }
    }
}

/// `(x - mean) factor + to` for every token of a row.
struct Move<'a> {
    x: &'a [f32],
    y: *mut f32,
    channels: usize,
    mean: &'a [f32],
    factor: &'a [f32],
    to: &'a [f32],
}

impl Work for Move<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for (token, x) in self.x.chunks_exact(self.channels).enumerate() {
            let y = self.y.wrapping_add(token * self.channels);
            for at in (0..self.channels).step_by(LANES) {
                let lanes = LANES.min(self.channels - at);
                // SAFETY: `at + lanes` stays within the channels, which all slices have.
                unsafe {
                    let mean = S::load_first(self.mean.as_ptr().add(at), lanes);
                    let factor = S::load_first(self.factor.as_ptr().add(at), lanes);
                    let to = S::load_first(self.to.as_ptr().add(at), lanes);
                    let off = S::sub(S::load_first(x.as_ptr().add(at), lanes), mean);
                    S::store_first(y.add(at), S::fma(off, factor, to), lanes);
                }
            }
        }
    }
}
