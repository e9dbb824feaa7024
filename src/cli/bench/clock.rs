//! Taking times.

use std::time::Instant;

use candle_core::Device;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::engine::EngineError;

/// A sample lasts at least this long in seconds, so that the clock's own
/// grain and cost do not show.
const SAMPLE: f64 = 0.02;
/// Runs before the first sample: they pay for threads, for code that is not
/// yet in memory, and on a GPU for choosing algorithms.
const WARM_UP: usize = 2;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Seconds at least.
    pub seconds: f64,
    /// Samples at least.
    pub samples: usize,
}

/// The middle of several samples in milliseconds, and the quarter of them
/// below and above.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the samples are below.
    pub median: f64,
    /// A quarter of the samples is below.
    pub low: f64,
    /// A quarter of the samples is above.
    pub high: f64,
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// How often it was measured.
    pub samples: usize,
    /// By the clock on the wall.
    pub wall_ms: Spread,
    /// Of all processor cores together.
    pub cpu_ms: Spread,
}

/// Seconds of the wall's clock and of this process on all cores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lap {
    /// By the clock on the wall.
    pub wall: f64,
    /// Of all cores together.
    pub cpu: f64,
}

impl Lap {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

/// A moment to count from.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    wall: Instant,
    cpu: f64,
}

impl Mark {
    /// Now, once the device has done all that it was told to do.
    ///
    /// # Errors
    /// When the device fails.
    pub fn now(device: &Device) -> Result<Self, EngineError> {
        device.synchronize()?;
        Ok(Self { wall: Instant::now(), cpu: processor_seconds() })
    }

    /// The time since then.
    ///
    /// # Errors
    /// When the device fails.
    pub fn lap(self, device: &Device) -> Result<Lap, EngineError> {
        let end = Self::now(device)?;
        let wall = end.wall.duration_since(self.wall).as_secs_f64();
        Ok(Lap { wall, cpu: end.cpu - self.cpu })
    }
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Measures a piece of work. A quick one is run several times a sample, and
/// on a GPU these follow each other without waiting, as they do in a network.
///
/// # Errors
/// What the work returns.
pub fn measure(
    device: &Device,
    effort: Effort,
    work: &mut dyn FnMut() -> Result<(), EngineError>,
) -> Result<Times, EngineError> {
    let mut turns = 1;
    for _ in 0..WARM_UP {
        let lap = run(device, turns, work)?;
        turns = (SAMPLE / lap.wall.max(1e-7)).ceil().clamp(1.0, 1e5) as usize;
    }
    let start = Instant::now();
    let mut laps = Vec::new();
    while laps.len() < effort.samples || start.elapsed().as_secs_f64() < effort.seconds {
        laps.push(run(device, turns, work)?);
    }
    Ok(summary(&laps))
}

fn run(
    device: &Device,
    turns: usize,
    work: &mut dyn FnMut() -> Result<(), EngineError>,
) -> Result<Lap, EngineError> {
    let mark = Mark::now(device)?;
    for _ in 0..turns {
        work()?;
    }
    let lap = mark.lap(device)?;
    Ok(Lap { wall: lap.wall / turns as f64, cpu: lap.cpu / turns as f64 })
}

/// The spread of several laps.
pub fn summary(laps: &[Lap]) -> Times {
    let spread = |pick: fn(&Lap) -> f64| spread(laps.iter().map(pick).collect());
    Times { samples: laps.len(), wall_ms: spread(|lap| lap.wall), cpu_ms: spread(|lap| lap.cpu) }
}

fn spread(mut seconds: Vec<f64>) -> Spread {
    seconds.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * seconds.len().saturating_sub(1) as f64;
        let value = |i: f64| seconds.get(i as usize).copied().unwrap_or(0.0);
        let (below, above) = (value(place.floor()), value(place.ceil()));
        (below + (above - below) * place.fract()) * 1e3
    };
    Spread { median: at(0.5), low: at(0.25), high: at(0.75) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_quartiles_in_milliseconds() {
        let spread = spread(vec![0.005, 0.001, 0.003, 0.002, 0.004]);
        assert_eq!(spread, Spread { median: 3.0, low: 2.0, high: 4.0 });
        let even = super::spread(vec![0.001, 0.002]);
        assert!((even.median - 1.5).abs() < 1e-9, "{even:?}");
    }

    #[test]
    fn work_is_done_as_often_as_was_asked() {
        let mut runs = 0;
        let effort = Effort { seconds: 0.0, samples: 3 };
        let slow = &mut || {
            runs += 1;
            std::thread::sleep(std::time::Duration::from_millis(21));
            Ok(())
        };
        let times = measure(&Device::Cpu, effort, slow).unwrap();
        assert_eq!((times.samples, runs), (3, WARM_UP + 3));
        assert!(times.wall_ms.low >= 21.0, "{times:?}");
    }
}
