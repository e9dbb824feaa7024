//! The settings of a picture that lends its style.

use crate::recipe::{Draft, Layers, Preset, Reference, References, Window};
use crate::tui::settings::{Kind, Need, Number, Setting, change_references};

/// Its own settings, in the order of the pane.
pub const ALL: &[Setting] = &[
    Setting {
        name: "share",
        option: "reference",
        help: "Its part of the style, 0 to 1; the others share the rest as before",
        needs: Need::Reference,
        kind: Kind::Number(Number {
            get: |d, i| of(d, i).map(|r| r.weight),
            put: |d, i, n| change_references(d, |all| share(all, i, n.unwrap_or(1.0))),
            unset: None,
            range: (0.0, 1.0),
            by: 0.05,
            decimals: Some(2),
            row: (0.0, 1.0),
        }),
    },
    Setting {
        name: "caption",
        option: "caption",
        help: "What the picture shows and in which style: it is found again by these words",
        needs: Need::Reference,
        kind: Kind::Words {
            of: &[],
            get: |d, i| of(d, i).map(|r| r.caption.clone()).unwrap_or_default(),
            put: |d, i, text| {
                change(d, i, |r| text.clone_into(&mut r.caption));
                Ok(())
            },
        },
    },
    Setting {
        name: "preset",
        option: "preset",
        help: "none, normal (looked at twice as much), famous (for one that takes over: half its keys)",
        needs: Need::Reference,
        kind: Kind::Words {
            of: &["none", "normal", "famous"],
            get: |d, i| of(d, i).map(preset_name).unwrap_or_default(),
            put: |d, i, text| {
                let preset = match text {
                    "none" | "" => None,
                    "normal" => Some(Preset::Normal),
                    "famous" => Some(Preset::Famous),
                    "own" => return Ok(()),
                    _ => return Err("preset takes none, normal or famous".into()),
                };
                change(d, i, |r| r.lend_by(preset));
                Ok(())
            },
        },
    },
    Setting {
        name: "weight",
        option: "",
        help: "How much a panel looks at it against itself, in place of the set's weight",
        needs: Need::Reference,
        kind: Kind::Number(Number {
            get: |d, i| of(d, i).and_then(|r| r.reference_weight),
            put: |d, i, n| change(d, i, |r| r.reference_weight = n),
            unset: Some("the set's"),
            range: (0.0, 1000.0),
            by: 0.1,
            decimals: Some(2),
            row: (0.0, 2.0),
        }),
    },
    Setting {
        name: "scale",
        option: "",
        help: "Factor on its keys, in place of the set's scale: below 1 calms it",
        needs: Need::Reference,
        kind: Kind::Number(Number {
            get: |d, i| of(d, i).and_then(|r| r.score_scale),
            put: |d, i, n| change(d, i, |r| r.score_scale = n),
            unset: Some("the set's"),
            range: (0.0, 5.0),
            by: 0.05,
            decimals: Some(2),
            row: (0.5, 1.5),
        }),
    },
    Setting {
        name: "steps",
        option: "reference-steps",
        help: "When it lends, as 0..0.5 or 0..1:linear; where it lends less the others lend more",
        needs: Need::Reference,
        kind: Kind::Steps {
            get: |d, i| of(d, i).map(|r| r.window),
            put: |d, i, window| change(d, i, |r| r.window = window),
            off: Some(|d, i| change(d, i, |r| r.window = Window::default())),
        },
    },
    Setting {
        name: "layers",
        option: "reference-layers",
        help: "Where it lends: the set's, up, last-up, style, mid, down, layout, or one 0 or 1 for each",
        needs: Need::Reference,
        kind: Kind::Words {
            of: &["the set's", "up", "last-up", "style", "mid", "down", "layout"],
            get: |d, i| match of(d, i).and_then(|r| r.layers.as_ref()) {
                Some(layers) => layers.to_string(),
                None => "the set's".into(),
            },
            put: |d, i, text| {
                let layers = match text {
                    "the set's" | "" => None,
                    text => Some(Layers::parse(text)?),
                };
                change(d, i, |r| r.layers = layers);
                Ok(())
            },
        },
    },
];

fn of(draft: &Draft, at: usize) -> Option<&Reference> {
    draft.anchor.references().get(at)
}

fn change(draft: &mut Draft, at: usize, change: impl FnOnce(&mut Reference)) {
    change_references(draft, |all| {
        if let Some(reference) = all.pictures.get_mut(at) {
            change(reference);
        }
    });
}

fn preset_name(reference: &Reference) -> String {
    match reference.preset() {
        Some(Preset::Normal) => "normal",
        Some(Preset::Famous) => "famous",
        None if reference.reference_weight.or(reference.score_scale).is_none() => "none",
        None => "own",
    }
    .into()
}

/// Gives one reference a share and divides the rest among the others as before.
pub fn share(all: &mut References, at: usize, share: f64) {
    let count = all.pictures.len();
    let share = if count == 1 { 1.0 } else { share.clamp(0.0, 1.0) };
    let others = all.pictures.iter().enumerate().filter(|(i, _)| *i != at);
    let rest: f64 = others.map(|(_, r)| r.weight).sum();
    for (i, reference) in all.pictures.iter_mut().enumerate() {
        reference.weight = match i == at {
            true => share,
            false if rest > 0.0 => reference.weight * (1.0 - share) / rest,
            false => (1.0 - share) / (count - 1) as f64,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Anchor;

    fn draft() -> Draft {
        let picture = |weight| Reference::new("a.png", "00", "a house", weight);
        let all = References::new(vec![picture(0.5), picture(0.5)]);
        Draft { anchor: Anchor::References(all), ..Draft::default() }
    }

    fn set(draft: &mut Draft, at: usize, name: &str, text: &str) -> Result<(), String> {
        ALL.iter().find(|s| s.name == name).unwrap().set(draft, at, text)
    }

    #[test]
    fn one_is_set_and_the_others_stay() {
        let mut draft = draft();
        for (name, text) in
            [("preset", "famous"), ("steps", "0..0.5:linear"), ("layers", "up"), ("share", "0.25")]
        {
            set(&mut draft, 1, name, text).unwrap();
        }
        let [first, second] = draft.anchor.references() else { panic!() };
        assert!(first.lends_as_usual() && first.weight == 0.75, "{first:?}");
        assert_eq!((second.reference_weight, second.score_scale), (Some(1.0), Some(0.5)));
        assert_eq!((second.window.end, second.layers.is_some()), (0.5, true));
        set(&mut draft, 1, "weight", "the set's").unwrap();
        assert_eq!(preset_name(&draft.anchor.references()[1]), "own");
        set(&mut draft, 1, "preset", "none").unwrap();
        set(&mut draft, 1, "layers", "the set's").unwrap();
        set(&mut draft, 1, "steps", "off").unwrap();
        assert!(draft.anchor.references()[1].lends_as_usual());
        for (name, text) in [("preset", "loud"), ("weight", "-1"), ("layers", "x"), ("steps", "1")]
        {
            assert!(set(&mut draft, 0, name, text).is_err(), "{name} = {text}");
        }
    }
}
