//! How much memory there is, and how many panels fit into it.

use candle_core::Device;

/// Share of the free memory that a run may plan with.
const SHARE: f64 = 0.8;

/// Bytes that a run on this device may use, where that can be known.
pub fn available(device: &Device) -> Option<u64> {
    match device {
        Device::Cpu => system_memory().map(|bytes| (bytes as f64 * SHARE) as u64),
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => {
            let (free, _) =
                candle_core::cuda_backend::cudarc::driver::result::mem_get_info().ok()?;
            Some((free as f64 * SHARE) as u64)
        }
        _ => None,
    }
}

/// The most bytes that tensors held on a device with memory of its own, since
/// the start or since [`forget_peak`].
pub fn peak(device: &Device) -> Option<u64> {
    #[cfg(feature = "cuda")]
    if let Device::Cuda(_) = device {
        return pool::peak(device).ok();
    }
    // Other devices share the system's memory or do not tell.
    let _ = device;
    None
}

/// Lets the peak begin anew at what is held now.
pub fn forget_peak(device: &Device) {
    #[cfg(feature = "cuda")]
    if let Device::Cuda(_) = device {
        // A peak that cannot be forgotten stays the peak since the start.
        let _ = pool::forget(device);
    }
    let _ = device;
}

/// CUDA's pool, which every tensor of a device comes from.
#[cfg(feature = "cuda")]
mod pool {
    use candle_core::cuda_backend::cudarc::driver::sys;
    use candle_core::{Device, DeviceLocation, Error, Result};
    use std::ptr::from_mut;

    const HIGH: sys::CUmemPool_attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH;

    fn of(device: &Device) -> Result<sys::CUmemoryPool> {
        let DeviceLocation::Cuda { gpu_id } = device.location() else {
            candle_core::bail!("not a CUDA device")
        };
        let (mut number, mut pool) = (0, std::ptr::null_mut());
        // SAFETY: the driver writes one handle to each place.
        unsafe {
            sys::cuDeviceGet(&raw mut number, gpu_id as i32).result().map_err(Error::wrap)?;
            sys::cuDeviceGetDefaultMemPool(&raw mut pool, number).result().map_err(Error::wrap)?;
        }
        Ok(pool)
    }

    /// The most bytes in use.
    pub fn peak(device: &Device) -> Result<u64> {
        let mut bytes = 0u64;
        // SAFETY: the attribute is a u64.
        unsafe { sys::cuMemPoolGetAttribute(of(device)?, HIGH, from_mut(&mut bytes).cast()) }
            .result()
            .map_err(Error::wrap)?;
        Ok(bytes)
    }

    /// Lets the peak begin anew.
    pub fn forget(device: &Device) -> Result<()> {
        let mut none = 0u64;
        // SAFETY: the attribute is a u64; only zero may be set.
        unsafe { sys::cuMemPoolSetAttribute(of(device)?, HIGH, from_mut(&mut none).cast()) }
            .result()
            .map_err(Error::wrap)
    }
}

fn system_memory() -> Option<u64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory();
    let limited = system.cgroup_limits().map_or(free, |limits| free.min(limits.free_memory));
    (limited > 0).then_some(limited)
}

/// The most panels in one chunk, so that `fixed + rows · per_row` stays within
/// the budget; a chunk always carries `extra` rows for the anchor. `None` when
/// not even one panel fits.
pub fn panels_that_fit(budget: u64, fixed: u64, per_panel: u64, extra: u64) -> Option<usize> {
    let left = budget.checked_sub(fixed)? / per_panel.max(1);
    let panels = left.checked_sub(extra)?;
    (panels > 0).then_some(usize::try_from(panels).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_takes_its_place_first() {
        assert_eq!(panels_that_fit(1000, 100, 100, 1), Some(8));
        assert_eq!(panels_that_fit(300, 100, 100, 1), Some(1));
        assert_eq!(panels_that_fit(299, 100, 100, 1), None);
        assert_eq!(panels_that_fit(50, 100, 100, 0), None);
    }
}
