//! What is set for nearly every set, and how it is sampled.

use super::kind::{Kind, Number, cycle, name_of, named};
use super::sharing::{is_aligned, toggle_alignment};
use super::{Need, Setting};
use crate::recipe::{MAX_STEPS, SchedulerKind, Size, Spacing};

/// The samplers by name.
const SAMPLERS: [(Option<SchedulerKind>, &str); 3] = [
    (None, "model's own"),
    (Some(SchedulerKind::Ddim), "ddim"),
    (Some(SchedulerKind::Euler), "euler"),
];

/// The spacings by name.
const SPACINGS: [(Option<Spacing>, &str); 4] = [
    (None, "model's own"),
    (Some(Spacing::Leading), "leading"),
    (Some(Spacing::Linspace), "linspace"),
    (Some(Spacing::Trailing), "trailing"),
];

/// Those that are always shown.
pub const COMMON: &[Setting] = &[
    Setting {
        name: "model",
        option: "model",
        help: "The weights: mini, sdxl, sd15, a folder, or owner/name of a hub",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, _| d.model.clone(),
            step: |d, _, by| d.model = cycle(&["mini", "sdxl", "sd15"], &d.model, by).to_owned(),
            put: |d, _, text| {
                text.clone_into(&mut d.model);
                if text.is_empty() { Err("a model has a name".into()) } else { Ok(()) }
            },
        },
    },
    Setting {
        name: "size",
        option: "size",
        help: "Width x height in pixels; the mini model was trained at 256x256, SDXL at 1024x1024",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, _| d.size.to_string(),
            step: |d, _, by| {
                let side = |n: u32| (i64::from(n) + 64 * i64::from(by)).clamp(64, 2048) as u32;
                d.size = Size { width: side(d.size.width), height: side(d.size.height) };
            },
            put: |d, _, text| {
                let size = Size::parse(&text.replace(' ', "x"))?;
                size.check().map_err(|error| error.to_string())?;
                d.size = size;
                Ok(())
            },
        },
    },
    Setting {
        name: "steps",
        option: "steps",
        help: "Denoising steps, 1 to 1000: more are finer and slower",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| Some(f64::from(d.steps)),
            put: |d, _, n| d.steps = n.unwrap_or(20.0) as u32,
            unset: None,
            range: (1.0, MAX_STEPS as f64),
            by: 5.0,
            decimals: None,
            row: (10.0, 50.0),
        }),
    },
    Setting {
        name: "guidance",
        option: "guidance",
        help: "How closely the prompt is followed; 1 paints without guidance and twice as fast",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| Some(d.guidance_scale),
            put: |d, _, n| d.guidance_scale = n.unwrap_or(5.0),
            unset: None,
            range: (0.0, 100.0),
            by: 0.5,
            decimals: Some(1),
            row: (1.0, 9.0),
        }),
    },
    Setting {
        name: "seed",
        option: "seed",
        help: "The first panel's noise; each next panel takes the next number. L keeps it from run to run",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, _| format!("{}{}", d.seed, if d.seed_locked { " kept" } else { "" }),
            step: |d, _, by| d.seed = d.seed.wrapping_add_signed(i64::from(by)),
            put: |d, _, text| {
                d.seed =
                    text.parse().map_err(|_| "a seed is a whole number from 0 up".to_owned())?;
                d.seed_locked = true;
                Ok(())
            },
        },
    },
    Setting {
        name: "negative",
        option: "negative",
        help: "What to steer away from",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &[],
            get: |d, _| d.negative_prompt.clone(),
            put: |d, _, text| {
                text.clone_into(&mut d.negative_prompt);
                Ok(())
            },
        },
    },
    Setting {
        name: "align",
        option: "no-align",
        help: "Share the anchor's style with every panel",
        needs: Need::Nothing,
        kind: Kind::Flag {
            get: |d, _| is_aligned(d),
            put: |d, _, on| {
                if on != is_aligned(d) {
                    toggle_alignment(d);
                }
            },
        },
    },
    Setting {
        name: "weight",
        option: "reference-weight",
        help: "How much a panel looks at the anchor against itself, 0 to 1000; 1 is the published default",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| Some(d.style.reference_weight),
            put: |d, _, n| d.style.reference_weight = n.unwrap_or(1.0),
            unset: None,
            range: (0.0, 1000.0),
            by: 0.1,
            decimals: Some(2),
            row: (0.0, 2.0),
        }),
    },
];

/// How the steps are taken.
pub const SAMPLING: &[Setting] = &[
    Setting {
        name: "sampler",
        option: "scheduler",
        help: "How a step is taken: ddim, euler, or the model's own",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &["model's own", "ddim", "euler"],
            get: |d, _| name_of(&SAMPLERS, &d.scheduler.kind),
            put: |d, _, text| {
                d.scheduler.kind = named(&SAMPLERS, "sampler", own(text))?;
                Ok(())
            },
        },
    },
    Setting {
        name: "spacing",
        option: "spacing",
        help: "How steps are spread over the noise: leading, linspace, trailing, or the model's own",
        needs: Need::Nothing,
        kind: Kind::Words {
            of: &["model's own", "leading", "linspace", "trailing"],
            get: |d, _| name_of(&SPACINGS, &d.scheduler.spacing),
            put: |d, _, text| {
                d.scheduler.spacing = named(&SPACINGS, "spacing", own(text))?;
                Ok(())
            },
        },
    },
    Setting {
        name: "step offset",
        option: "offset",
        help: "Added to each timestep of leading spacing: 1 begins at a little more noise",
        needs: Need::Nothing,
        kind: Kind::Number(Number {
            get: |d, _| d.scheduler.offset.map(f64::from),
            put: |d, _, n| d.scheduler.offset = n.map(|n| n as u32),
            unset: Some("model's own"),
            range: (0.0, (MAX_STEPS - 1) as f64),
            by: 1.0,
            decimals: None,
            row: (0.0, 1.0),
        }),
    },
];

/// The model's own goes by shorter words too.
fn own(text: &str) -> &str {
    if matches!(text, "" | "own") { "model's own" } else { text }
}
