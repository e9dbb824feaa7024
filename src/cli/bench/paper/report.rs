//! The table of the arms.

use serde::Serialize;

use super::arms::{ARMS, Arm, Mode};
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
    pub diversity: Option<Measure>,
    /// The same sets from the same noise: this arm less the plain one.
    pub over_plain: Over,
    /// The same less the arm that aligns as usual.
    pub over_usual: Over,
    /// Seconds a picture.
    pub seconds: Option<Measure>,
    /// Seconds of an inversion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inversion: Option<Measure>,
    /// Most memory, in bytes.
    pub memory: Option<u64>,
    /// Sets whose first picture is that of the plain arm to the pixel, and all
    /// that can be compared; none where the arm may change it.
    pub first_kept: Option<(usize, usize)>,
}

/// Differences between two arms, set by set; none of an arm against itself.
#[derive(Debug, Default, Serialize)]
pub struct Over {
    pub object: Option<Measure>,
    pub prompt: Option<Measure>,
    pub set: Option<Measure>,
    pub reference: Option<Measure>,
    pub leakage: Option<Measure>,
}

/// Sets that are done in an arm, each with what it is in another.
type Pairs<'a> = Vec<(&'a Done, Option<&'a Done>)>;

impl Row {
    /// An arm over the sets that are done in it; `None` where none is.
    pub fn of(record: &Record, sets: &[PromptSet], arm: &'static Arm) -> Option<Self> {
        let [plain, ..] = &ARMS;
        let plain = pairs(record, sets, arm, Some(plain));
        let usual = pairs(record, sets, arm, record.protocol.mode.usual());
        let over = |value: fn(&Done) -> Option<f64>| {
            Measure::of(&plain.iter().filter_map(|(done, _)| value(done)).collect::<Vec<_>>())
        };
        let first: Vec<bool> =
            plain.iter().filter_map(|(done, plain)| Some(done.first == (*plain)?.first)).collect();
        let kept = (first.iter().filter(|same| **same).count(), first.len());
        (!plain.is_empty()).then(|| Self {
            arm: arm.name,
            about: arm.about,
            object: over(|done| done.object),
            prompt: over(|done| done.prompt),
            set: over(|done| done.set),
            reference: over(|done| done.reference),
            leakage: over(|done| done.leakage),
            diversity: over(|done| done.diversity),
            over_plain: Over::of(&plain),
            over_usual: Over::of(&usual),
            seconds: over(|done| Some(done.seconds)),
            inversion: over(|done| done.inversion),
            memory: plain.iter().filter_map(|(done, _)| done.memory).max(),
            first_kept: arm.keeps_first.then_some(kept),
        })
    }
}

fn pairs<'a>(record: &'a Record, sets: &[PromptSet], arm: &Arm, other: Option<&Arm>) -> Pairs<'a> {
    let other = other.filter(|other| other.name != arm.name);
    let pair = |(at, set): (usize, &PromptSet)| {
        Some((record.get(at, set, arm)?, other.and_then(|other| record.get(at, set, other))))
    };
    sets.iter().enumerate().filter_map(pair).collect()
}

impl Over {
    fn of(pairs: &Pairs) -> Self {
        let less = |value: fn(&Done) -> Option<f64>| {
            let less = |(done, other): &(&Done, Option<&Done>)| {
                Some(value(done)? - other.and_then(value)?)
            };
            Measure::of(&pairs.iter().filter_map(less).collect::<Vec<_>>())
        };
        Self {
            object: less(|done| done.object),
            prompt: less(|done| done.prompt),
            set: less(|done| done.set),
            reference: less(|done| done.reference),
            leakage: less(|done| done.leakage),
        }
    }

    fn cells(&self) -> [Option<Measure>; 5] {
        [self.object, self.prompt, self.set, self.reference, self.leakage]
    }
}

/// The report for people.
pub fn markdown(protocol: &Protocol, rows: &[Row]) -> String {
    let usual = protocol.mode.usual().map_or("aligned", |arm| arm.name);
    head(protocol, rows)
        + &means(protocol.mode, rows)
        + &differences(rows, "plain", |row| &row.over_plain)
        + &differences(rows, usual, |row| &row.over_usual)
        + &abouts(rows)
}

fn head(protocol: &Protocol, rows: &[Row]) -> String {
    let Protocol { model, clip, style, device, engine, steps, size, guidance, seed, .. } = protocol;
    let [model, clip, style] = [model, &clip.name, &style.name].map(|name| sanitise(name));
    let sets = rows.iter().filter_map(|row| row.seconds).map(|m| m.n).max().unwrap_or(0);
    let lent = match (protocol.mode, protocol.unnamed) {
        (Mode::FirstPanel, _) => "",
        (Mode::Picture, false) => LENT,
        (Mode::Picture, true) => UNNAMED,
    };
    format!(
        "# Style alignment with {model}\n\n{sets} sets, {}x{}, {steps} steps, guidance \
         {guidance}, seeds from {seed}, {device}, predella {engine}. Mean ± deviation over the \
         sets' means (number of sets). Object, prompt, leakage and diversity by {clip}, set and \
         reference by {style}; other judges give other numbers.\n\n{lent}",
        size.width, size.height
    )
}

const LENT: &str = "Each set has a picture of its own that lends the style, and names its style in \
                    the prompts. The picture is laid down beside the set and not painted, so that \
                    no tile of its own is judged. Offsets are counted in these steps; those \
                    published are 0, 5 and 10 of 50.\n\n";
const UNNAMED: &str = "Each set has a picture of its own that lends the style; no prompt names the \
                       style, but the fit to the prompt is judged with it. The picture is laid down \
                       beside the set and not painted, so that no tile of its own is judged. \
                       Offsets are counted in these steps; those published are 0, 5 and 10 of 50.\n\n";

/// Every arm's means. What only one mode has stands last.
fn means(mode: Mode, rows: &[Row]) -> String {
    let last = match mode {
        Mode::FirstPanel => "first picture kept",
        Mode::Picture => "s an inversion",
    };
    let mut text = format!(
        "| arm | object | prompt | set | reference | leakage | diversity | s a picture | memory | {last} |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    let cell = |measure: Option<Measure>| {
        measure.map_or("-".into(), |m| format!("{:.3} ± {:.3} ({})", m.mean, m.std, m.n))
    };
    for row in rows {
        let cells = [row.object, row.prompt, row.set, row.reference, row.leakage, row.diversity];
        let cells = cells.map(cell).join(" | ");
        let last = match (mode, row.first_kept) {
            (Mode::Picture, _) => cell(row.inversion),
            (Mode::FirstPanel, Some((_, 0))) => "-".to_owned(),
            (Mode::FirstPanel, Some((kept, all))) => format!("{kept} of {all}"),
            (Mode::FirstPanel, None) => "may change".to_owned(),
        };
        let (seconds, memory) = (cell(row.seconds), row.memory.map_or("-".into(), bytes));
        text += &format!("| {} | {cells} | {seconds} | {memory} | {last} |\n", row.arm);
    }
    text
}

/// Every arm less another.
fn differences(rows: &[Row], other: &str, over: fn(&Row) -> &Over) -> String {
    let mut text = format!(
        "\nThe same sets from the same noise, less {other}: mean ± standard error of the mean \
         (number of sets).\n\n\
         | arm | object | prompt | set | reference | leakage |\n\
         | --- | --- | --- | --- | --- | --- |\n"
    );
    for row in rows.iter().filter(|row| row.arm != other) {
        let cells = over(row).cells().map(|measure| {
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
