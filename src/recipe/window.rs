//! How strongly something counts from step to step.

use super::limits::{RecipeError, number};
use serde::{Deserialize, Serialize};

/// A part of the steps, and how what it lets through fades in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Window {
    /// Share of the steps that pass before it begins.
    pub start: f64,
    /// Share of the steps after which it ends.
    pub end: f64,
    /// How it fades from its start to its end.
    #[serde(skip_serializing_if = "is_default")]
    pub curve: Curve,
    /// It grows along the curve instead.
    #[serde(skip_serializing_if = "is_default")]
    pub rising: bool,
}

/// How a window fades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// Not at all.
    #[default]
    Constant,
    /// In equal parts.
    Linear,
    /// Slowly, then quickly, then slowly: half a cosine.
    Cosine,
    /// Hardly, then at once about the middle: a logistic.
    Sigmoid,
}

impl Default for Window {
    /// All steps alike.
    fn default() -> Self {
        Self { start: 0.0, end: 1.0, curve: Curve::Constant, rising: false }
    }
}

/// Whether a field may be left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Curve {
    /// From 1 to 0 as `u` goes from 0 to 1.
    fn at(self, u: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - u,
            Self::Cosine => f64::midpoint((std::f64::consts::PI * u).cos(), 1.0),
            Self::Sigmoid => {
                let logistic = |u: f64| 1.0 / (1.0 + (12.0 * (u - 0.5)).exp());
                (logistic(u) - logistic(1.0)) / (logistic(0.0) - logistic(1.0))
            }
        }
    }
}

impl Window {
    /// What counts in step `index` of `steps`, 0 to 1: nothing unless all of the step
    /// lies inside.
    pub fn at(&self, index: usize, steps: usize) -> f64 {
        let share = |i: usize| i as f64 / steps.max(1) as f64;
        // A third of three steps is one step, whatever the rounding.
        let inside = share(index) >= self.start - 1e-9 && share(index + 1) <= self.end + 1e-9;
        if !inside {
            return 0.0;
        }
        let length = (self.end - self.start).max(f64::MIN_POSITIVE);
        let u = ((share(index) - self.start) / length).clamp(0.0, 1.0);
        if self.rising { self.curve.at(1.0 - u) } else { self.curve.at(u) }
    }

    /// Whether any of `steps` steps counts.
    pub fn is_open(&self, steps: usize) -> bool {
        (0..steps).any(|index| self.at(index, steps) > 0.0)
    }

    pub(super) fn check(&self, start: &'static str, end: &'static str) -> Result<(), RecipeError> {
        number(start, self.start, 0.0, 1.0)?;
        number(end, self.end, self.start, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_step_must_lie_inside() {
        let on = |start, end| -> Vec<usize> {
            let window = Window { start, end, ..Window::default() };
            (0..6).filter(|i| window.at(*i, 6) > 0.0).collect()
        };
        assert_eq!(on(0.0, 1.0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(on(0.0, 1.0 / 3.0), [0, 1]);
        assert_eq!(on(0.5, 1.0), [3, 4, 5]);
        assert_eq!(on(0.2, 0.3), [] as [usize; 0]);
        assert!(!Window { start: 0.2, end: 0.3, ..Window::default() }.is_open(6));
    }

    #[test]
    fn curves_fall_and_rise_between_one_and_nought() {
        for curve in [Curve::Linear, Curve::Cosine, Curve::Sigmoid] {
            let falling = Window { curve, ..Window::default() };
            let rising = Window { rising: true, ..falling };
            let along = |window: Window| (0..8).map(|i| window.at(i, 8)).collect::<Vec<_>>();
            let (down, up) = (along(falling), along(rising));
            assert!((down[0] - 1.0).abs() < 1e-9 && down.is_sorted_by(|a, b| a > b), "{down:?}");
            assert!(up[0].abs() < 1e-9 && up.is_sorted(), "{up:?}");
            assert!((down[4] - 0.5).abs() < 1e-9, "{down:?}");
        }
        assert_eq!(Window { start: 0.5, ..Window::default() }.at(4, 8), 1.0);
    }
}
