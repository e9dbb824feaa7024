//! How long things take here, learned from what was painted.

use std::time::Duration;

/// Weight of the newest step in the running average.
const WEIGHT: f64 = 0.3;

/// The time left of a run, from the time that its steps have taken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    seconds_a_step: Option<f64>,
}

impl Pace {
    /// A pace known from an earlier run of the same recipe's shape.
    pub fn known(seconds_a_step: f64) -> Self {
        Self { seconds_a_step: Some(seconds_a_step).filter(|s| s.is_finite() && *s > 0.0) }
    }

    /// Takes a step's time into account.
    pub fn step(&mut self, took: Duration) {
        let took = took.as_secs_f64();
        let old = self.seconds_a_step.unwrap_or(took);
        self.seconds_a_step = Some(old + WEIGHT * (took - old));
    }

    /// Seconds a step, once one is known.
    pub fn seconds_a_step(&self) -> Option<f64> {
        self.seconds_a_step
    }

    /// The time that so many steps will take; `None` before the first.
    pub fn left(&self, steps: usize) -> Option<Duration> {
        self.seconds_a_step.map(|s| Duration::from_secs_f64(s * steps as f64))
    }
}

/// `0:07`, `12:40`, `3:05:00`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_before_the_first_step() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(10), None);
        pace.step(Duration::from_secs(2));
        assert_eq!(pace.left(10), Some(Duration::from_secs(20)));
        pace.step(Duration::from_secs(4));
        assert!(pace.left(1).unwrap() > Duration::from_secs(2));
    }

    #[test]
    fn clocks_read_like_clocks() {
        assert_eq!(clock(Duration::from_millis(6_600)), "0:07");
        assert_eq!(clock(Duration::from_secs(760)), "12:40");
        assert_eq!(clock(Duration::from_secs(11_100)), "3:05:00");
    }
}
