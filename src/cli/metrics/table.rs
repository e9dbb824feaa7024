//! The numbers for people.

use super::compare::Difference;
use super::sets::Set;
use crate::cli::output::Output;
use crate::metrics::{Measure, SetScores};
use crate::util::text::sanitise;

/// Colours of the matrix from far to near, of the 256 that terminals have.
const HEAT: [u8; 8] = [17, 18, 24, 30, 65, 101, 137, 172];

/// Prints what a set comes to.
pub fn print(set: &Set, scores: &SetScores, out: &Output) {
    let kind = match set.is_aligned() {
        Some(true) => ", aligned",
        Some(false) => ", plain",
        None => "",
    };
    out.line(&format!("{}{kind}", set.name));
    let (clip, style) = (judge(&scores.clip.name), judge(&scores.style.name));
    out.line(&format!("{:30}{clip:>16}{style:>20}{clip:>18}", ""));
    out.line(&row("", &["object", "prompt", "set", "reference", "leakage"].map(str::to_owned)));
    for (i, (label, panel)) in set.labels().iter().zip(&scores.panels).enumerate() {
        let values = [panel.object, panel.prompt, panel.set, panel.reference, panel.leakage];
        let mark = if scores.outlier == Some(i) { " < farthest from the others" } else { "" };
        out.line(&format!("{}{mark}", row(label, &values.map(number))));
    }
    let all = [scores.object, scores.prompt, scores.set, scores.reference, scores.leakage];
    out.line(&row("mean", &all.map(|m| number(m.map(|m| m.mean)))));
    out.line(&row("std", &all.map(|m| number(m.map(|m| m.std)))));
    out.line(&row("n", &all.map(|m| m.map_or("-".into(), |m| m.n.to_string()))));
    let more = [
        ("set without the reference", &style, scores.without_reference),
        ("diversity, one less the cosine of pictures", &clip, scores.diversity),
    ];
    for (name, judge, measure) in more {
        out.line(&format!("{name} ({judge}): {}", words(measure)));
    }
    if let Some(weighted) = scores.weighted_similarity() {
        let each = scores.references.iter().map(|(w, near)| format!("{near:.3} at {w:.2}"));
        let each = each.collect::<Vec<_>>().join(", ");
        out.line(&format!("weighted likeness to the references ({style}): {weighted:.3} ({each})"));
    }
}

/// Prints how an aligned set differs from the plain one.
pub fn print_difference(difference: &Difference, plain: &Set, scores: &SetScores, out: &Output) {
    let (clip, style) = (judge(&scores.clip.name), judge(&scores.style.name));
    out.line(&format!("against {}, the same noise without alignment, a panel:", plain.name));
    for (name, judge, measure) in [
        ("object", &clip, difference.object),
        ("prompt", &clip, difference.prompt),
        ("set", &style, difference.set),
        ("reference", &style, difference.reference),
        ("leakage", &clip, difference.leakage),
    ] {
        let words =
            measure.map_or("-".into(), |m| format!("{:+.3} ± {:.3} ({})", m.mean, m.std, m.n));
        out.line(&format!("  {name:<10}{words} ({judge})"));
    }
}

/// Draws the cosine of each pair, in colours where they would be seen.
pub fn matrix(scores: &SetScores, out: &Output) {
    if scores.pairs.len() < 2 {
        return;
    }
    let style = judge(&scores.style.name);
    out.line(&format!("cosine of style of each pair ({style}):"));
    let head: String = (1..=scores.pairs.len()).map(|n| format!("{n:>7}")).collect();
    out.line(&format!("   {head}"));
    for (n, values) in (1..).zip(&scores.pairs) {
        let plain: String = values.iter().map(|value| format!("{value:>7.3}")).collect();
        if out.shows_colours() {
            let cells: String = values.iter().map(|value| cell(*value)).collect();
            out.verbatim(format!("{n:>3}{cells}\x1b[0m\n").as_bytes());
        } else {
            out.line(&format!("{n:>3}{plain}"));
        }
    }
}

/// A number on a ground that says the same.
fn cell(value: f64) -> String {
    let place = (value.clamp(0.0, 1.0) * HEAT.len() as f64) as usize;
    let ground = HEAT.get(place.min(HEAT.len() - 1)).copied().unwrap_or_default();
    format!("\x1b[38;5;231;48;5;{ground}m{value:>6.3} ")
}

fn row(label: &str, values: &[String; 5]) -> String {
    let [object, prompt, set, reference, leakage] = values;
    let pad = 30usize.saturating_sub(unicode_width::UnicodeWidthStr::width(label));
    let label = format!("{label}{}", " ".repeat(pad));
    format!("{label}{object:>8}{prompt:>8}{set:>10}{reference:>10}{leakage:>18}")
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.3}"))
}

fn words(measure: Option<Measure>) -> String {
    measure.map_or("-".into(), |m| format!("{:.3} ± {:.3} ({})", m.mean, m.std, m.n))
}

/// A judge's name, short enough for its columns.
fn judge(name: &str) -> String {
    let name = sanitise(name);
    let name = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&name).to_owned();
    let long = name.chars().count().saturating_sub(16);
    name.chars().skip(long).collect()
}
