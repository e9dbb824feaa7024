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
