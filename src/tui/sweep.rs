//! A row of sets that differ in one value, with the same noise.

use super::board::{frozen, next_seed, save};
use super::field::{Field, Target};
use super::finder::{Spot, split};
use super::settings;
use super::state::{Pane, State};
use super::update::Effect;
use crate::recipe::{Axis, Recipe, Style};
use crate::studio::{Command, Level, Note};

/// Paints a row over the usual values of the setting under the cursor.
pub fn row(state: &mut State) -> Vec<Effect> {
    let Some(spot) = spot(state) else { return Vec::new() };
    paint(state, spot, &spot.setting.kind.row()).unwrap_or_else(|words| {
        state.say(Note::new(Level::Warning, words));
        Vec::new()
    })
}

/// Begins typing the values of a row.
pub fn ask(state: &mut State) {
    if let Some(spot) = spot(state) {
        let field = Field::new(Target::Row, &spot.setting.kind.row_text(), false);
        state.field = Some(field.selected_whole());
    }
}

/// Takes the values that were typed; what cannot be stays in the field.
pub fn take(state: &mut State, mut field: Field, accepted: bool) -> Vec<Effect> {
    let Some(here) = spot(state).filter(|_| accepted) else { return Vec::new() };
    let text = field.text();
    // Another setting may be named before its values.
    let named = split(state, text.trim()).filter(|(_, values)| !values.is_empty());
    let (spot, list) = named.unwrap_or((here, &text));
    let painted = values(list).and_then(|values| paint(state, spot, &values));
    painted.unwrap_or_else(|words| {
        state.say(Note::new(Level::Warning, words.clone()));
        field.fault = Some(words);
        state.field = Some(field);
        Vec::new()
    })
}

/// `0..2:5`, `up, style`, or `q,k; q,k,v` where values hold commas.
fn values(text: &str) -> Result<Vec<String>, String> {
    if text.contains(';') {
        return Ok(text.split(';').map(|value| value.trim().to_owned()).collect());
    }
    let values = Axis::values(text).ok().filter(|values| values.len() > 1);
    values.ok_or_else(|| "write 0..2:5, or values: all, up, style".into())
}

/// The setting under the cursor; elsewhere on the board, the weight.
pub fn spot(state: &State) -> Option<Spot> {
    let on_one = matches!(state.board.pane, Pane::Settings | Pane::Guides | Pane::Guide);
    if on_one && let Some(spot) = Spot::here(state) {
        return Some(spot);
    }
    let (number, setting) = settings::all().find(|(_, setting)| setting.name == "weight")?;
    Some(Spot { guide: None, number, setting })
}

/// A recipe without what it does not use.
fn paints(recipe: &Recipe) -> Recipe {
    let mut recipe = recipe.clone();
    if recipe.style.is_plain() {
        recipe.style = Style::none();
    }
    recipe
}

/// Asks for a set at each value.
fn paint(state: &mut State, spot: Spot, values: &[String]) -> Result<Vec<Effect>, String> {
    let name = spot.name();
    if values.len() < 2 {
        return Err(format!("{name} has no usual values for a row; W takes yours"));
    }
    let mut cells: Vec<(String, Recipe)> = Vec::new();
    for value in values {
        let mut draft = state.draft.clone();
        let set = spot.setting.set(&mut draft, spot.at(), value);
        set.map_err(|error| format!("{name} at {value}: {error}"))?;
        let recipe =
            frozen(state, &draft).map_err(|error| format!("{name} at {value}: {error}"))?;
        cells.push((value.clone(), recipe));
    }
    if cells.windows(2).all(|two| paints(&two[0].1) == paints(&two[1].1)) {
        let plain = if state.draft.style.is_plain() { ": alignment is off" } else { "" };
        return Err(format!("{name} changes nothing here{plain}"));
    }
    let words = format!("{} sets over {name}, the same noise; 3 shows them in a row", cells.len());
    state.say(Note::new(Level::Info, words));
    // Compare takes this row as soon as it is begun.
    (state.compare.left, state.compare.right, state.compare.row) = (None, None, None);
    let mut effects = vec![Effect::Studio(Command::PaintRow { name, cells })];
    if !state.draft.seed_locked {
        state.draft.seed = next_seed(state.draft.seed);
        effects.push(save(state));
    }
    Ok(effects)
}
