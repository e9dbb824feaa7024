//! Colours of what lends its style: the statistics of latents' channels (VSP,
//! arXiv 2402.12974, "colour calibration").

use super::error::Result;
use super::sampler::Sampler;
use super::schedule::StepOutput;
use candle_core::{Result as TensorResult, Tensor};

/// Guards against a flat channel.
const EPS: f64 = 1e-5;

/// The mean and deviation of each channel (1, channels, 1) that panels take, and
/// how much of them.
pub(super) struct Palette {
    mean: Tensor,
    deviation: Tensor,
    strength: f64,
    /// How far the latents of the next step follow the clean ones.
    follow: f64,
}

/// Mean and variance of the channels of latents (1, channels, height, width).
fn moments(latents: &Tensor) -> TensorResult<(Tensor, Tensor)> {
    let flat = latents.flatten_from(2)?;
    Ok((flat.mean_keepdim(2)?, flat.var_keepdim(2)?))
}

impl Sampler<'_> {
    /// What panels take in step `index` from the clean latents of what lends its
    /// style: those of references as they are, or of the anchor as its prediction
    /// points to them. `None` outside the window.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub(super) fn palette(&self, index: usize, anchor: Option<&Tensor>) -> Result<Option<Palette>> {
        let steps = self.scheduler.timesteps().len();
        let window = self.style.and_then(|style| style.recolour);
        let strength = window.map_or(0.0, |window| window.at(index, steps));
        if strength <= 0.0 {
            return Ok(None);
        }
        let references = self.references;
        let clean = references.trajectories.iter().filter_map(|way| way.points().last());
        let lent: Vec<(Tensor, f64)> = match references.trajectories.is_empty() {
            false => clean.cloned().zip(references.weights.iter().map(|w| f64::from(*w))).collect(),
            true => anchor.map(|anchor| (anchor.clone(), 1.0)).into_iter().collect(),
        };
        let Some((mean, variance)) = mixture(&lent)? else { return Ok(None) };
        let deviation = (variance + EPS)?.sqrt()?;
        Ok(Some(Palette { mean, deviation, strength, follow: self.scheduler.clean_share(index) }))
    }
}

/// `m = Σ w μ` and `σ² = Σ w (σ_j² + (μ_j − m)²)`.
fn mixture(lent: &[(Tensor, f64)]) -> TensorResult<Option<(Tensor, Tensor)>> {
    let moments = lent.iter().map(|(x, w)| Ok((moments(x)?, *w)));
    let moments = moments.collect::<TensorResult<Vec<_>>>()?;
    let add = |sum: Option<Tensor>, term: Tensor| match sum {
        Some(sum) => sum + term,
        None => Ok(term),
    };
    let mut mean = None;
    for ((m, _), w) in &moments {
        mean = Some(add(mean, (m * *w)?)?);
    }
    let Some(mean) = mean else { return Ok(None) };
    let mut variance = None;
    for ((m, v), w) in &moments {
        let off = (m - &mean)?.sqr()?;
        variance = Some(add(variance, ((v + off)? * *w)?)?);
    }
    Ok(variance.map(|variance| (mean, variance)))
}

impl Palette {
    /// Gives the rows from `first` on these colours; the noise in them stays.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn apply(&self, out: StepOutput, first: usize) -> Result<StepOutput> {
        let (mut clean, mut latents) = (Vec::new(), Vec::new());
        for row in 0..out.clean.dim(0)? {
            let (was, next) = (out.clean.narrow(0, row, 1)?, out.latents.narrow(0, row, 1)?);
            if row < first {
                clean.push(was);
                latents.push(next);
                continue;
            }
            let more = (self.coloured(&was)? - &was)?;
            let more = (more * self.strength)?;
            latents.push((next + (&more * self.follow)?)?);
            clean.push((was + more)?);
        }
        Ok(StepOutput { latents: Tensor::cat(&latents, 0)?, clean: Tensor::cat(&clean, 0)? })
    }

    /// A row with all of the colours.
    fn coloured(&self, row: &Tensor) -> TensorResult<Tensor> {
        let (mean, variance) = moments(row)?;
        let flat = row.flatten_from(2)?.broadcast_sub(&mean)?;
        let flat = flat.broadcast_mul(&(&self.deviation / (variance + EPS)?.sqrt()?)?)?;
        flat.broadcast_add(&self.mean)?.reshape(row.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng;

    #[test]
    fn rows_take_the_moments_and_the_first_ones_stay() {
        let lent = ((rng::noise(1, (1, 4, 8, 8)).unwrap() * 3.0).unwrap() + 2.0).unwrap();
        let (mean, variance) = mixture(&[(lent.clone(), 0.4), (lent, 0.6)]).unwrap().unwrap();
        let deviation = (&variance + EPS).unwrap().sqrt().unwrap();
        let palette = Palette { mean: mean.clone(), deviation, strength: 1.0, follow: 0.5 };
        let clean = rng::noise(2, (2, 4, 8, 8)).unwrap();
        let out = StepOutput { latents: clean.clone(), clean: clean.clone() };
        let done = palette.apply(out, 1).unwrap();
        let row = |x: &Tensor, i: usize| x.narrow(0, i, 1).unwrap();
        let off = |a: &Tensor, b: &Tensor| {
            let off = (a - b).unwrap().abs().unwrap().max_all().unwrap();
            off.to_scalar::<f32>().unwrap()
        };
        assert_eq!(off(&row(&done.clean, 0), &row(&clean, 0)), 0.0);
        let (ours, spread) = moments(&row(&done.clean, 1)).unwrap();
        assert!(off(&ours, &mean) < 1e-4 && off(&spread, &variance) < 1e-3);
        // The latents go half of the way.
        let half = ((row(&done.clean, 1) + row(&clean, 1)).unwrap() * 0.5).unwrap();
        assert!(off(&row(&done.latents, 1), &half) < 1e-5);
    }
}
