//! The settings of a picture that lends its style or steers the composition.

mod map;
mod reference;

pub use reference::share;

use super::guides::Guide;
use super::settings::{OF_REFERENCES, Setting};
use crate::recipe::{Anchor, ControlMap, Draft, Reference, References};

/// The settings that a picture has.
pub fn of(draft: &Draft, guide: Guide) -> Vec<&'static Setting> {
    let all: Vec<&Setting> = match guide {
        Guide::Reference(_) => reference::ALL.iter().chain(OF_REFERENCES).collect(),
        Guide::Map(_) => map::ALL.iter().collect(),
    };
    all.into_iter().filter(|s| s.missing(draft, guide.number()).is_none()).collect()
}

/// Every setting that some picture may have.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    reference::ALL.iter().chain(map::ALL)
}

/// The default of a picture's setting, as it is typed.
pub fn default(draft: &Draft, guide: Guide, setting: &Setting) -> String {
    let mut usual = draft.clone();
    match guide {
        Guide::Reference(at) => {
            if let Anchor::References(all) = &mut usual.anchor {
                *all = References::new(std::mem::take(&mut all.pictures));
                setting.needs.encode(all);
                let count = all.pictures.len();
                share(all, at, 1.0 / count as f64);
                if let Some(r) = all.pictures.get_mut(at) {
                    *r = Reference::new(&r.picture, &r.hash, &r.caption, r.weight);
                }
            }
        }
        // Which panel it is for stays.
        Guide::Map(at) => {
            if let Some(control) = &mut usual.control {
                (control.net, control.negative_text) = (None, false);
            }
            if let Some(map) = usual.control.iter_mut().flat_map(|c| &mut c.maps).nth(at) {
                *map = ControlMap {
                    panel: map.panel,
                    ..ControlMap::new(map.kind, &map.picture, &map.hash)
                };
            }
        }
    }
    setting.typed(&usual, guide.number())
}

/// Whether a picture's setting says something else than it does by default.
pub fn is_changed(draft: &Draft, guide: Guide, setting: &Setting) -> bool {
    setting.typed(draft, guide.number()) != default(draft, guide, setting)
}

fn turn<T: PartialEq + Copy>(all: &[T], now: T, by: i32) -> T {
    let at = all.iter().position(|one| *one == now).unwrap_or(0) as i64;
    all[(at + i64::from(by)).rem_euclid(all.len() as i64) as usize]
}

/// Steps that are typed in decimals stay decimals.
fn stepped(now: f64, by: f64, most: f64) -> f64 {
    (((now + by) * 1000.0).round() / 1000.0).clamp(0.0, most)
}
