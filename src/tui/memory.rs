//! What is found again at the next start: the view and its cursors.

use super::settings::Section;
use super::state::{Pane, State, View};
use crate::recipe::yaml::{self, Mapping, Value};
use crate::studio::Command;
use serde::{Deserialize, Serialize};

/// The place of the interface in a session's head.
const KEY: &str = "studio";

/// Where the person was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    view: String,
    pane: String,
    subject: usize,
    setting: usize,
    open: Vec<String>,
    picture: usize,
    filter: String,
    sort: Option<String>,
    run: usize,
    left: Option<String>,
    right: Option<String>,
    theme: String,
    columns: Option<u16>,
    unjudged: bool,
}

fn pane_name(pane: Pane) -> &'static str {
    match pane {
        Pane::Style => "style",
        Pane::Guides => "pictures",
        Pane::Guide => "picture",
        Pane::Subjects => "subjects",
        Pane::Settings => "settings",
        Pane::Set => "set",
    }
}

/// The command that keeps where the person is.
pub fn remember(state: &State) -> Command {
    let place = Place {
        view: state.view.title().to_lowercase(),
        pane: pane_name(state.board.pane).into(),
        subject: state.board.subject,
        setting: state.board.setting,
        open: state.board.open.iter().map(|section| section.title().to_owned()).collect(),
        picture: state.gallery.cursor,
        filter: state.gallery.filter.clone(),
        sort: state.gallery.sort.clone(),
        run: state.replay_cursor,
        left: state.compare.left.clone(),
        right: state.compare.right.clone(),
        theme: state.theme.clone(),
        columns: state.board.columns,
        unjudged: !state.judging,
    };
    let mut view = Mapping::new();
    if let Ok(value) = yaml::to_value(&place) {
        view.insert(KEY.into(), value);
    }
    Command::Remember(view)
}

/// Takes the person back to where they were. What is not there any more is
/// left out; cursors are bounded when they are used.
pub fn recall(state: &mut State, view: &Mapping) {
    let kept: Option<Value> = view.get(KEY).cloned();
    let Some(place) = kept.and_then(|value| yaml::from_value::<Place>(value).ok()) else { return };
    let named = |view: &&View| view.title().to_lowercase() == place.view;
    state.view = View::ALL.iter().find(named).copied().unwrap_or(state.view);
    let named = |pane: &&Pane| pane_name(**pane) == place.pane;
    state.board.pane = Pane::ALL.iter().find(named).copied().unwrap_or(state.board.pane);
    if state.guides().is_empty() && matches!(state.board.pane, Pane::Guides | Pane::Guide) {
        state.board.pane = Pane::Subjects;
    }
    state.judging = !place.unjudged;
    state.board.subject = place.subject;
    state.board.setting = place.setting;
    let is_open = |section: &Section| place.open.iter().any(|name| name == section.title());
    state.board.open = Section::folding().filter(is_open).collect();
    super::board::keep_cursor(state);
    (state.gallery.cursor, state.gallery.filter) = (place.picture, place.filter);
    state.gallery.sort = place.sort;
    state.replay_cursor = place.run;
    state.board.columns = place.columns;
    (state.compare.left, state.compare.right) = (place.left, place.right);
    if state.themes.get(&place.theme).is_ok() {
        state.theme = place.theme;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Draft;

    fn state() -> State {
        let subjects = vec!["a fox".into(), "a bear".into()];
        State::new("s", Draft { subjects, ..Draft::default() })
    }

    #[test]
    fn the_place_is_found_again() {
        let mut before = state();
        before.view = View::Gallery;
        before.board.pane = Pane::Set;
        (before.board.subject, before.gallery.cursor) = (1, 7);
        before.gallery.filter = "fox\u{1b}[2J".into();
        before.gallery.sort = Some("object".into());
        before.board.open = vec![Section::Sampling, Section::Leakage];
        // The last line is there only while both are open.
        before.board.setting = before.lines().len() - 1;
        before.theme = "paper".into();
        before.judging = false;
        before.board.columns = Some(44);
        let Command::Remember(view) = remember(&before) else { panic!() };
        let mut after = state();
        recall(&mut after, &view);
        assert_eq!((after.view, after.board.pane), (before.view, before.board.pane));
        assert_eq!((after.board.subject, &after.gallery), (1, &before.gallery));
        assert_eq!((after.theme.as_str(), after.board.columns), ("paper", Some(44)));
        assert!(!after.judging);
        assert_eq!(
            (&after.board.open, after.board.setting),
            (&before.board.open, before.board.setting)
        );
    }

    #[test]
    fn a_strangers_place_does_no_harm() {
        for text in [
            "studio: {subject: 99, setting: 99, picture: 99, run: 99, view: cellar, theme: plaid}",
            "studio: {open: [attic, set, sampling, sampling]}",
            "studio: [1, 2]",
            "other: 1",
        ] {
            let mut after = state();
            recall(&mut after, &yaml::from_str(text).unwrap());
            assert_eq!(after.view, View::Board);
            assert!(after.board.subject < 2 && after.theme == "dusk", "{text}");
            assert!(after.board.open.iter().all(|section| *section == Section::Sampling), "{text}");
        }
    }
}
