//! Actions of the queue.

use super::action::Action;
use super::movement::moved;
use super::state::State;
use super::update::Effect;
use crate::studio::Command;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(job) = state.queue.jobs().get(state.queue_cursor).map(|job| job.id) else {
        return Vec::new();
    };
    let waiting = state.queue.jobs().len();
    let command = match action {
        Action::Later => {
            moved(&mut state.queue_cursor, 1, waiting);
            Command::Shift { job, later: true }
        }
        Action::Sooner => {
            moved(&mut state.queue_cursor, -1, waiting);
            Command::Shift { job, later: false }
        }
        Action::Remove => Command::Remove(job),
        Action::Release => Command::Release(job),
        _ => return Vec::new(),
    };
    vec![Effect::Studio(command)]
}
