//! How the style is shared, and how it is held to where it is wanted.

use super::kind::{Kind, Number, SEEDS, name_of, named};
use super::{Need, Setting};
use crate::recipe::{AdaIn, Draft, Fades, Layers, Style};

/// The layers that have names.
const LAYERS: &[&str] = &["all", "up", "last-up", "style", "mid", "down", "layout"];

/// The same, or none.
const SWAPS: &[&str] = &["off", "last-up", "up", "style", "mid", "down", "layout", "all"];

/// What may fade along a curve.
const FADES: [(Fades, &str); 3] =
    [(Fades::Weight, "weight"), (Fades::Scale, "scale"), (Fades::Strength, "strength")];

/// A number of the style.
macro_rules! number {
    ($field:ident, $range:expr, $by:expr, $row:expr) => {
        Kind::Number(Number {
            get: |d, _| Some(d.style.$field),
            put: |d, _, n| d.style.$field = n.unwrap_or_default(),
            unset: None,
            range: $range,
            by: $by,
            decimals: Some(2),
            row: $row,
        })
    };
}

/// A flag of the style.
macro_rules! flag {
    ($field:ident) => {
        Kind::Flag { get: |d, _| d.style.$field, put: |d, _, on| d.style.$field = on }
    };
}

/// How the style is shared.
pub const ALIGNMENT: &[Setting] = &[
    Setting {
        name: "scale",
        option: "score-scale",
        help: "Factor on the anchor's keys, 0 to 5: below 1 calms an anchor that takes over",
        needs: Need::Nothing,
        kind: number!(score_scale, (0.0, 5.0), 0.05, (0.5, 1.5)),
    },
    Setting {
        name: "adain",
        option: "adain",
        help: "Which features take the anchor's mean and deviation: q, k, v or none",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &["none", "q,k", "q,k,v"],
            get: |d, _| d.style.adain.to_string(),
            put: |d, _, text| {
                let none = AdaIn { queries: false, keys: false, values: false };
                let read = if text == "none" { Ok(none) } else { AdaIn::parse(text) };
                d.style.adain =
                    read.map_err(|_| "adain takes q, k, v, as q,k or q,k,v, or none")?;
                Ok(())
            },
        },
    },
    Setting {
        name: "group norm",
        option: "share-group-norm",
        help: "Pool group-norm statistics with the anchor: more of its colours and contrast",
        needs: Need::Nothing,
        kind: flag!(share_group_norm),
    },
    Setting {
        name: "layer norm",
        option: "share-layer-norm",
        help: "Kept for recipes that have it: layer norms see one token at a time, nothing changes",
        needs: Need::Nothing,
        kind: flag!(share_layer_norm),
    },
    Setting {
        name: "full share",
        option: "full-share",
        help: "Every panel attends to every panel: one look, but contents mix; no AdaIN then",
        needs: Need::Nothing,
        kind: flag!(full_share),
    },
];

/// Where, when and how strongly it is shared.
pub const LEAKAGE: &[Setting] = &[
    Setting {
        name: "layers",
        option: "layers",
        help: "Where: all, up (not the layout), last-up (nor forms), style, mid, down, layout, or 0 and 1",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: LAYERS,
            get: |d, _| d.style.layers.to_string(),
            put: |d, _, text| {
                d.style.layers = Layers::parse(text)?;
                Ok(())
            },
        },
    },
    Setting {
        name: "share steps",
        option: "share-steps",
        help: "When, as 0..0.6 or 0..1:cosine: early steps decide the layout, late ones texture",
        needs: Need::Nothing,
        kind: Kind::Steps {
            get: |d, _| Some(d.style.window),
            put: |d, _, window| d.style.window = window,
            off: None,
        },
    },
    Setting {
        name: "fade",
        option: "fade",
        help: "What the curve of share steps lets fade: weight, scale or strength",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &["weight", "scale", "strength"],
            get: |d, _| name_of(&FADES, &d.style.fades),
            put: |d, _, text| {
                d.style.fades = named(&FADES, "fade", text)?;
                Ok(())
            },
        },
    },
    Setting {
        name: "strength",
        option: "strength",
        help: "How much of the shared attention stands in for the plain one, 0 to 1",
        needs: Need::Nothing,
        kind: number!(strength, (0.0, 1.0), 0.1, (0.0, 1.0)),
    },
    Setting {
        name: "prompted",
        option: "prompted-only",
        help: "Share in the half with the prompt alone: guidance strengthens the style",
        needs: Need::Nothing,
        kind: flag!(prompted_only),
    },
    Setting {
        name: "dropout",
        option: "dropout",
        help: "Part of the anchor's tokens left out by chance, 0 to 1: poses are copied less",
        needs: Need::Nothing,
        kind: number!(dropout, (0.0, 1.0), 0.05, (0.0, 0.8)),
    },
    Setting {
        name: "dropout seed",
        option: "dropout-seed",
        help: "The seed of that chance",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| Some(d.style.dropout_seed as f64),
            put: |d, _, n| d.style.dropout_seed = n.unwrap_or_default() as u64,
            unset: None,
            range: SEEDS,
            by: 1.0,
            decimals: None,
            row: (0.0, 4.0),
        }),
    },
    Setting {
        name: "subject keys",
        option: "subject-keys",
        help: "How much the anchor's subject is looked at, 0 to 1: contents leak less",
        needs: Need::Nothing,
        kind: number!(subject_keys, (0.0, 1.0), 0.1, (0.0, 1.0)),
    },
    Setting {
        name: "swap",
        option: "swap",
        help: "Layers that look at the anchor alone, not at themselves: the strongest style, or off",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: SWAPS,
            get: |d, _| d.style.swap.as_ref().map_or("off".into(), ToString::to_string),
            put: |d, _, text| {
                d.style.swap = if text == "off" { None } else { Some(Layers::parse(text)?) };
                Ok(())
            },
        },
    },
    Setting {
        name: "pool",
        option: "pool",
        help: "The anchor as N x N means, 1 to 32: its style without its layout; 0 is all of it",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| Some(f64::from(d.style.pool)),
            put: |d, _, n| d.style.pool = n.unwrap_or_default() as u32,
            unset: None,
            range: (0.0, 32.0),
            by: 1.0,
            decimals: None,
            row: (0.0, 4.0),
        }),
    },
    Setting {
        name: "query guide",
        option: "query-guidance",
        help: "Away from the picture with the anchor's queries: contents leak less, for half a pass",
        needs: Need::Nothing,
        kind: number!(query_guidance, (0.0, 20.0), 0.5, (0.0, 4.0)),
    },
    Setting {
        name: "recolour",
        option: "recolour",
        help: "Steps in which panels take the anchor's colours, as 0.6..0.9, or off",
        needs: Need::Nothing,
        kind: Kind::Steps {
            get: |d, _| d.style.recolour,
            put: |d, _, window| d.style.recolour = Some(window),
            off: Some(|d, _| d.style.recolour = None),
        },
    },
];

/// Whether panels take the anchor's style.
pub fn is_aligned(draft: &Draft) -> bool {
    !draft.style.is_plain()
}

/// Turns alignment off, or on with the published defaults.
pub fn toggle_alignment(draft: &mut Draft) {
    draft.style = if is_aligned(draft) { Style::none() } else { Style::default() };
}
