//! How many bytes may be sent over a slow link, and when.

use std::time::{Duration, Instant};

/// Bytes that may be sent: as many a second as the rate says, and as many at
/// once as half a second brings. What is larger than that is sent when nothing
/// is owed, and paid for afterwards.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Bytes a second.
    rate: f64,
    /// What may be sent now; below nothing while something is owed.
    left: f64,
    counted: Instant,
}

/// Seconds whose bytes may be saved up.
const SAVED: f64 = 0.5;

impl Budget {
    /// So many bytes a second.
    pub fn new(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate.max(1));
        Self { rate, left: rate * SAVED, counted: now }
    }

    /// Takes so many bytes, if that may be.
    pub fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.counted);
        self.counted = now;
        self.left = (self.left + passed.as_secs_f64() * self.rate).min(self.rate * SAVED);
        // What fits is sent; so is what never would, once all is saved up.
        let fits = self.left >= (bytes as f64).min(self.rate * SAVED);
        if fits {
            self.left -= bytes as f64;
        }
        fits
    }

    /// How long until it is worth asking again.
    pub fn patience() -> Duration {
        Duration::from_millis(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_sent_than_the_rate_allows() {
        let start = Instant::now();
        let mut budget = Budget::new(100_000, start);
        let (mut sent, mut at) = (0, start);
        for _ in 0..200 {
            at += Duration::from_millis(50);
            while budget.take(20_000, at) {
                sent += 20_000;
            }
        }
        // Ten seconds and what was saved up.
        assert!((1_000_000..=1_050_000).contains(&sent), "{sent}");
    }

    #[test]
    fn what_is_larger_than_the_savings_goes_too_and_is_paid_for() {
        let start = Instant::now();
        let mut budget = Budget::new(100_000, start);
        assert!(budget.take(300_000, start));
        assert!(!budget.take(10, start + Duration::from_secs(2)));
        assert!(budget.take(10, start + Duration::from_secs(3)));
    }
}
