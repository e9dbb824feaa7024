//! Actions of compare.

use super::action::Action;
use super::state::State;
use super::update::Effect;
use crate::studio::Run;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Flip => {
            state.compare.flipped = match state.compare.flipped {
                None => Some(true),
                Some(true) => Some(false),
                Some(false) => None,
            };
        }
        Action::Difference => state.compare.difference = !state.compare.difference,
        Action::NextPair => step(state, 1),
        Action::PreviousPair => step(state, -1),
        _ => {}
    }
    Vec::new()
}

/// Moves both sides to their sets' next panels.
pub fn step(state: &mut State, by: isize) {
    let moved = |image: &Option<String>| {
        let (run, panel) = state.history.find(image.as_deref()?)?;
        let run = &state.history.runs[run];
        let to = panel.checked_add_signed(by)?;
        run.panels.get(to).filter(|p| p.is_shown())?.image.clone()
    };
    if let (Some(left), Some(right)) = (moved(&state.compare.left), moved(&state.compare.right)) {
        (state.compare.left, state.compare.right) = (Some(left), Some(right));
    }
}

/// Chooses the first panels, behind the anchor, of the last two runs that
/// painted the same set.
pub fn latest_pair(state: &mut State) {
    let runs = &state.history.runs;
    let same = |a: &Run, b: &Run| a.recipe.panels == b.recipe.panels && a.id != b.id;
    let pair = runs.iter().rev().find_map(|b| {
        let a = runs.iter().rev().find(|a| a.id != b.id && same(a, b))?;
        let shown = |run: &Run| {
            let last = run.panels.len().saturating_sub(1);
            run.panels.get(1.min(last)).filter(|p| p.is_shown()).and_then(|p| p.image.clone())
        };
        Some((shown(a)?, shown(b)?))
    });
    if let Some((left, right)) = pair {
        (state.compare.left, state.compare.right) = (Some(left), Some(right));
    }
}
