//! Pictures larger than the model paints.

use super::kind::{Kind, Number};
use super::{Need, Setting};
use crate::recipe::{Draft, MAX_SIDE, Panorama, Size};

/// Pictures larger than the model paints.
pub const PANORAMA: &[Setting] = &[
    Setting {
        name: "panorama",
        option: "panorama",
        help: "Paint this size, as 1024x256, through windows of the set's size; or off",
        needs: Need::Nothing,
        kind: Kind::Own {
            show: |d, _| d.panorama.map_or("off".into(), |panorama| panorama.size.to_string()),
            step: step_width,
            put: |d, _, text| {
                if matches!(text, "" | "off" | "none") {
                    d.panorama = None;
                    return Ok(());
                }
                let size = Size::parse(text)
                    .map_err(|_| "a panorama is written like 1024x256, or off".to_owned())?;
                size.check().map_err(|error| error.to_string())?;
                if size.width < d.size.width || size.height < d.size.height {
                    return Err(format!("a panorama is no smaller than the size, {}", d.size));
                }
                widen(d, size);
                Ok(())
            },
        },
    },
    Setting {
        name: "stride",
        option: "stride",
        help: "Pixels from window to window: fewer cost more and hide the windows better",
        needs: Need::Panorama,
        kind: Kind::Number(Number {
            get: |d, _| d.panorama.map(|panorama| f64::from(panorama.stride)),
            put: |d, _, n| change(d, |panorama| panorama.stride = n.unwrap_or(64.0) as u32),
            unset: None,
            range: (8.0, MAX_SIDE as f64),
            by: 8.0,
            decimals: None,
            row: (32.0, 128.0),
        }),
    },
    Setting {
        name: "wrap",
        option: "wrap",
        help: "Let the right edge go on at the left one",
        needs: Need::Panorama,
        kind: Kind::Flag {
            get: |d, _| d.panorama.is_some_and(|panorama| panorama.wrap),
            put: |d, _, on| change(d, |panorama| panorama.wrap = on),
        },
    },
    Setting {
        name: "along",
        option: "along",
        help: "References lend one after another from left to right, and pass over into each other",
        needs: Need::Panorama,
        kind: Kind::Flag {
            get: |d, _| d.panorama.is_some_and(|panorama| panorama.along),
            put: |d, _, on| change(d, |panorama| panorama.along = on),
        },
    },
];

/// What is set already stays.
fn widen(draft: &mut Draft, size: Size) {
    let before = draft.panorama;
    let usual = Panorama::new(size, draft.size);
    draft.panorama = Some(before.map_or(usual, |panorama| Panorama { size, ..panorama }));
}

/// Wider and narrower by half a window; as narrow as one, it is off.
fn step_width(draft: &mut Draft, _: usize, by: i32) {
    let window = draft.size;
    let now = draft.panorama.map_or(window, |panorama| panorama.size);
    let width = i64::from(now.width) + i64::from(window.width / 2) * i64::from(by);
    let height = now.height.max(window.height);
    if width <= i64::from(window.width) && height == window.height {
        draft.panorama = None;
        return;
    }
    // Four windows are a panorama, and eight are still painted in a day.
    let widest = i64::from(MAX_SIDE.min(window.width.saturating_mul(8)));
    let width = width.clamp(i64::from(window.width), widest.max(i64::from(window.width))) as u32;
    widen(draft, Size { width, height });
}

fn change(draft: &mut Draft, change: impl FnOnce(&mut Panorama)) {
    if let Some(panorama) = &mut draft.panorama {
        change(panorama);
    }
}
