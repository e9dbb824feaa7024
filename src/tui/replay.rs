//! Actions of the replay.

use super::action::Action;
use super::board::save;
use super::state::{Pane, State, View};
use super::update::Effect;
use crate::recipe::Draft;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Play => {
            let last = state.history.runs.len().saturating_sub(1);
            if !state.replaying && state.replay_cursor == last {
                state.replay_cursor = 0;
            }
            state.replaying = !state.replaying;
            Vec::new()
        }
        Action::ForkHere => fork(state),
        _ => Vec::new(),
    }
}

/// Moves a playing replay on; it ends at the last run.
pub fn tick(state: &mut State) {
    if !state.replaying {
        return;
    }
    if state.replay_cursor + 1 < state.history.runs.len() {
        state.replay_cursor += 1;
    } else {
        state.replaying = false;
    }
}

fn fork(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.history.runs.get(state.replay_cursor).cloned() else { return Vec::new() };
    state.change(|draft| *draft = Draft::from_recipe(&run.recipe));
    state.view = View::Board;
    state.board.pane = Pane::Subjects;
    super::board::keep_cursor(state);
    vec![save(state)]
}
