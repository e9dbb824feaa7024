//! The settings of a picture that steers the composition.

use super::{stepped, turn};
use crate::recipe::{ControlKind, ControlMap, Draft, MAX_GRADIENT, MAX_SCALE, Thresholds};
use crate::tui::settings::{Kind, Need, Number, Setting};

/// Every setting, in the order of the pane.
pub const ALL: &[Setting] = &[
    Setting {
        name: "kind",
        option: "control",
        help: "What is taken from the picture: canny edges, depth of a depth picture, corners, raw",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, i| map(d, i, |m| m.kind.name().to_owned()),
            step: |d, i, by| change(d, i, |m| set_kind(m, turn(&ControlKind::ALL, m.kind, by))),
            put: |d, i, text| {
                let kind = ControlKind::from_name(text);
                let kind = kind.ok_or("kind takes canny, depth, corners or raw")?;
                change(d, i, |m| set_kind(m, kind));
                Ok(())
            },
        },
    },
    Setting {
        name: "strength",
        option: "control",
        help: "How strongly the panels follow it, 0 to 5",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, i| at(d, i).map(|m| m.scale),
            put: |d, i, n| change(d, i, |m| m.scale = n.unwrap_or(1.0)),
            unset: None,
            range: (0.0, MAX_SCALE),
            by: 0.1,
            decimals: Some(2),
            row: (0.0, 1.0),
        }),
    },
    Setting {
        name: "panel",
        option: "control",
        help: "The panel that follows it, or all: every one but the anchor and those with their own",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, i| map(d, i, |m| m.panel.map_or("all".into(), |n| (n + 1).to_string())),
            step: step_panel,
            put: |d, i, text| match text {
                "all" => set_panel(d, i, None),
                text => match text.parse::<usize>() {
                    Ok(n) if (1..=d.subjects.len()).contains(&n) => set_panel(d, i, Some(n - 1)),
                    _ => Err(format!("panel takes all, or 1 to {}", d.subjects.len())),
                },
            },
        },
    },
    Setting {
        name: "start",
        option: "control-start",
        help: "Share of the steps that pass before it is followed, 0 to 1",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, i| map(d, i, |m| format!("{:.2}", m.start)),
            step: |d, i, by| {
                change(d, i, |m| m.start = stepped(m.start, 0.05 * f64::from(by), m.end));
            },
            put: |d, i, text| {
                let end = at(d, i).map_or(1.0, |m| m.end);
                number(text, 0.0, end).map(|n| change(d, i, |m| m.start = n))
            },
        },
    },
    Setting {
        name: "end",
        option: "control-end",
        help: "Share of the steps after which it is let go, up to 1",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, i| map(d, i, |m| format!("{:.2}", m.end)),
            step: |d, i, by| {
                change(d, i, |m| m.end = stepped(m.end, 0.05 * f64::from(by), 1.0).max(m.start));
            },
            put: |d, i, text| {
                let start = at(d, i).map_or(0.0, |m| m.start);
                number(text, start, 1.0).map(|n| change(d, i, |m| m.end = n))
            },
        },
    },
    Setting {
        name: "low",
        option: "low",
        help: "For edges: the smallest gradient of one that hangs on another, 0 to 2040",
        needs: Need::Edges,
        kind: Kind::Number(Number {
            get: |d, i| at(d, i).map(|m| thresholds(m).low),
            put: |d, i, n| {
                let n = n.unwrap_or_default();
                change(d, i, |m| set_thresholds(m, n, thresholds(m).high.max(n)));
            },
            unset: None,
            range: (0.0, MAX_GRADIENT),
            by: 10.0,
            decimals: Some(0),
            row: (20.0, 180.0),
        }),
    },
    Setting {
        name: "high",
        option: "high",
        help: "For edges: the smallest gradient of one that stands alone, 0 to 2040",
        needs: Need::Edges,
        kind: Kind::Number(Number {
            get: |d, i| at(d, i).map(|m| thresholds(m).high),
            put: |d, i, n| {
                let n = n.unwrap_or_default();
                change(d, i, |m| set_thresholds(m, thresholds(m).low.min(n), n));
            },
            unset: None,
            range: (0.0, MAX_GRADIENT),
            by: 10.0,
            decimals: Some(0),
            row: (100.0, 500.0),
        }),
    },
    Setting {
        name: "invert",
        option: "invert",
        help: "For depth: the picture is dark where it is near",
        needs: Need::Depth,
        kind: Kind::Flag {
            get: |d, i| at(d, i).is_some_and(|m| m.invert),
            put: |d, i, on| change(d, i, |m| m.invert = on),
        },
    },
    Setting {
        name: "net",
        option: "control-model",
        help: "The control net of all maps: a folder, or nothing for the model's own",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &[],
            get: |d, _| d.control.as_ref().and_then(|c| c.net.clone()).unwrap_or_default(),
            put: |d, _, text| {
                if let Some(control) = &mut d.control {
                    // Another net has another hash.
                    (control.net, control.hash) = (Some(text.to_owned()), None);
                    control.net = control.net.take().filter(|net| !net.is_empty());
                }
                Ok(())
            },
        },
    },
    Setting {
        name: "neg text",
        option: "control-negative-text",
        help: "The net reads the negative prompt in both halves, as the published one does",
        needs: Need::Nothing,
        kind: Kind::Flag {
            get: |d, _| d.control.as_ref().is_some_and(|c| c.negative_text),
            put: |d, _, on| {
                if let Some(control) = &mut d.control {
                    control.negative_text = on;
                }
            },
        },
    },
];

/// The map of this number.
fn at(draft: &Draft, number: usize) -> Option<&ControlMap> {
    draft.control.as_ref()?.maps.get(number)
}

fn map(draft: &Draft, at: usize, show: impl FnOnce(&ControlMap) -> String) -> String {
    self::at(draft, at).map(show).unwrap_or_default()
}

fn change(draft: &mut Draft, at: usize, change: impl FnOnce(&mut ControlMap)) {
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
    change(draft, at, |map| map.panel = panel);
    Ok(())
}

/// A share of the steps.
fn number(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let read = text.parse::<f64>().ok().filter(|n| (low..=high).contains(n));
    read.ok_or_else(|| format!("takes a number from {low} to {high}"))
}
