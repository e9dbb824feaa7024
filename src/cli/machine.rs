//! What this machine has: memory, processor, devices.

use std::io::Write;
use std::time::Instant;

use candle_core::{Device, Tensor};

use super::error::CliError;
use crate::engine::{EngineError, kernels, memory};

/// Length of a calibration in seconds.
const CALIBRATION: f64 = 0.2;

/// The most memory that this process held so far, in bytes, where the system
/// tells it.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Lets the peak begin anew at what is held now, where the system can do that;
/// elsewhere it stays the peak since the start.
pub fn forget_peak(device: &Device) {
    memory::forget_peak(device);
    if let Ok(mut file) = std::fs::OpenOptions::new().write(true).open("/proc/self/clear_refs") {
        let _ = file.write_all(b"5");
    }
}

/// Starts so many threads for the engine; `None` takes all cores.
///
/// # Errors
/// When the system gives no more.
pub fn threads(count: Option<u32>) -> Result<(), CliError> {
    let Some(count) = count.and_then(|n| usize::try_from(n).ok()) else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build_global()
        .map_err(|e| CliError::failed(format!("cannot start {count} threads: {e}")))
}

/// Memory of the machine in bytes: all of it, and what programs may still take.
pub fn memory() -> (u64, u64) {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    (system.total_memory(), system.available_memory())
}

/// Multiply-adds a second of the engine's own convolution, measured for a
/// moment on a middle-sized layer of `rows` rows.
///
/// # Errors
/// When the device fails.
pub fn speed(device: &Device, rows: usize) -> Result<f64, EngineError> {
    let (channels, side) = (160, 16);
    let layer = Layer {
        input: Tensor::ones((rows, channels, side, side), candle_core::DType::F32, device)?,
        weight: Tensor::ones((channels, channels, 3, 3), candle_core::DType::F32, device)?,
    };
    let macs = (rows * channels * channels * 9 * side * side) as f64;
    // The first one pays for threads and code that is not yet in memory.
    layer.run(device)?;
    let start = Instant::now();
    let mut runs = 0.0;
    while start.elapsed().as_secs_f64() < CALIBRATION {
        layer.run(device)?;
        runs += 1.0;
    }
    Ok(macs * runs / start.elapsed().as_secs_f64())
}

struct Layer {
    input: Tensor,
    weight: Tensor,
}

impl Layer {
    fn run(&self, device: &Device) -> Result<(), EngineError> {
        kernels::conv2d(&self.input, &self.weight, None, 1, 1)?;
        Ok(device.synchronize()?)
    }
}

/// Vector instructions of this processor that the engine's arithmetic can use.
pub fn vector_features() -> Vec<&'static str> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    for (name, here) in [
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ] {
        if here {
            found.push(name);
        }
    }
    #[cfg(target_arch = "aarch64")]
    found.push("neon");
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_finds_a_possible_speed() {
        let speed = speed(&Device::Cpu, 2).unwrap();
        assert!((1e6..1e16).contains(&speed), "{speed}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_told() {
        assert!(peak_memory().unwrap() > 1 << 20);
        let (all, free) = memory();
        assert!(free > 0 && free <= all);
    }
}
