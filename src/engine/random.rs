//! Weights of no model, for measuring a network whose weights are not at hand.

use super::error::Result;
use super::rng;
use super::weights::Source;
use candle_core::{DType, Device, Tensor};

/// Values to draw from; more than most layers take.
const POOL: usize = 1 << 22;

/// Tensors of any name and shape, the same on every device.
///
/// All are cut out of one pool of standard normal values, each at a place that
/// its name decides, so that making billions of them costs no time.
#[derive(Debug, Clone)]
pub struct RandomTensors {
    pool: Tensor,
}

impl RandomTensors {
    /// Draws the pool and moves it to the device, where the tensors are made.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(device: &Device, dtype: DType) -> Result<Self> {
        Self::with_pool(POOL, device, dtype)
    }

    fn with_pool(values: usize, device: &Device, dtype: DType) -> Result<Self> {
        Ok(Self { pool: rng::noise(0, values)?.to_device(device)?.to_dtype(dtype)? })
    }

    /// Normal values of a shape, with this deviation and mean.
    ///
    /// # Errors
    /// When the device fails.
    pub fn tensor(&self, name: &str, shape: &[usize], deviation: f64, mean: f64) -> Result<Tensor> {
        let values = self.values(name, shape.iter().product())?;
        Ok(values.affine(deviation, mean)?.reshape(shape)?)
    }

    /// So many values, beginning at a place of their own.
    fn values(&self, name: &str, count: usize) -> Result<Tensor> {
        let length = self.pool.elem_count();
        if count > length {
            let (whole, rest) = (count / length, count % length);
            let mut parts = vec![self.pool.clone(); whole];
            if rest > 0 {
                parts.push(self.pool.narrow(0, 0, rest)?);
            }
            return Ok(Tensor::cat(&parts, 0)?);
        }
        // FNV-1a: any function of the name that spreads would do.
        let mix = |h: u64, byte: u8| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
        let start = usize::try_from(hash % (length - count + 1) as u64).unwrap_or(0);
        Ok(self.pool.narrow(0, start, count)?)
    }
}

/// Weights so scaled that a layer's output is about as large as its input.
impl Source for RandomTensors {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Option<Tensor>> {
        let count: usize = shape.iter().product();
        let inputs = count / shape.first().copied().unwrap_or(1).max(1);
        // One axis: the scale of a norm lies about one, an offset about zero.
        let (deviation, mean) = match (shape.len(), name.ends_with("weight")) {
            (1, true) => (0.02, 1.0),
            (1, false) => (0.02, 0.0),
            _ => (1.0 / (inputs as f64).sqrt(), 0.0),
        };
        Ok(Some(Self::tensor(self, name, shape, deviation, mean)?))
    }

    /// No name is known beforehand, so a network takes its present names.
    fn has(&self, _name: &str) -> bool {
        false
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::spec::ModelSpec;
    use crate::engine::unet::UNet;
    use crate::engine::weights::Vars;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_layers_output_is_about_as_large_as_its_input() {
        let source = RandomTensors::with_pool(1 << 16, &Device::Cpu, DType::F32).unwrap();
        let get =
            |name: &str, shape: &[usize]| Source::tensor(&source, name, shape).unwrap().unwrap();
        let weight = get("a.weight", &[64, 400]);
        let sum = weight.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
        assert!((sum / 64.0 - 1.0).abs() < 0.05, "{sum}");
        let same = |a: &Tensor, b: &Tensor| {
            (a - b).unwrap().abs().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap() == 0.0
        };
        assert!(same(&weight, &get("a.weight", &[64, 400])));
        assert!(!same(&weight, &get("b.weight", &[64, 400])));
        assert_eq!(get("wide", &[3, 100_000]).dims(), [3, 100_000]);
    }

    /// Counts what it is asked for, and gives views of one zero.
    struct Counter(Arc<AtomicUsize>);

    impl Source for Counter {
        fn tensor(&self, _name: &str, shape: &[usize]) -> Result<Option<Tensor>> {
            self.0.fetch_add(shape.iter().product(), Ordering::Relaxed);
            Ok(Some(Tensor::zeros(1, DType::F32, &Device::Cpu)?.broadcast_as(shape)?))
        }

        fn has(&self, _name: &str) -> bool {
            false
        }

        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn sdxl_base_has_the_published_number_of_parameters() {
        let count = Arc::new(AtomicUsize::new(0));
        let vars = Vars::new("unet", Counter(count.clone()), &Device::Cpu, DType::F32);
        UNet::load(&vars, ModelSpec::sdxl_base().unwrap().unet).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 2_567_463_684);
    }
}
