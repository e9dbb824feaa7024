//! Actions of the models.

use super::action::Action;
use super::board::save;
use super::state::{State, View};
use super::update::Effect;
use crate::studio::Command;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(name) = state.models.get(state.model_cursor).map(|model| model.name.clone()) else {
        return Vec::new();
    };
    match action {
        Action::UseModel => {
            state.change(|draft| draft.model = name);
            state.view = View::Board;
            vec![save(state)]
        }
        Action::VerifyModel => vec![Effect::Studio(Command::Verify(name))],
        _ => Vec::new(),
    }
}
