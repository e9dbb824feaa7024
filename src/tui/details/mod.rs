//! The settings of a picture that lends its style or steers the composition.

mod map;
mod reference;

pub use reference::share;

use super::guides::Guide;
use crate::recipe::{ControlKind, Draft};

/// A setting of the picture of a number among its like.
pub struct Detail {
    /// Its name.
    pub name: &'static str,
    /// What it does and which values it takes.
    pub help: &'static str,
    /// Its value as text.
    pub show: fn(&Draft, usize) -> String,
    /// Steps it up (1) or down (−1).
    pub step: fn(&mut Draft, usize, i32),
    /// Takes a typed value.
    pub set: fn(&mut Draft, usize, &str) -> Result<(), String>,
}

/// The settings that a picture has.
pub fn of(draft: &Draft, guide: Guide) -> Vec<&'static Detail> {
    match guide {
        Guide::Reference(_) => reference::ALL.iter().collect(),
        Guide::Map(at) => {
            let kind = map::at(draft, at).map(|map| map.kind);
            let has = |detail: &&Detail| match detail.name {
                map::LOW | map::HIGH => kind == Some(ControlKind::Canny),
                map::INVERT => kind == Some(ControlKind::Depth),
                _ => true,
            };
            map::ALL.iter().filter(has).collect()
        }
    }
}

fn turn<T: PartialEq + Copy>(all: &[T], now: T, by: i32) -> T {
    let at = all.iter().position(|one| *one == now).unwrap_or(0) as i64;
    all[(at + i64::from(by)).rem_euclid(all.len() as i64) as usize]
}

/// Steps that are typed in decimals stay decimals.
fn stepped(now: f64, by: f64, most: f64) -> f64 {
    (((now + by) * 1000.0).round() / 1000.0).clamp(0.0, most)
}
