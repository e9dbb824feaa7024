//! What all pictures that lend their style have in common.

use super::kind::{Kind, Number, SEEDS, name_of, named};
use super::{Need, Setting};
use crate::recipe::{Anchor, Blend, Draft, Encoding, Fit, MAX_STEPS, References};

const BLENDS: [(Blend, &str); 3] =
    [(Blend::Attention, "attention"), (Blend::Linear, "linear"), (Blend::Slerp, "slerp")];
const FITS: [(Fit, &str); 3] = [(Fit::Crop, "crop"), (Fit::Pad, "pad"), (Fit::Stretch, "stretch")];

/// What all of them have in common.
pub const SHARED: &[Setting] = &[
    Setting {
        name: "fit",
        option: "fit",
        help: "How all references are brought to the set's size: crop, pad or stretch",
        needs: Need::Reference,
        kind: Kind::Words {
            of: &["crop", "pad", "stretch"],
            get: |d, _| all(d, |all| name_of(&FITS, &all.fit)),
            put: |d, _, text| {
                let fit = named(&FITS, "fit", text)?;
                change(d, |all| all.fit = fit);
                Ok(())
            },
        },
    },
    Setting {
        name: "encoding",
        option: "encode",
        help: "How all references are brought to each step's noise: inversion is exact, noise quick",
        needs: Need::Reference,
        kind: Kind::Words {
            of: &["inversion", "noise"],
            get: |d, _| all(d, |all| encoding_name(all.encoding).to_owned()),
            put: |d, _, text| {
                if !["inversion", "noise"].contains(&text) {
                    return Err("encoding takes inversion or noise".into());
                }
                change(d, |all| {
                    if encoding_name(all.encoding) != text {
                        all.encoding = other_encoding(all.encoding);
                    }
                });
                Ok(())
            },
        },
    },
    Setting {
        name: "inv guidance",
        option: "inversion-guidance",
        help: "Guidance scale on the way back to noise; the published one is 2",
        needs: Need::Inversion,
        kind: Kind::Number(Number {
            get: |d, _| inversion(d).map(|(guidance, _)| guidance),
            put: |d, _, n| {
                change_inversion(d, |guidance, _| *guidance = n.unwrap_or(2.0));
            },
            unset: None,
            range: (0.0, 100.0),
            by: 0.5,
            decimals: Some(1),
            row: (1.0, 5.0),
        }),
    },
    Setting {
        name: "inv offset",
        option: "inversion-offset",
        help: "Steps at whose noise references are shown cleaner: for famous pictures that take over",
        needs: Need::Inversion,
        kind: Kind::Number(Number {
            get: |d, _| inversion(d).map(|(_, offset)| f64::from(offset)),
            put: |d, _, n| {
                change_inversion(d, |_, offset| *offset = n.unwrap_or(0.0) as u32);
            },
            unset: None,
            range: (0.0, (MAX_STEPS - 1) as f64),
            by: 1.0,
            decimals: None,
            row: (0.0, 8.0),
        }),
    },
    Setting {
        name: "noise seed",
        option: "",
        help: "Seed of the noise that references take with the encoding noise",
        needs: Need::Noise,
        kind: Kind::Number(Number {
            get: |d, _| noise(d).map(|seed| seed as f64),
            put: |d, _, n| {
                change(d, |all| {
                    if let Encoding::Noise { seed } = &mut all.encoding {
                        *seed = n.unwrap_or(0.0) as u64;
                    }
                });
            },
            unset: None,
            range: SEEDS,
            by: 1.0,
            decimals: None,
            row: (0.0, 4.0),
        }),
    },
    Setting {
        name: "blend",
        option: "blend",
        help: "How several become one style: attention looks at all; linear, slerp mix their latents",
        needs: Need::References,
        kind: Kind::Words {
            of: &["attention", "linear", "slerp"],
            get: |d, _| all(d, |all| name_of(&BLENDS, &all.blend)),
            put: |d, _, text| {
                let blend = named(&BLENDS, "blend", text)?;
                change(d, |all| all.blend = blend);
                Ok(())
            },
        },
    },
];

fn all(draft: &Draft, show: impl FnOnce(&References) -> String) -> String {
    match &draft.anchor {
        Anchor::References(all) => show(all),
        Anchor::FirstPanel => String::new(),
    }
}

/// Changes the references, if there are any.
pub fn change(draft: &mut Draft, change: impl FnOnce(&mut References)) {
    if let Anchor::References(all) = &mut draft.anchor {
        change(all);
    }
}

fn inversion(draft: &Draft) -> Option<(f64, u32)> {
    match &draft.anchor {
        Anchor::References(References {
            encoding: Encoding::Inversion { guidance_scale, offset },
            ..
        }) => Some((*guidance_scale, *offset)),
        _ => None,
    }
}

fn noise(draft: &Draft) -> Option<u64> {
    match &draft.anchor {
        Anchor::References(References { encoding: Encoding::Noise { seed }, .. }) => Some(*seed),
        _ => None,
    }
}

fn change_inversion(draft: &mut Draft, to: impl FnOnce(&mut f64, &mut u32)) {
    change(draft, |all| {
        if let Encoding::Inversion { guidance_scale, offset } = &mut all.encoding {
            to(guidance_scale, offset);
        }
    });
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
