//! Noise equal to PyTorch's CPU generator, so that a seed means the same
//! starting latents as in diffusers.

use candle_core::{Device, Result, Shape, Tensor};
use rand_mt::Mt;

/// Values are made in groups of this many.
const GROUP: usize = 16;

/// Standard normal noise of a shape, as `torch.randn(shape,
/// generator=torch.Generator("cpu").manual_seed(seed))` draws it in f32.
///
/// Like PyTorch's, the generator is a Mersenne Twister seeded with the lower
/// 32 bits of the seed. Each panel has a stream of its own, so its noise never
/// depends on the set around it.
///
/// # Errors
/// When the shape holds fewer than 16 values, which PyTorch draws in another way.
pub fn noise(seed: u64, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    let count = shape.elem_count();
    if count < GROUP {
        candle_core::bail!("noise of {count} values; at least {GROUP} are needed");
    }
    // Only the lower 32 bits reach PyTorch's generator too.
    let mut generator = Mt::new((seed & u64::from(u32::MAX)) as u32);
    let mut values: Vec<f32> = (0..count).map(|_| uniform(&mut generator)).collect();
    values.chunks_exact_mut(GROUP).for_each(box_muller);
    let rest = count % GROUP;
    if rest != 0 {
        let last = &mut values[count - GROUP..];
        last.fill_with(|| uniform(&mut generator));
        box_muller(last);
    }
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// 24 random bits as a number from 0 up to 1.
fn uniform(generator: &mut Mt) -> f32 {
    (generator.next_u32() & 0x00FF_FFFF) as f32 / 16_777_216.0
}

/// Sixteen uniform values to sixteen normal ones: the first half gives radii,
/// the second angles.
fn box_muller(group: &mut [f32]) {
    let (first, second) = group.split_at_mut(GROUP / 2);
    for (a, b) in first.iter_mut().zip(second) {
        let radius = (-2.0 * (1.0 - *a).ln()).sqrt();
        let angle = std::f32::consts::TAU * *b;
        (*a, *b) = (radius * angle.cos(), radius * angle.sin());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seed, count, and values 0, 1, 7, 8, 15 and the last two of
    /// `torch.randn(count, generator=torch.Generator().manual_seed(seed))`,
    /// PyTorch 2.15. The last seed is 7 in its lower 32 bits.
    const TORCH: [(u64, usize, [f32; 7]); 4] = [
        (0, 16, [-1.12584, -1.15236, -2.115219, 0.3222749, -0.2472782, 1.116777, -0.2472782]),
        (7, 4096, [-0.8201345, 0.3956312, -0.8936554, 0.926543, 1.090165, -0.5688642, -1.682873]),
        (42, 1000, [1.926915, 1.487284, -1.604667, -0.7521353, 0.7624454, -0.3797594, -0.8534544]),
        (
            4294967303,
            21,
            [-0.8201345, 0.3956312, -0.7245107, -0.8489086, -1.359769, -0.3567225, 1.09558],
        ),
    ];

    #[test]
    fn the_first_values_are_pytorchs() {
        for (seed, count, expected) in TORCH {
            let ours = noise(seed, count).unwrap().to_vec1::<f32>().unwrap();
            let pick: Vec<f32> = [0, 1, 7, 8, 15, count - 2, count - 1].map(|i| ours[i]).to_vec();
            for (a, b) in pick.iter().zip(expected) {
                assert!((a - b).abs() < 1e-6, "seed {seed}, {count} values: {a} is not {b}");
            }
        }
    }

    #[test]
    fn streams_do_not_depend_on_each_other() {
        let alone = noise(5, (4, 8, 8)).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let _ = noise(6, (4, 8, 8)).unwrap();
        let again = noise(5, (4, 8, 8)).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(alone, again);
    }
}
