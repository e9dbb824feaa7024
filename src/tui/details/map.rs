//! The settings of a picture that steers the composition.

use super::{Detail, stepped, turn};
use crate::recipe::{ControlKind, ControlMap, Draft, MAX_GRADIENT, MAX_SCALE, Thresholds};
use crate::tui::settings::{flag_text, set_flag, set_number};

/// Only edges have it.
pub const LOW: &str = "low";
/// Only edges have it.
pub const HIGH: &str = "high";
/// Only depth has it.
pub const INVERT: &str = "invert";

/// Every setting, in the order of the pane.
pub const ALL: &[Detail] = &[
    Detail {
        name: "kind",
        help: "What is taken from the picture: canny edges, depth of a depth picture, corners, raw",
        show: |d, i| map(d, i, |m| m.kind.name().to_owned()),
        step: |d, i, by| change_map(d, i, |m| set_kind(m, turn(&ControlKind::ALL, m.kind, by))),
        set: |d, i, text| {
            let kind = ControlKind::from_name(text.trim());
            let kind = kind.ok_or("kind takes canny, depth, corners or raw")?;
            change_map(d, i, |m| set_kind(m, kind));
            Ok(())
        },
    },
    Detail {
        name: "strength",
        help: "How strongly the panels follow it, 0 to 5",
        show: |d, i| map(d, i, |m| format!("{:.2}", m.scale)),
        step: |d, i, by| {
            change_map(d, i, |m| m.scale = stepped(m.scale, 0.1 * f64::from(by), MAX_SCALE));
        },
        set: |d, i, text| set_number(text, 0.0, MAX_SCALE, |n| change_map(d, i, |m| m.scale = n)),
    },
    Detail {
        name: "panel",
        help: "The panel that follows it, or all: every one but the anchor and those with their own",
        show: |d, i| map(d, i, |m| m.panel.map_or("all".into(), |n| (n + 1).to_string())),
        step: step_panel,
        set: |d, i, text| match text.trim() {
            "all" => set_panel(d, i, None),
            text => match text.parse::<usize>() {
                Ok(n) if (1..=d.subjects.len()).contains(&n) => set_panel(d, i, Some(n - 1)),
                _ => Err(format!("panel takes all, or 1 to {}", d.subjects.len())),
            },
        },
    },
    Detail {
        name: "start",
        help: "Share of the steps that pass before it is followed, 0 to 1",
        show: |d, i| map(d, i, |m| format!("{:.2}", m.start)),
        step: |d, i, by| {
            change_map(d, i, |m| m.start = stepped(m.start, 0.05 * f64::from(by), m.end));
        },
        set: |d, i, text| {
            let end = at(d, i).map_or(1.0, |m| m.end);
            set_number(text, 0.0, end, |n| change_map(d, i, |m| m.start = n))
        },
    },
    Detail {
        name: "end",
        help: "Share of the steps after which it is let go, up to 1",
        show: |d, i| map(d, i, |m| format!("{:.2}", m.end)),
        step: |d, i, by| {
            change_map(d, i, |m| m.end = stepped(m.end, 0.05 * f64::from(by), 1.0).max(m.start));
        },
        set: |d, i, text| {
            let start = at(d, i).map_or(0.0, |m| m.start);
            set_number(text, start, 1.0, |n| change_map(d, i, |m| m.end = n))
        },
    },
    Detail {
        name: LOW,
        help: "For edges: the smallest gradient of one that hangs on another, 0 to 2040",
        show: |d, i| map(d, i, |m| thresholds(m).low.to_string()),
        step: |d, i, by| {
            change_map(d, i, |m| {
                let Thresholds { low, high } = thresholds(m);
                set_thresholds(m, stepped(low, 10.0 * f64::from(by), MAX_GRADIENT), high);
            });
        },
        set: |d, i, text| {
            set_number(text, 0.0, MAX_GRADIENT, |n| {
                change_map(d, i, |m| {
                    let high = thresholds(m).high;
                    set_thresholds(m, n, high);
                });
            })
        },
    },
    Detail {
        name: HIGH,
        help: "For edges: the smallest gradient of one that stands alone, 0 to 2040",
        show: |d, i| map(d, i, |m| thresholds(m).high.to_string()),
        step: |d, i, by| {
            change_map(d, i, |m| {
                let Thresholds { low, high } = thresholds(m);
                let high = stepped(high, 10.0 * f64::from(by), MAX_GRADIENT);
                set_thresholds(m, low.min(high), high);
            });
        },
        set: |d, i, text| {
            set_number(text, 0.0, MAX_GRADIENT, |n| {
                change_map(d, i, |m| {
                    let low = thresholds(m).low;
                    set_thresholds(m, low.min(n), n);
                });
            })
        },
    },
    Detail {
        name: INVERT,
        help: "For depth: the picture is dark where it is near",
        show: |d, i| map(d, i, |m| flag_text(m.invert)),
        step: |d, i, _| change_map(d, i, |m| m.invert = !m.invert),
        set: |d, i, text| set_flag(text, |on| change_map(d, i, |m| m.invert = on)),
    },
];

/// The map of this number.
pub fn at(draft: &Draft, number: usize) -> Option<&ControlMap> {
    draft.control.as_ref()?.maps.get(number)
}

fn map(draft: &Draft, at: usize, show: impl FnOnce(&ControlMap) -> String) -> String {
    self::at(draft, at).map(show).unwrap_or_default()
}

fn change_map(draft: &mut Draft, at: usize, change: impl FnOnce(&mut ControlMap)) {
    let maps = draft.control.as_mut().map(|control| &mut control.maps);
    if let Some(map) = maps.and_then(|maps| maps.get_mut(at)) {
        change(map);
    }
}

/// What only one kind has goes with it, and comes with its usual values.
fn set_kind(map: &mut ControlMap, kind: ControlKind) {
    if map.kind != kind {
        let usual = ControlMap::new(kind, &map.picture, &map.hash);
        (map.thresholds, map.invert, map.kind) = (usual.thresholds, usual.invert, kind);
    }
}

fn thresholds(map: &ControlMap) -> Thresholds {
    map.thresholds.unwrap_or_default()
}

/// The lower one that is raised above the other takes it along.
fn set_thresholds(map: &mut ControlMap, low: f64, high: f64) {
    map.thresholds = Some(Thresholds { low, high: high.max(low) });
}

fn step_panel(draft: &mut Draft, at: usize, by: i32) {
    let choices = draft.subjects.len() as i64 + 1;
    let now = self::at(draft, at).and_then(|m| m.panel).map_or(0, |n| n as i64 + 1);
    // The next one that no other map has.
    for further in 1..=choices {
        let to = (now + further * i64::from(by)).rem_euclid(choices);
        if set_panel(draft, at, usize::try_from(to - 1).ok()).is_ok() {
            return;
        }
    }
}

fn set_panel(draft: &mut Draft, at: usize, panel: Option<usize>) -> Result<(), String> {
    let others = draft.control.iter().flat_map(|control| &control.maps).enumerate();
    if others.filter(|(i, _)| *i != at).any(|(_, map)| map.panel == panel) {
        return Err("another map is for that already".into());
    }
    change_map(draft, at, |map| map.panel = panel);
    Ok(())
}
