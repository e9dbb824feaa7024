//! The settings of a picture that lends its style.

use super::{Detail, turn};
use crate::recipe::{Anchor, Draft, Encoding, Fit, Reference, References};
use crate::tui::settings::set_number;

const FITS: &[Fit] = &[Fit::Crop, Fit::Pad, Fit::Stretch];

/// Every setting, in the order of the pane.
pub const ALL: &[Detail] = &[
    Detail {
        name: "share",
        help: "Its part of the style, 0 to 1; the others share the rest as before",
        show: |d, i| reference(d, i, |r| format!("{:.2}", r.weight)),
        step: |d, i, by| {
            let now = d.anchor.references().get(i).map_or(0.0, |r| r.weight);
            change_references(d, |all| share(all, i, now + 0.05 * f64::from(by)));
        },
        set: |d, i, text| {
            set_number(text, 0.0, 1.0, |n| change_references(d, |all| share(all, i, n)))
        },
    },
    Detail {
        name: "caption",
        help: "What the picture shows and in which style: it is found again by these words",
        show: |d, i| reference(d, i, |r| r.caption.clone()),
        step: |_, _, _| {},
        set: |d, i, text| {
            change_references(d, |all| {
                if let Some(reference) = all.pictures.get_mut(i) {
                    text.trim().clone_into(&mut reference.caption);
                }
            });
            Ok(())
        },
    },
    Detail {
        name: "fit",
        help: "How all references are brought to the set's size: crop, pad or stretch",
        show: |d, _| references(d, |all| fit_name(all.fit).to_owned()),
        step: |d, _, by| change_references(d, |all| all.fit = turn(FITS, all.fit, by)),
        set: |d, _, text| {
            let fit = FITS.iter().find(|fit| fit_name(**fit) == text.trim());
            let fit = *fit.ok_or("fit takes crop, pad or stretch")?;
            change_references(d, |all| all.fit = fit);
            Ok(())
        },
    },
    Detail {
        name: "encoding",
        help: "How all references are brought to each step's noise: inversion is exact, noise quick",
        show: |d, _| references(d, |all| encoding_name(all.encoding).to_owned()),
        step: |d, _, _| change_references(d, |all| all.encoding = other_encoding(all.encoding)),
        set: |d, _, text| {
            if !["inversion", "noise"].contains(&text.trim()) {
                return Err("encoding takes inversion or noise".into());
            }
            change_references(d, |all| {
                if encoding_name(all.encoding) != text.trim() {
                    all.encoding = other_encoding(all.encoding);
                }
            });
            Ok(())
        },
    },
];

fn references(draft: &Draft, show: impl FnOnce(&References) -> String) -> String {
    match &draft.anchor {
        Anchor::References(all) => show(all),
        Anchor::FirstPanel => String::new(),
    }
}

fn reference(draft: &Draft, at: usize, show: impl FnOnce(&Reference) -> String) -> String {
    draft.anchor.references().get(at).map(show).unwrap_or_default()
}

fn change_references(draft: &mut Draft, change: impl FnOnce(&mut References)) {
    if let Anchor::References(all) = &mut draft.anchor {
        change(all);
    }
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

fn fit_name(fit: Fit) -> &'static str {
    match fit {
        Fit::Crop => "crop",
        Fit::Pad => "pad",
        Fit::Stretch => "stretch",
    }
}

fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Inversion { .. } => "inversion",
        Encoding::Noise { .. } => "noise",
    }
}

fn other_encoding(encoding: Encoding) -> Encoding {
    match encoding {
        Encoding::Inversion { .. } => Encoding::Noise { seed: 0 },
        Encoding::Noise { .. } => Encoding::default(),
    }
}
