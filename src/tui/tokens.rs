//! What the model reads of the prompts on the board, and what falls off their ends.

use super::errands::Errand;
use super::lookups::Tokens;
use super::popup::Popup;
use super::state::State;
use super::update::Effect;
use crate::prompt;
use crate::studio::{Level, Note};

/// Has the prompts on the board looked over.
pub fn look_over(state: &State) -> Option<Effect> {
    let recipe = prompt::freeze(&state.draft, &state.lists, env!("CARGO_PKG_VERSION")).ok()?;
    let prompts = recipe.prompts();
    Some(Effect::Errand(Errand::Tokens(recipe.model.name, prompts)))
}

/// Takes what the model reads: it is shown where it was asked for, and what falls off
/// is told.
pub fn found(state: &mut State, prompts: &[String], tokens: Result<Vec<Tokens>, String>) {
    let before = state.cut.len();
    // What is not known is told by the view that asks for it.
    let read = tokens.iter().flatten();
    let cut = |tokens: &Tokens| tokens.iter().find_map(|view| view.cut.clone());
    state.cut = prompts.iter().zip(read).filter_map(|(p, t)| Some((p.clone(), cut(t)?))).collect();
    if let Some(Popup::Expanded(shown)) = state.popups.last_mut() {
        if shown.prompts == prompts {
            shown.tokens = Some(tokens);
        }
    } else if state.cut.len() > before {
        let many = match state.cut.len() {
            1 => "1 prompt is".to_owned(),
            n => format!("{n} prompts are"),
        };
        let text = format!("{many} longer than the model reads; x shows what falls off");
        state.say(Note::new(Level::Info, text));
    }
}
