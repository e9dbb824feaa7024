//! What is seen, in words.

use super::Sheet;
use crate::engine::explain::{Block, Cell, DROWNED, Table};
use crate::recipe::Recipe;
use crate::tui::explain::{Explained, Of};
use crate::tui::guides::file_name;
use crate::tui::state::State;
use unicode_width::UnicodeWidthStr;

/// What the map's signs mean, and the numbers behind it where there is room.
pub fn legend(width: usize, says_numbers: bool) -> String {
    let signs = match says_numbers {
        true => "numbers: % of the attention, n: shades  · shared, not measured",
        false => "░▒▓█ from 0, 15, 40, 65 % on, n: numbers  · shared, not measured",
    };
    let numbers = "means: apart, in deviations  spread: factor";
    let both = format!("{signs}   {numbers}");
    if both.width() <= width { both } else { signs.to_owned() }
}

/// Whose alignment it is.
pub fn title(state: &State, seen: &Explained) -> String {
    let whose = match &seen.of {
        _ if state.is_explained_now(&seen.of) => "being painted",
        Of::Latest => "painted last",
        Of::Run(_) => "this set",
        Of::Draft => "on the board",
    };
    let other = match seen.of {
        Of::Draft => "tab: painted",
        _ => "tab: the board",
    };
    format!("What alignment does · {whose} · hjkl look · {other}")
}

/// While steps and blocks are not known.
pub fn unknown(seen: &Explained) -> String {
    match (&seen.recipe, &seen.outline) {
        (None, _) => "There is no set to explain yet: o on the board adds a subject.".into(),
        (Some(_), Some(Err(why))) => why.clone(),
        _ => "…".into(),
    }
}

/// `down_blocks.1.attentions.0` as `down 1.0`.
pub fn short(module: &str) -> String {
    let mut parts = module.split('.');
    let way = parts.next().and_then(|way| way.split('_').next()).unwrap_or(module);
    let numbers: Vec<&str> = parts.filter(|part| part.parse::<u32>().is_ok()).collect();
    match way {
        "mid" => "middle".into(),
        way => format!("{way} {}", numbers.join(".")),
    }
}

/// The one line that says what is seen, and whether it is a warning.
pub fn sentence(sheet: &Sheet, width: usize) -> (String, bool) {
    let Some(recipe) = sheet.seen.recipe.as_deref() else { return (String::new(), false) };
    if !sheet.outline.blocks.iter().any(|block| block.shared.contains(&true)) {
        return ("This set is plain: each picture looks at itself alone.".into(), false);
    }
    if sheet.is_alone() {
        let text = match recipe.panels.len() {
            0 => "There is no subject yet; o on the board adds one.",
            _ => "One picture alone has no other to look at.",
        };
        return (text.into(), false);
    }
    let Some((table, whole)) = sheet.table.as_deref().and_then(|t| Some((t, t.whole()?))) else {
        return (unmeasured(sheet), false);
    };
    let too_much = whole.share() > DROWNED;
    let mut text =
        format!("{} of the panels' attention goes to {}", percent(whole.share()), lends(recipe));
    let more = match too_much {
        true => vec![": too much; less weight helps".to_owned(), partly(sheet, table)],
        false => vec![partly(sheet, table), most(table), least(table)],
    };
    for part in more {
        if text.width() + part.width() < width {
            text.push_str(&part);
        }
    }
    (format!("{text}."), too_much)
}

/// How many steps were measured, where not all were.
fn partly(sheet: &Sheet, table: &Table) -> String {
    let all = sheet.outline.window.iter().filter(|part| **part > 0.0).count();
    let steps = 0..sheet.outline.timesteps.len();
    let measured = steps.filter(|step| table.of_step(*step).is_some()).count();
    if measured >= all || sheet.state.is_explained_now(&sheet.seen.of) {
        return String::new();
    }
    format!(", measured in {measured} of {all} steps")
}

fn unmeasured(sheet: &Sheet) -> String {
    match &sheet.seen.of {
        of if sheet.state.is_explained_now(of) => "Measured from the next step on.".into(),
        Of::Draft => "Dots: where the panels will look at what lends its style.".into(),
        _ => "Nothing was measured: a set is while this is open, as it is painted.".into(),
    }
}

fn most(table: &Table) -> String {
    ends(table).map_or(String::new(), |(_, most)| format!(", most in {}", short(&most.name)))
}

fn least(table: &Table) -> String {
    ends(table).map_or(String::new(), |(least, _)| format!(", least in {}", short(&least.name)))
}

/// The blocks that look least and most.
fn ends(table: &Table) -> Option<(&Block, &Block)> {
    let mut blocks: Vec<(f64, &Block)> =
        table.blocks.iter().filter_map(|block| Some((block.whole()?.share(), block))).collect();
    blocks.sort_by(|a, b| a.0.total_cmp(&b.0));
    match blocks.as_slice() {
        [(_, least), .., (_, most)] => Some((least, most)),
        _ => None,
    }
}

/// What lends the style.
fn lends(recipe: &Recipe) -> String {
    match recipe.anchor.references() {
        [] => "the first picture".into(),
        [one] => file_name(&one.picture).to_owned(),
        several => format!("{} references", several.len()),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn cell<'a>(sheet: &'a Sheet) -> Option<&'a Cell> {
    sheet.block(sheet.seen.block)?.cells.get(sheet.seen.step)?.as_ref()
}

/// What is under the cursor.
pub fn here(sheet: &Sheet) -> String {
    let Some(block) = sheet.outline.blocks.get(sheet.seen.block) else { return String::new() };
    let steps = sheet.outline.timesteps.len();
    let place = format!("step {} of {steps}, {}", sheet.seen.step + 1, short(&block.name));
    let on = block.shared.iter().filter(|shares| **shares).count();
    let layers = match block.shared.len() {
        1 => String::new(),
        all => format!("; {on} of {all} layers share"),
    };
    let window = sheet.outline.window.get(sheet.seen.step).copied().unwrap_or_default();
    let Some(recipe) = sheet.seen.recipe.as_deref() else { return place };
    let Some(cell) = cell(sheet) else {
        return match window > 0.0 && on > 0 && !sheet.is_alone() {
            true => format!("{place}: shares{layers}"),
            false => format!("{place}: nothing is shared"),
        };
    };
    let names: Vec<&str> =
        recipe.anchor.references().iter().map(|r| file_name(&r.picture)).collect();
    let each = match cell.shares.as_slice() {
        [_] | [] => String::new(),
        shares => {
            let name = |i: usize| names.get(i).copied().unwrap_or("blend");
            let each = shares.iter().enumerate();
            let each: Vec<_> = each.map(|(i, s)| format!("{} {}", name(i), percent(*s))).collect();
            format!(": {}", each.join(", "))
        }
    };
    format!("{place}: {} to {}{each}{layers}", percent(cell.share()), lends(recipe))
}

/// What AdaIN did there.
pub fn moved(sheet: &Sheet, width: usize) -> String {
    let Some(cell) = cell(sheet) else { return String::new() };
    let pair = |at: usize| {
        let ((mean, spread), (to_mean, to_spread)) = (cell.before[at], cell.behind[at]);
        format!("{mean:.2}→{to_mean:.2} ×{spread:.2}→{to_spread:.2}")
    };
    let texts = [("queries", 0), ("keys", 1), ("values", 2)];
    let texts = texts.map(|(name, at)| format!("{name} {}", pair(at)));
    let [whole, two] = [&texts[..], &texts[..2]].map(|some| format!("AdaIN: {}", some.join("  ")));
    if whole.width() <= width { whole } else { two }
}

/// The schedule at the cursor.
pub fn step(sheet: &Sheet) -> String {
    let (step, outline) = (sheet.seen.step, sheet.outline);
    let at = |values: &[f64]| values.get(step).copied().unwrap_or_default();
    let noise = at(&outline.noise);
    let alpha = (1.0 - noise * noise).max(0.0);
    let sigma = noise / alpha.sqrt().max(1e-9);
    let guidance = sheet.seen.recipe.as_ref().map_or(1.0, |recipe| recipe.guidance_scale);
    format!(
        "timestep {:.0} · noise {noise:.2} (ᾱ {alpha:.2}, σ {sigma:.2}) · sharing {:.2} · guidance {guidance}",
        at(&outline.timesteps),
        at(&outline.window)
    )
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn blocks_have_short_names() {
        assert_eq!(short("down_blocks.1.attentions.0"), "down 1.0");
        assert_eq!(short("mid_block.attentions.0"), "middle");
        assert_eq!(short("up_blocks.3.attentions.2"), "up 3.2");
    }
}
