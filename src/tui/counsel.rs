//! What is said of a reference that takes over, and what calms it.

use super::guides::{Guide, file_name};
use super::state::State;
use crate::engine::explain::DROWNED;
use crate::recipe::{Anchor, Blend, Preset, Reference};
use crate::studio::{JobId, Level, Note};

/// References that take over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counsel {
    /// The one that was told of last, by the hash of its picture.
    pub drowning: Option<String>,
    /// Those that were told of, each once.
    told: Vec<String>,
}

/// Takes the shares of attention that a run's references were measured to get. One
/// that gets nearly all is told of once.
pub fn measured(state: &mut State, job: JobId, shares: &[f64]) {
    let id = job.to_string();
    let Some(run) = state.history.runs.iter().rev().find(|run| run.id == id) else { return };
    let Anchor::References(all) = &run.recipe.anchor else { return };
    // Blended latents lend as one and have no presets.
    if all.blend != Blend::Attention || shares.iter().sum::<f64>() <= DROWNED {
        return;
    }
    let most = shares.iter().zip(&all.pictures).max_by(|a, b| a.0.total_cmp(b.0));
    let Some((share, reference)) = most.filter(|(_, reference)| !is_calm(reference)) else {
        return;
    };
    let (hash, name) = (reference.hash.clone(), file_name(&reference.picture).to_owned());
    if state.counsel.told.contains(&hash) {
        return;
    }
    let share = share * 100.0;
    let text =
        format!("{name} got {share:.0} % of the attention; F, or :famous, lets it lend less");
    // A script goes on nonetheless.
    state.say(Note::new(Level::Info, text));
    state.counsel.told.push(hash.clone());
    state.counsel.drowning = Some(hash);
}

fn is_calm(reference: &Reference) -> bool {
    reference.preset() == Some(Preset::Famous)
}

/// Gives the preset `famous` to the reference that was told of, or to the one under
/// the cursor.
pub fn calm(state: &mut State) {
    let told = state.counsel.drowning.take();
    let drawn = state.draft.anchor.references();
    let told = told.and_then(|hash| drawn.iter().position(|reference| reference.hash == hash));
    let here = match state.guide() {
        Some(Guide::Reference(at)) => Some(at),
        _ => (drawn.len() == 1).then_some(0),
    };
    let Some(at) = told.or(here) else {
        let text = "go to the reference that shall lend less; f adds one";
        return state.say(Note::new(Level::Info, text));
    };
    let mut name = String::new();
    state.change(|draft| {
        if let Anchor::References(all) = &mut draft.anchor
            && let Some(reference) = all.pictures.get_mut(at)
        {
            reference.lend_by(Some(Preset::Famous));
            file_name(&reference.picture).clone_into(&mut name);
        }
    });
    state.say(Note::new(
        Level::Good,
        format!("{name} lends with the preset famous; u takes it back"),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Draft, References};
    use crate::session::RunId;
    use crate::studio::{History, Run};
    use std::sync::Arc;

    /// A studio that has painted with two references.
    fn state() -> State {
        let picture = |name: &str| Reference::new(&format!("art/{name}.png"), name, "ink", 0.5);
        let all = References::new(vec![picture("heron"), picture("sky")]);
        let subjects = vec!["a fox".into()];
        let draft = Draft { anchor: Anchor::References(all), subjects, ..Draft::default() };
        let mut state = State::new("s", draft.clone());
        let run = Run {
            id: RunId(7).to_string(),
            recipe: Arc::new(draft.freeze("1")),
            row: None,
            panels: Vec::new(),
            scores: Default::default(),
            judges: Default::default(),
            ended: None,
            seconds: 0.0,
            measured: None,
        };
        state.history = Arc::new(History { runs: vec![Arc::new(run)] });
        state
    }

    fn presets(state: &State) -> Vec<bool> {
        state.draft.anchor.references().iter().map(is_calm).collect()
    }

    #[test]
    fn the_one_that_takes_over_is_told_of_once_and_calmed() {
        let mut state = state();
        measured(&mut state, RunId(7), &[0.3, 0.4]);
        assert!(state.toast.is_none(), "that is as it should be");
        measured(&mut state, RunId(8), &[0.3, 0.6]);
        assert!(state.toast.is_none(), "nobody knows that run");
        measured(&mut state, RunId(7), &[0.3, 0.6]);
        let said = state.toast.take().unwrap().text;
        assert!(said.contains("sky.png got 60 %") && said.contains("famous"), "{said}");
        measured(&mut state, RunId(7), &[0.3, 0.6]);
        assert!(state.toast.is_none(), "once");
        calm(&mut state);
        assert_eq!(presets(&state), [false, true]);
        assert_eq!(state.undo.len(), 1);
    }

    #[test]
    fn without_counsel_the_one_under_the_cursor_is_meant() {
        let mut state = state();
        state.board.guide = 0;
        calm(&mut state);
        assert_eq!(presets(&state), [true, false]);
        let mut bare = State::new("s", Draft::default());
        calm(&mut bare);
        assert!(bare.toast.unwrap().text.contains("f adds one") && bare.undo.is_empty());
    }
}
