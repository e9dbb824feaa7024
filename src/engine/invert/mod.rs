//! Pictures back to noise: how a reference picture enters a set.
//!
//! A reference is not painted. Its latents are laid down beforehand for every
//! step, and the panels look at it on its way: by DDIM inversion (arXiv
//! 2105.05233, appendix F), which retraces the model's own way, or by noise that
//! is simply added, which costs nothing.

mod shelf;

pub use shelf::Shelf;

use super::error::{EngineError, Result};
use super::pass::Pass;
use super::rng;
use super::sampler::{RowText, guidance_input, guide, halves};
use super::schedule::Scheduler;
use super::unet::UNet;
use candle_core::{DType, Tensor};
use std::ops::ControlFlow;

/// A picture's latents (1, channels, height, width) in f32 at the noise level of
/// each step, noisiest first; the last are clean.
#[derive(Debug, Clone)]
pub struct Trajectory(Vec<Tensor>);

impl Trajectory {
    /// Takes latents that were laid down elsewhere, noisiest first.
    ///
    /// # Errors
    /// Without any.
    pub fn new(points: Vec<Tensor>) -> Result<Self> {
        if points.is_empty() {
            return Err(EngineError::Unfit("a trajectory needs a point".into()));
        }
        Ok(Self(points))
    }

    /// The latents, noisiest first.
    pub fn points(&self) -> &[Tensor] {
        &self.0
    }

    /// The latents that enter step `i`.
    ///
    /// The published rule: with an offset the reference is cleaner than its
    /// timestep until step `offset + 1`, which hides the noisiest and least exact
    /// end of an inversion.
    pub fn entering(&self, i: usize, offset: usize) -> &Tensor {
        let place = if i == 0 { offset } else { i.max(offset + 1) };
        &self.0[place.min(self.0.len() - 1)]
    }

    /// The same picture at each step with one noise: `√ᾱ z₀ + √(1−ᾱ) ε`.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn by_noise(scheduler: &Scheduler, clean: &Tensor, seed: u64) -> Result<Self> {
        let noise = rng::noise(seed, clean.dims())?.to_device(clean.device())?;
        let steps = 0..scheduler.timesteps().len();
        let mut points = steps
            .map(|i| scheduler.add_noise(clean, &noise, i))
            .collect::<candle_core::Result<Vec<_>>>()?;
        points.push(clean.clone());
        Ok(Self(points))
    }
}

/// DDIM inversion with the plain network.
pub struct Inversion<'a> {
    /// The network.
    pub unet: &'a UNet,
    /// The timesteps of the run that the pictures are for; DDIM's.
    pub scheduler: &'a Scheduler,
    /// Classifier-free guidance scale on the way; the published one is 2.
    pub guidance_scale: f64,
    /// The network's numbers.
    pub dtype: DType,
}

impl Inversion<'_> {
    /// Inverts clean latents (rows, channels, height, width) in f32, each with the
    /// caption of its picture. `on_step` is called behind each step with the latents that
    /// leave it, and may end it.
    ///
    /// The network is asked at the timestep that a step leads to.
    ///
    /// # Errors
    /// [`EngineError::Stopped`] when `on_step` breaks; with another scheduler than
    /// DDIM; or when a tensor operation fails.
    pub fn run(
        &self,
        clean: &Tensor,
        texts: &[RowText],
        on_step: &mut dyn FnMut(usize, &Tensor) -> ControlFlow<()>,
    ) -> Result<Vec<Trajectory>> {
        let copies = halves(self.guidance_scale);
        let input = guidance_input(texts, copies, self.dtype)?;
        let timesteps = self.scheduler.timesteps();
        let mut points = vec![clean.clone()];
        let mut latents = clean.clone();
        for (index, timestep) in timesteps.iter().enumerate().rev() {
            if !self.scheduler.stands_still(index)? {
                let batch = Tensor::cat(&vec![&latents; copies], 0)?.to_dtype(self.dtype)?;
                let raw = self.unet.forward(&batch, *timestep, &input, None, Pass::default())?;
                let prediction =
                    guide(&raw.to_dtype(DType::F32)?, texts.len(), self.guidance_scale)?;
                latents = self.scheduler.invert(&prediction, index, &latents)?;
            }
            points.push(latents.clone());
            if on_step(timesteps.len() - index, &latents).is_break() {
                return Err(EngineError::Stopped);
            }
        }
        points.reverse();
        (0..texts.len()).map(|row| of_row(&points, row)).collect()
    }
}

fn of_row(points: &[Tensor], row: usize) -> Result<Trajectory> {
    let row = |point: &Tensor| point.narrow(0, row, 1)?.contiguous();
    Ok(Trajectory(points.iter().map(row).collect::<candle_core::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn an_offset_skips_the_noisy_end() {
        let point = |i: usize| Tensor::new(&[i as f32], &Device::Cpu).unwrap();
        let way = Trajectory::new((0..=10).map(point).collect()).unwrap();
        let places = |offset: usize| -> Vec<f32> {
            (0..=10).map(|i| way.entering(i, offset).to_vec1::<f32>().unwrap()[0]).collect()
        };
        assert_eq!(places(0), [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.]);
        assert_eq!(places(5), [5., 6., 6., 6., 6., 6., 6., 7., 8., 9., 10.]);
    }
}
