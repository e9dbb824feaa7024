//! The settings of a draft as a list: names, values, steps, help.

use crate::recipe::{Draft, Layers, MAX_STEPS, SchedulerKind, Size, Style};

/// A setting of the board.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it does and which values it takes.
    pub help: &'static str,
    /// Its value as text.
    pub show: fn(&Draft) -> String,
    /// Steps it up (1) or down (−1).
    pub step: fn(&mut Draft, i32),
    /// Takes a typed value.
    pub set: fn(&mut Draft, &str) -> Result<(), String>,
}

/// Every setting, in the order of the pane.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "model",
        help: "The weights: mini, sdxl, sd15, a folder, or owner/name of a hub",
        show: |d| d.model.clone(),
        step: |d, by| d.model = cycle(&["mini", "sdxl", "sd15"], &d.model, by),
        set: |d, text| {
            d.model = text.trim().to_owned();
            if d.model.is_empty() { Err("a model has a name".into()) } else { Ok(()) }
        },
    },
    Setting {
        name: "size",
        help: "Width x height in pixels; the mini model was trained at 256x256, SDXL at 1024x1024",
        show: |d| format!("{}x{}", d.size.width, d.size.height),
        step: |d, by| {
            let side = |n: u32| (i64::from(n) + 64 * i64::from(by)).clamp(64, 2048) as u32;
            d.size = Size { width: side(d.size.width), height: side(d.size.height) };
        },
        set: |d, text| {
            let (width, height) =
                text.trim().split_once(['x', '×', ' ']).ok_or("a size is WIDTHxHEIGHT")?;
            let side = |text: &str| {
                text.trim().parse().map_err(|_| format!("{text:?} is no number of pixels"))
            };
            d.size = Size { width: side(width)?, height: side(height)? };
            Ok(())
        },
    },
    Setting {
        name: "steps",
        help: "Denoising steps, 1 to 1000: more are finer and slower",
        show: |d| d.steps.to_string(),
        step: |d, by| {
            d.steps = (i64::from(d.steps) + 5 * i64::from(by)).clamp(1, i64::from(MAX_STEPS)) as u32
        },
        set: |d, text| set_number(text, 1.0, f64::from(MAX_STEPS), |n| d.steps = n as u32),
    },
    Setting {
        name: "guidance",
        help: "How closely the prompt is followed; 1 paints without guidance and twice as fast",
        show: |d| format!("{:.1}", d.guidance_scale),
        step: |d, by| d.guidance_scale = (d.guidance_scale + 0.5 * f64::from(by)).clamp(0.0, 100.0),
        set: |d, text| set_number(text, 0.0, 100.0, |n| d.guidance_scale = n),
    },
    Setting {
        name: "sampler",
        help: "ddim, euler, or the model's own",
        show: |d| match d.scheduler.kind {
            None => "model's own".into(),
            Some(SchedulerKind::Ddim) => "ddim".into(),
            Some(SchedulerKind::Euler) => "euler".into(),
        },
        step: |d, by| {
            let order = [None, Some(SchedulerKind::Ddim), Some(SchedulerKind::Euler)];
            let at = order.iter().position(|k| *k == d.scheduler.kind).unwrap_or(0);
            d.scheduler.kind = order[wrap(at, by, order.len())];
        },
        set: |d, text| {
            d.scheduler.kind = match text.trim() {
                "ddim" => Some(SchedulerKind::Ddim),
                "euler" => Some(SchedulerKind::Euler),
                "" | "own" | "model's own" => None,
                other => return Err(format!("{other:?} is no sampler; ddim and euler are")),
            };
            Ok(())
        },
    },
    Setting {
        name: "seed",
        help: "The first panel's noise; each next panel takes the next number. L keeps it from run to run",
        show: |d| format!("{}{}", d.seed, if d.seed_locked { " kept" } else { "" }),
        step: |d, by| d.seed = d.seed.wrapping_add_signed(i64::from(by)),
        set: |d, text| {
            d.seed =
                text.trim().parse().map_err(|_| "a seed is a whole number from 0 up".to_owned())?;
            d.seed_locked = true;
            Ok(())
        },
    },
    Setting {
        name: "negative",
        help: "What to steer away from",
        show: |d| d.negative_prompt.clone(),
        step: |_, _| {},
        set: |d, text| {
            d.negative_prompt = text.trim().to_owned();
            Ok(())
        },
    },
    Setting {
        name: "align",
        help: "Share the anchor's style with every panel",
        show: |d| flag_text(!d.style.is_plain()),
        step: |d, _| toggle_alignment(d),
        set: |d, text| {
            set_flag(text, |on| {
                if on == d.style.is_plain() {
                    toggle_alignment(d)
                }
            })
        },
    },
    Setting {
        name: "weight",
        help: "How much a panel looks at the anchor against itself, 0 to 1000; 1 is the published default",
        show: |d| format!("{:.2}", d.style.reference_weight),
        step: |d, by| {
            d.style.reference_weight =
                (d.style.reference_weight + 0.1 * f64::from(by)).clamp(0.0, 1000.0)
        },
        set: |d, text| set_number(text, 0.0, 1000.0, |n| d.style.reference_weight = n),
    },
    Setting {
        name: "scale",
        help: "Factor on the anchor's keys, 0 to 5: below 1 calms an anchor that takes over",
        show: |d| format!("{:.2}", d.style.score_scale),
        step: |d, by| {
            d.style.score_scale = (d.style.score_scale + 0.05 * f64::from(by)).clamp(0.0, 5.0)
        },
        set: |d, text| set_number(text, 0.0, 5.0, |n| d.style.score_scale = n),
    },
    Setting {
        name: "adain",
        help: "Which features take the anchor's mean and deviation: q, k, v",
        show: |d| adain_text(&d.style),
        step: |d, by| {
            let text = cycle(&["q,k", "q,k,v", "none"], &adain_text(&d.style), by);
            set_adain(&mut d.style, &text);
        },
        set: |d, text| {
            let text = text.trim();
            let known =
                text == "none" || text.split(',').all(|f| matches!(f.trim(), "q" | "k" | "v"));
            if known {
                set_adain(&mut d.style, text)
            } else {
                return Err("adain takes q, k, v or none".into());
            }
            Ok(())
        },
    },
    Setting {
        name: "group norm",
        help: "Pool group-norm statistics with the anchor: stronger colours and contrast of the anchor",
        show: |d| flag_text(d.style.share_group_norm),
        step: |d, _| d.style.share_group_norm = !d.style.share_group_norm,
        set: |d, text| set_flag(text, |on| d.style.share_group_norm = on),
    },
    Setting {
        name: "plain layers",
        help: "How many self-attention layers stay plain, spread evenly; 0 shares in all",
        show: |d| match &d.style.layers {
            Layers::All => "0".into(),
            Layers::PlainCount(n) => n.to_string(),
            Layers::OnlySelfLevel(level) => format!("level {level}"),
            Layers::Mask(mask) => format!("mask {mask}"),
            Layers::Group(group) => format!("all but {}", group.name()),
        },
        step: |d, by| {
            let now = if let Layers::PlainCount(n) = d.style.layers { n } else { 0 };
            set_plain_layers(&mut d.style, (i64::from(now) + i64::from(by)).clamp(0, 70) as u32);
        },
        set: |d, text| set_number(text, 0.0, 70.0, |n| set_plain_layers(&mut d.style, n as u32)),
    },
];

/// Turns alignment off, or on with the published defaults.
pub fn toggle_alignment(draft: &mut Draft) {
    draft.style = if draft.style.is_plain() { Style::default() } else { Style::none() };
}

fn set_plain_layers(style: &mut Style, count: u32) {
    style.layers = if count == 0 { Layers::All } else { Layers::PlainCount(count) };
}

fn adain_text(style: &Style) -> String {
    let flags = [(style.adain.queries, "q"), (style.adain.keys, "k"), (style.adain.values, "v")];
    let on: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
    if on.is_empty() { "none".into() } else { on.join(",") }
}

fn set_adain(style: &mut Style, text: &str) {
    let has = |name: &str| text.split(',').any(|f| f.trim() == name);
    style.adain = crate::recipe::AdaIn { queries: has("q"), keys: has("k"), values: has("v") };
}

/// A flag as it is shown and typed.
pub fn flag_text(flag: bool) -> String {
    if flag { "on".into() } else { "off".into() }
}

/// Takes a typed flag.
///
/// # Errors
/// When it is neither on nor off.
pub fn set_flag(text: &str, set: impl FnOnce(bool)) -> Result<(), String> {
    match text.trim() {
        "on" | "yes" | "true" | "1" => set(true),
        "off" | "no" | "false" | "0" => set(false),
        other => return Err(format!("{other:?} is neither on nor off")),
    }
    Ok(())
}

/// Takes a typed number within a range.
///
/// # Errors
/// When it is none.
pub fn set_number(text: &str, low: f64, high: f64, set: impl FnOnce(f64)) -> Result<(), String> {
    match text.trim().parse::<f64>() {
        Ok(n) if (low..=high).contains(&n) => {
            set(n);
            Ok(())
        }
        _ => Err(format!("takes a number from {low} to {high}")),
    }
}

fn wrap(at: usize, by: i32, len: usize) -> usize {
    (at as i64 + i64::from(by)).rem_euclid(len as i64) as usize
}

fn cycle(options: &[&str], now: &str, by: i32) -> String {
    let at = options.iter().position(|o| *o == now).unwrap_or(0);
    options[wrap(at, by, options.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_takes_back_what_it_shows() {
        for setting in SETTINGS {
            let mut draft = Draft::default();
            let shown = (setting.show)(&draft);
            (setting.set)(&mut draft, &shown).unwrap_or_else(|e| panic!("{}: {e}", setting.name));
            assert_eq!((setting.show)(&draft).replace(" kept", ""), shown, "{}", setting.name);
        }
    }

    #[test]
    fn steps_stay_in_their_range() {
        for setting in SETTINGS {
            let mut draft = Draft { subjects: vec!["a fox".into()], ..Draft::default() };
            (0..300).for_each(|_| (setting.step)(&mut draft, -1));
            assert_eq!(draft.freeze("1").check(), Ok(()), "{} stepped down", setting.name);
            (0..3000).for_each(|_| (setting.step)(&mut draft, 1));
            assert_eq!(draft.freeze("1").check(), Ok(()), "{} stepped up", setting.name);
        }
    }

    #[test]
    fn nonsense_is_refused_with_words() {
        let mut draft = Draft::default();
        let named = |name: &str| SETTINGS.iter().find(|s| s.name == name).unwrap();
        for (name, text) in
            [("steps", "0"), ("size", "big"), ("seed", "-1"), ("guidance", "NaN"), ("adain", "z")]
        {
            assert!((named(name).set)(&mut draft, text).is_err(), "{name} = {text}");
        }
    }
}
