//! The table of the arms.

use serde::Serialize;

use super::arms::{ARMS, Arm};
use super::paint::Done;
use super::record::{Protocol, Record};
use super::sets::PromptSet;
use crate::metrics::Measure;
use crate::util::text::{bytes, sanitise};

/// One arm over all sets: mean and deviation over the sets' means.
#[derive(Debug, Serialize)]
pub struct Row {
    pub arm: &'static str,
    pub about: &'static str,
    pub object: Option<Measure>,
    pub prompt: Option<Measure>,
    pub set: Option<Measure>,
    pub reference: Option<Measure>,
    pub leakage: Option<Measure>,
    /// Leakage less that of the same panel in the plain arm.
    pub leakage_over_plain: Option<Measure>,
    pub diversity: Option<Measure>,
    /// The same sets from the same noise: this arm less the plain and the aligned one.
    pub object_over_plain: Option<Measure>,
    pub set_over_plain: Option<Measure>,
    pub set_over_aligned: Option<Measure>,
    /// Seconds a picture.
    pub seconds: Option<Measure>,
    /// Most memory, in bytes.
    pub memory: Option<u64>,
    /// Sets whose first picture is that of the plain arm to the pixel, and all
    /// that can be compared; none where the arm may change it.
    pub first_kept: Option<(usize, usize)>,
}

impl Row {
    /// An arm over the sets that are done in it; `None` where none is.
    pub fn of(record: &Record, sets: &[PromptSet], arm: &'static Arm) -> Option<Self> {
        let [plain, aligned, ..] = &ARMS;
        let get = |(at, set): (usize, &PromptSet)| {
            Some((record.get(at, set, arm)?, record.get(at, set, plain)))
        };
        let done: Vec<(&Done, Option<&Done>)> = sets.iter().enumerate().filter_map(get).collect();
        let over = |value: fn(&Done) -> Option<f64>| {
            Measure::of(&done.iter().filter_map(|(done, _)| value(done)).collect::<Vec<_>>())
        };
        let leaks: Vec<f64> = done
            .iter()
            .filter_map(|(done, plain)| {
                let both = done.leaks.iter().zip(&(*plain)?.leaks);
                let more: Vec<f64> = both.filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
                Measure::of(&more).map(|measure| measure.mean)
            })
            .collect();
        let pairs: Vec<bool> =
            done.iter().filter_map(|(done, plain)| Some(done.first == (*plain)?.first)).collect();
        let kept = (pairs.iter().filter(|same| **same).count(), pairs.len());
        (!done.is_empty()).then(|| Self {
            arm: arm.name,
            about: arm.about,
            object: over(|done| done.object),
            prompt: over(|done| done.prompt),
            set: over(|done| done.set),
            reference: over(|done| done.reference),
            leakage: over(|done| done.leakage),
            leakage_over_plain: Measure::of(&leaks),
            diversity: over(|done| done.diversity),
            object_over_plain: against(record, sets, (arm, plain), |done| done.object),
            set_over_plain: against(record, sets, (arm, plain), |done| done.set),
            set_over_aligned: against(record, sets, (arm, aligned), |done| done.set),
            seconds: over(|done| Some(done.seconds)),
            memory: done.iter().filter_map(|(done, _)| done.memory).max(),
            first_kept: arm.keeps_first.then_some(kept),
        })
    }
}

/// Differences between two arms, set by set; none of an arm against itself.
fn against(
    record: &Record,
    sets: &[PromptSet],
    (arm, other): (&Arm, &Arm),
    value: fn(&Done) -> Option<f64>,
) -> Option<Measure> {
    if arm.name == other.name {
        return None;
    }
    let of = |at, set, arm| record.get(at, set, arm).and_then(value);
    let less = sets
        .iter()
        .enumerate()
        .filter_map(|(at, set)| Some(of(at, set, arm)? - of(at, set, other)?));
    Measure::of(&less.collect::<Vec<_>>())
}

/// The report for people.
pub fn markdown(protocol: &Protocol, rows: &[Row]) -> String {
    let Protocol { model, clip, style, device, engine, steps, size, guidance, seed, .. } = protocol;
    let [model, clip, style] = [model, &clip.name, &style.name].map(|name| sanitise(name));
    let sets = rows.iter().filter_map(|row| row.seconds).map(|m| m.n).max().unwrap_or(0);
    let mut text = format!(
        "# Style alignment with {model}\n\n{sets} sets, {}x{}, {steps} steps, guidance \
         {guidance}, seeds from {seed}, {device}, predella {engine}. Mean ± deviation over the \
         sets' means (number of sets). Object, prompt, leakage and diversity by {clip}, set and \
         reference by {style}; other judges give other numbers.\n\n\
         | arm | object | prompt | set | reference | leakage | over plain | diversity | s a picture | memory | first picture kept |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        size.width, size.height
    );
    for row in rows {
        let cells = [
            row.object,
            row.prompt,
            row.set,
            row.reference,
            row.leakage,
            row.leakage_over_plain,
            row.diversity,
            row.seconds,
        ];
        let cells = cells.map(|measure| {
            measure.map_or("-".into(), |m| format!("{:.3} ± {:.3} ({})", m.mean, m.std, m.n))
        });
        let memory = row.memory.map_or("-".into(), bytes);
        let kept = match row.first_kept {
            Some((kept, all)) => format!("{kept} of {all}"),
            None => "may change".to_owned(),
        };
        text += &format!("| {} | {} | {memory} | {kept} |\n", row.arm, cells.join(" | "));
    }
    text + &differences(rows) + &abouts(rows)
}

/// Every arm against the plain and the aligned one.
fn differences(rows: &[Row]) -> String {
    let mut text =
        "\nThe same sets from the same noise, one less the other: mean ± standard error \
                    of the mean (number of sets).\n\n\
                    | arm | object, over plain | set, over plain | set, over aligned |\n\
                    | --- | --- | --- | --- |\n"
            .to_owned();
    for row in rows {
        let cells = [row.object_over_plain, row.set_over_plain, row.set_over_aligned];
        let cells = cells.map(|measure| {
            measure.map_or("-".into(), |m| format!("{:+.4} ± {:.4} ({})", m.mean, m.error(), m.n))
        });
        text += &format!("| {} | {} |\n", row.arm, cells.join(" | "));
    }
    text
}

fn abouts(rows: &[Row]) -> String {
    let line = |row: &Row| format!("- {}: {}\n", row.arm, row.about);
    format!("\n{}", rows.iter().map(line).collect::<String>())
}
