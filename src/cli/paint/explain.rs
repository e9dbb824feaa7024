//! What `--explain` says: the schedule, and what style alignment did.

use serde_json::{Value, json};

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::engine::explain::{Cell, DROWNED, Outline, Seen, Table};
use crate::models::ModelFolder;
use crate::recipe::Recipe;

/// Cells of a bar that stands for all attention.
const BAR: usize = 30;

/// Says what was seen; for programs every layer in every step.
///
/// # Errors
/// When the model's configurations cannot be read.
pub fn tell(
    model: &ModelFolder,
    recipe: &Recipe,
    seen: &[Seen],
    out: &Output,
) -> Result<Value, CliError> {
    let outline = Outline::of(model, recipe)?;
    let mut table = Table::new(&outline);
    table.add(seen);
    if !out.is_json() {
        print(&outline, &table, out);
    }
    let steps = outline.timesteps.iter().zip(&outline.noise).zip(&outline.window);
    let schedule: Vec<_> = steps
        .map(|((t, noise), window)| json!({ "timestep": t, "noise": noise, "window": window }))
        .collect();
    let shares = table.whole().map(|cell| cell.shares);
    Ok(json!({ "schedule": schedule, "shares": shares, "attention": seen }))
}

/// For people: a line for each step, then one for each block.
fn print(outline: &Outline, table: &Table, out: &Output) {
    out.say("step  timestep  noise  attention to what lends the style");
    for (i, (timestep, noise)) in outline.timesteps.iter().zip(&outline.noise).enumerate() {
        let share = table.of_step(i).map_or(String::new(), |cell| {
            let share = cell.share();
            format!("{share:.2} {}", bar(share))
        });
        out.say(&format!("{:4}  {timestep:8.0}  {noise:5.2}  {share}", i + 1));
    }
    let Some(whole) = table.whole() else {
        out.say("no panel takes its style from another");
        return;
    };
    let width = table.blocks.iter().map(|block| block.name.len()).max().unwrap_or_default();
    out.say(&format!("{:width$}  layers  attention  queries, keys away: before, behind AdaIN", ""));
    for (block, of) in table.blocks.iter().zip(&outline.blocks) {
        let name = &block.name;
        let layers = of.shared.iter().filter(|shares| **shares).count();
        match block.whole() {
            Some(cell) => out.say(&format!(
                "{name:width$}  {layers:6}  {:9.2}  {}",
                cell.share(),
                away(&cell)
            )),
            None => out.say(&format!("{name:width$}  {layers:6}          -")),
        }
    }
    if let [_, _, ..] = whole.shares.as_slice() {
        let each = whole.shares.iter().enumerate();
        let each: Vec<_> = each.map(|(i, s)| format!("{}: {s:.2}", i + 1)).collect();
        out.say(&format!("attention to each reference: {}", each.join(", ")));
    }
    if whole.share() > DROWNED {
        out.say("the reference gets nearly all attention; --score-scale 0.8 or --reference-weight 0.3 weaken it");
    }
}

/// How far means are, and by which factor deviations differ.
fn away(cell: &Cell) -> String {
    let pair = |(mean, spread): (f64, f64)| format!("{mean:.2} x{spread:.2}");
    let [before, behind] = [&cell.before, &cell.behind].map(|of| [pair(of[0]), pair(of[1])]);
    format!("{}, {}", before.join(" "), behind.join(" "))
}

fn bar(share: f64) -> String {
    "█".repeat((share * BAR as f64).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_shares() {
        assert_eq!((bar(0.0).chars().count(), bar(0.5).chars().count()), (0, BAR / 2));
    }

    #[test]
    fn distances_are_said_before_and_behind() {
        let cell = Cell {
            before: [(0.5, 2.0), (1.0, 1.5), (0.0, 1.0)],
            behind: [(0.0, 1.0); 3],
            ..Cell::default()
        };
        assert_eq!(away(&cell), "0.50 x2.00 1.00 x1.50, 0.00 x1.00 0.00 x1.00");
    }
}
