//! Pictures that lend their style or steer the composition: their place on the
//! board and what is done with them.

use super::details;
use super::errands::{Errand, Role};
use super::field::Target;
use super::popup::{Picker, PickerKind, Popup};
use super::settings::Setting;
use super::state::{Pane, State};
use super::stepping::type_value;
use super::update::Effect;
use crate::recipe::{Anchor, Draft};

/// A picture by its place among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guide {
    /// It lends its style.
    Reference(usize),
    /// It steers the composition.
    Map(usize),
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The pictures of a draft: references, then maps.
pub fn of(draft: &Draft) -> Vec<Guide> {
    let maps = draft.control.as_ref().map_or(0, |control| control.maps.len());
    let references = (0..draft.anchor.references().len()).map(Guide::Reference);
    references.chain((0..maps).map(Guide::Map)).collect()
}

impl Guide {
    /// The file, as the draft names it.
    pub fn picture(self, draft: &Draft) -> Option<&str> {
        match self {
            Self::Reference(at) => draft.anchor.references().get(at).map(|r| r.picture.as_str()),
            Self::Map(at) => draft.control.as_ref()?.maps.get(at).map(|m| m.picture.as_str()),
        }
    }

    /// Its place among its like.
    pub fn number(self) -> usize {
        match self {
            Self::Reference(at) | Self::Map(at) => at,
        }
    }
}

impl State {
    /// The pictures that lend their style, then those that steer.
    pub fn guides(&self) -> Vec<Guide> {
        of(&self.draft)
    }

    /// The one under the board's cursor.
    pub fn guide(&self) -> Option<Guide> {
        self.guides().get(self.board.guide).copied()
    }

    /// The settings of that picture.
    pub fn details(&self) -> Vec<&'static Setting> {
        self.guide().map(|guide| details::of(&self.draft, guide)).unwrap_or_default()
    }
}

/// Opens the list of pictures, or of other files.
pub fn pick(state: &mut State, role: Role) -> Vec<Effect> {
    let kind = PickerKind::Picture { role, folder: String::new() };
    state.popups.push(Popup::Picker(Picker::empty(kind)));
    vec![Effect::Errand(Errand::List(role, String::new()))]
}

/// Opens the list of saved styles.
pub fn pick_style(state: &mut State) -> Vec<Effect> {
    state.popups.push(Popup::Picker(Picker::empty(PickerKind::SavedStyle)));
    vec![Effect::Errand(Errand::Styles)]
}

/// Takes the picture under the cursor away.
pub fn remove(state: &mut State) {
    match state.guide() {
        Some(Guide::Reference(at)) => state.change(|draft| {
            let Anchor::References(all) = &mut draft.anchor else { return };
            let gone = all.pictures.remove(at).weight;
            let left = all.pictures.len() as f64;
            for reference in &mut all.pictures {
                let rest = 1.0 - gone;
                reference.weight = if rest > 0.0 { reference.weight / rest } else { 1.0 / left };
            }
            if all.pictures.is_empty() {
                draft.anchor = Anchor::FirstPanel;
            }
        }),
        Some(Guide::Map(at)) => state.change(|draft| {
            let Some(control) = &mut draft.control else { return };
            control.maps.remove(at);
            if control.maps.is_empty() {
                draft.control = None;
            }
        }),
        None => {}
    }
    super::board::keep_cursor(state);
}

/// The setting that `+` and `-` step: in the list of pictures the one that
/// matters most, share or strength.
fn detail(state: &State) -> Option<(Guide, &'static Setting, usize)> {
    let guide = state.guide()?;
    let all = state.details();
    let at = match (state.board.pane, guide) {
        (Pane::Guide, _) => state.board.detail,
        (_, Guide::Reference(_)) => 0,
        (_, Guide::Map(_)) => 1,
    };
    Some((guide, *all.get(at)?, at))
}

/// The setting that the cursor means.
pub fn spot(state: &State) -> Option<super::finder::Spot> {
    let (guide, setting, number) = detail(state)?;
    Some(super::finder::Spot { guide: Some(guide), number, setting })
}

/// Steps it.
pub fn step(state: &mut State, by: i32) {
    if let Some((guide, detail, _)) = detail(state) {
        state.change(|draft| detail.step(draft, guide.number(), by));
    }
}

/// Sets it back to its default.
pub fn reset(state: &mut State) {
    let Some((guide, detail, _)) = detail(state) else { return };
    let default = details::default(&state.draft, guide, detail);
    state.change(|draft| {
        // A default is always taken back.
        let _ = detail.set(draft, guide.number(), &default);
    });
}

/// Types it; in the list of pictures, a reference's caption.
pub fn edit(state: &mut State) {
    let Some((guide, _, mut at)) = detail(state) else { return };
    if (state.board.pane, guide) == (Pane::Guides, Guide::Reference(guide.number())) {
        at = 1;
    }
    (state.board.pane, state.board.detail) = (Pane::Guide, at);
    let Some(detail) = state.details().get(at).copied() else { return };
    type_value(state, Target::Detail(at), detail, guide.number());
}

/// Maps stay with their subjects when those move: `to` tells where a panel
/// went, or that it is gone.
pub fn renumber(draft: &mut Draft, to: impl Fn(usize) -> Option<usize>) {
    let Some(control) = &mut draft.control else { return };
    control.maps.retain_mut(|map| match map.panel.map(&to) {
        Some(Some(panel)) => {
            map.panel = Some(panel);
            true
        }
        Some(None) => false,
        None => true,
    });
    if control.maps.is_empty() {
        draft.control = None;
    }
}
