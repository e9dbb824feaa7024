//! Devices and number types.

use super::error::{EngineError, Result};
use candle_core::{DType, Device};
use std::fmt;
use std::str::FromStr;

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first GPU that works, or else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by number.
    Cuda(usize),
    /// Apple's GPU.
    Metal,
}

/// Which numbers the UNet computes with. Text encoders and VAE always use f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 on the CPU, f16 on a GPU.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// IEEE half precision; GPUs only.
    F16,
    /// Half precision with the range of f32; GPUs only.
    Bf16,
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// # Errors
    /// When the device asked for is not there or this build cannot use it.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(n) => Device::new_cuda(n).map_err(|e| unavailable("CUDA", &e)),
            Self::Metal => Device::new_metal(0).map_err(|e| unavailable("Metal", &e)),
            Self::Auto => {
                Ok(Device::new_cuda(0).or_else(|_| Device::new_metal(0)).unwrap_or(Device::Cpu))
            }
        }
    }
}

fn unavailable(name: &str, error: &candle_core::Error) -> EngineError {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    EngineError::Device(format!("{name} is not available: {line}"))
}

impl Precision {
    /// The type for a device.
    ///
    /// # Errors
    /// When half precision is asked of the CPU, where it is slower and less exact.
    pub fn dtype(self, device: &Device) -> Result<DType> {
        match (self, device.is_cpu()) {
            (Self::F32, _) | (Self::Auto, true) => Ok(DType::F32),
            (Self::F16 | Self::Auto, false) => Ok(DType::F16),
            (Self::Bf16, false) => Ok(DType::BF16),
            (Self::F16 | Self::Bf16, true) => {
                Err(EngineError::Device(format!("{self} needs a GPU; the CPU computes in f32")))
            }
        }
    }
}

/// A name for people: `cpu`, `cuda:0`, `metal`.
pub fn device_name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".into(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { .. } => "metal".into(),
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            other => match other.strip_prefix("cuda:").and_then(|n| n.parse().ok()) {
                Some(n) => Ok(Self::Cuda(n)),
                None => Err("a device is auto, cpu, cuda, cuda:N or metal".into()),
            },
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            "bf16" => Ok(Self::Bf16),
            _ => Err("a precision is auto, f32, f16 or bf16".into()),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in ["auto", "cpu", "cuda:3", "metal"] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
        }
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
        assert!("f64".parse::<Precision>().is_err());
    }

    #[test]
    fn the_cpu_refuses_half_precision() {
        assert!(Precision::F16.dtype(&Device::Cpu).is_err());
        assert_eq!(Precision::Auto.dtype(&Device::Cpu).unwrap(), DType::F32);
    }
}
