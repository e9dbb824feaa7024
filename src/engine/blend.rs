//! Several references as one: blends of their clean latents.

use crate::recipe::Blend;
use candle_core::{DType, Device, Result, Tensor};

/// Below this sine of their angle two latents lie on one line.
const STRAIGHT: f64 = 1e-6;

/// One picture's latents (1, channels, height, width) from those of several
/// (pictures, …) with weights that sum to one.
///
/// `Linear` is `Σ w z`. `Slerp` goes from the first to each next along the arc
/// between the whole latents, the `i`-th time by `w_i / Σ_{j ≤ i} w_j`, so that
/// each ends with its own weight; on a line it goes straight.
///
/// # Errors
/// When the tensors cannot be read or made.
pub(super) fn blend(latents: &Tensor, weights: &[f64], how: Blend) -> Result<Tensor> {
    let (device, dtype) = (latents.device(), latents.dtype());
    let flat = latents.to_device(&Device::Cpu)?.to_dtype(DType::F64)?.flatten_from(1)?;
    let rows = flat.to_vec2::<f64>()?;
    let (mut blended, mut sum) = (vec![0.0; flat.dim(1)?], 0.0);
    for (row, weight) in rows.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        sum += weight;
        let (stay, go) = match how {
            Blend::Slerp if sum > *weight => arc(&blended, row, weight / sum),
            _ => (1.0 - weight / sum, weight / sum),
        };
        blended.iter_mut().zip(row).for_each(|(a, b)| *a = stay * *a + go * b);
    }
    let shape: Vec<usize> = std::iter::once(1).chain(latents.dims()[1..].iter().copied()).collect();
    Tensor::from_vec(blended, shape, &Device::Cpu)?.to_dtype(dtype)?.to_device(device)
}

/// The parts of `a` and `b` at `t` of the way between them.
fn arc(a: &[f64], b: &[f64], t: f64) -> (f64, f64) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let angle = if cosine.is_finite() { cosine.clamp(-1.0, 1.0).acos() } else { 0.0 };
    match angle.sin() {
        sine if sine.abs() < STRAIGHT => (1.0 - t, t),
        sine => (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng;

    fn values(x: &Tensor) -> Vec<f32> {
        x.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn equal_latents_are_themselves_whatever_the_weights() {
        let one = rng::noise(1, (1, 4, 4, 4)).unwrap();
        let all = Tensor::cat(&[&one, &one, &one], 0).unwrap();
        for how in [Blend::Linear, Blend::Slerp] {
            for weights in [[0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]] {
                let ours = values(&blend(&all, &weights, how).unwrap());
                let most = ours.iter().zip(values(&one)).map(|(a, b)| (a - b).abs());
                assert!(most.fold(0.0, f32::max) < 1e-5, "{how:?} {weights:?}");
            }
        }
    }

    /// What the published chain got wrong: its weights and its length.
    #[test]
    fn an_arc_keeps_length_and_weights() {
        let all = Tensor::from_vec(
            vec![1f32, 0., 0., 0., 1., 0., 0., 0., 1.],
            (3, 3, 1, 1),
            &Device::Cpu,
        );
        let all = all.unwrap();
        let third = [1.0 / 3.0; 3];
        let ours = values(&blend(&all, &[0.5, 0.5, 0.0], Blend::Slerp).unwrap());
        assert!((ours[0] - ours[1]).abs() < 1e-6 && (ours[0] - 0.5f32.sqrt()).abs() < 1e-6);
        let length = values(&blend(&all, &third, Blend::Slerp).unwrap());
        assert!((length.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-6, "{length:?}");
        let straight = values(&blend(&all, &third, Blend::Linear).unwrap());
        assert!(straight.iter().all(|v| (v - 1.0 / 3.0).abs() < 1e-6));
        let opposite = Tensor::from_vec(vec![1f32, -1.0], (2, 1, 1, 1), &Device::Cpu).unwrap();
        assert!(values(&blend(&opposite, &[0.5, 0.5], Blend::Slerp).unwrap())[0].is_finite());
    }
}
