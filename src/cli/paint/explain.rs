//! What `--explain` says: the schedule, and what style alignment did.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::output::Output;
use crate::engine::Plan;
use crate::engine::explain::Seen;

/// Cells of a bar that stands for all attention.
const BAR: usize = 30;
/// A share from which on a reference drowns the panel's own picture.
const DROWNED: f64 = 0.8;

/// For programs: every layer in every step.
pub fn document(plan: &Plan, seen: &[Seen]) -> Value {
    let steps = plan.timesteps.iter().zip(&plan.noise);
    let schedule: Vec<_> =
        steps.map(|(t, noise)| json!({ "timestep": t, "noise": noise })).collect();
    json!({ "schedule": schedule, "attention": seen })
}

/// For people: a line for each step, then one for each block.
pub fn print(plan: &Plan, seen: &[Seen], out: &Output) {
    let shares = by(seen, |s| s.step);
    out.say("step  timestep  noise  attention to what lends the style");
    for (i, (timestep, noise)) in plan.timesteps.iter().zip(&plan.noise).enumerate() {
        let share = shares.get(&i).map_or(String::new(), |layers| {
            let share = mean(layers, share);
            format!("{share:.2} {}", bar(share))
        });
        out.say(&format!("{:4}  {timestep:8.0}  {noise:5.2}  {share}", i + 1));
    }
    if seen.is_empty() {
        out.say("no panel takes its style from another");
        return;
    }
    let blocks = by(seen, |s| block(&s.module).to_owned());
    let width = blocks.keys().map(String::len).max().unwrap_or_default();
    out.say(&format!("{:width$}  layers  attention  queries, keys away: before, behind AdaIN", ""));
    for (name, layers) in &blocks {
        let numbers: std::collections::BTreeSet<_> = layers.iter().map(|s| s.layer).collect();
        let away = |of: fn(&Seen) -> f64| mean(layers, of);
        out.say(&format!(
            "{name:width$}  {:6}  {:9.2}  {:.2} {:.2}, {:.2} {:.2}",
            numbers.len(),
            away(share),
            away(|s| f64::from(s.away[0])),
            away(|s| f64::from(s.away[1])),
            away(|s| f64::from(s.left[0])),
            away(|s| f64::from(s.left[1])),
        ));
    }
    let all: Vec<&Seen> = seen.iter().collect();
    if mean(&all, share) > DROWNED {
        out.say("the reference gets nearly all attention; --score-scale 0.8 or --reference-weight 0.3 weaken it");
    }
}

/// The block that a layer is in: `down_blocks.1.attentions.0`.
fn block(module: &str) -> &str {
    module.split_once(".transformer_blocks").map_or(module, |(block, _)| block)
}

/// What all references get together.
fn share(seen: &Seen) -> f64 {
    seen.shares.iter().map(|share| f64::from(*share)).sum()
}

fn mean(seen: &[&Seen], of: fn(&Seen) -> f64) -> f64 {
    seen.iter().map(|seen| of(seen)).sum::<f64>() / seen.len().max(1) as f64
}

fn by<K: Ord>(seen: &[Seen], key: impl Fn(&Seen) -> K) -> BTreeMap<K, Vec<&Seen>> {
    let mut groups: BTreeMap<K, Vec<&Seen>> = BTreeMap::new();
    for one in seen {
        groups.entry(key(one)).or_default().push(one);
    }
    groups
}

fn bar(share: f64) -> String {
    "█".repeat((share * BAR as f64).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_belong_to_blocks() {
        let module = "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1";
        assert_eq!(block(module), "unet.down_blocks.1.attentions.0");
        assert_eq!(block("x"), "x");
    }

    #[test]
    fn bars_are_as_long_as_shares() {
        assert_eq!((bar(0.0).chars().count(), bar(0.5).chars().count()), (0, BAR / 2));
    }
}
