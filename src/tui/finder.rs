//! Settings found by their words, and what is typed for them.

use super::board::keep_cursor;
use super::details;
use super::field::{Field, Target};
use super::guides::Guide;
use super::popup::{Picker, PickerItem, PickerKind, Popup};
use super::settings::{self, Kind, Line, Section, Setting};
use super::state::{Pane, State, View};
use super::stepping::type_value;
use crate::studio::{Level, Note};

/// A setting with its place: of the board, or of a picture.
#[derive(Clone, Copy)]
pub struct Spot {
    /// The picture that it is of; none for the board's.
    pub guide: Option<Guide>,
    /// Its number among its like.
    pub number: usize,
    /// What it is.
    pub setting: &'static Setting,
}

impl Spot {
    /// The setting under the board's cursor.
    pub fn here(state: &State) -> Option<Self> {
        if matches!(state.board.pane, Pane::Guides | Pane::Guide) {
            return super::guides::spot(state);
        }
        let Some(Line::Setting(number)) = state.line() else { return None };
        let setting = settings::numbered(number)?;
        (state.board.pane == Pane::Settings).then_some(Self { guide: None, number, setting })
    }

    /// Its name among all.
    pub fn name(&self) -> String {
        let name = self.setting.name;
        match self.guide {
            None => name.to_owned(),
            Some(Guide::Reference(at)) => format!("reference {} {name}", at + 1),
            Some(Guide::Map(at)) => format!("map {} {name}", at + 1),
        }
    }

    /// The number of the picture that it is of.
    pub fn at(&self) -> usize {
        self.guide.map_or(0, Guide::number)
    }
}

/// Every setting there is now.
fn spots(state: &State) -> Vec<Spot> {
    let own = settings::all().map(|(number, setting)| Spot { guide: None, number, setting });
    let guides = state.guides().into_iter().flat_map(|guide| {
        let all = details::of(&state.draft, guide).into_iter().enumerate();
        let own = all.filter(|(_, setting)| {
            !settings::OF_REFERENCES.iter().any(|shared| std::ptr::eq(shared, *setting))
        });
        own.map(move |(number, setting)| Spot { guide: Some(guide), number, setting })
    });
    own.chain(guides).collect()
}

/// Opens the list of settings.
pub fn open(state: &mut State) {
    let item = |spot: Spot| {
        let missing = spot.setting.missing(&state.draft, spot.at());
        PickerItem {
            value: spot.name(),
            about: missing.unwrap_or(spot.setting.help).to_owned(),
            hint: if missing.is_some() { String::new() } else { shown(state, spot) },
        }
    };
    let items = spots(state).into_iter().map(item).collect();
    let kind = PickerKind::Setting;
    state.popups.push(Popup::Picker(Picker { kind, query: String::new(), items, cursor: 0 }));
}

fn shown(state: &State, spot: Spot) -> String {
    let changed = match spot.guide {
        None => spot.setting.is_changed(&state.draft),
        Some(guide) => details::is_changed(&state.draft, guide, spot.setting),
    };
    let value: String = spot.setting.show(&state.draft, spot.at()).chars().take(24).collect();
    if changed { format!("• {value}") } else { value }
}

/// A name without what its writing leaves open.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], " ")
}

/// The setting that a text begins with, and the value that follows.
pub fn split<'a>(state: &State, text: &'a str) -> Option<(Spot, &'a str)> {
    let folded = plain(text);
    let named = |spot: Spot| {
        let own = Some(spot.name());
        let option = Some(spot.setting.option.to_owned())
            .filter(|option| spot.guide.is_none() && !option.is_empty());
        let lengths = [own, option].into_iter().flatten().filter_map(|name| {
            let rest = folded.strip_prefix(&plain(&name))?;
            (rest.is_empty() || rest.starts_with([' ', '='])).then_some(name.len())
        });
        lengths.max().map(|length| (length, spot))
    };
    let found = spots(state).into_iter().filter_map(named).max_by_key(|(length, _)| *length);
    let (length, spot) = found?;
    let rest = text.get(length..).unwrap_or_default();
    Some((spot, rest.trim_start_matches([' ', '=']).trim()))
}

/// Takes `NAME VALUE`.
///
/// # Errors
/// When there is no such setting, or it does not take the value.
pub fn assign(state: &mut State, text: &str) -> Result<(), String> {
    let (spot, value) = split(state, text)
        .ok_or_else(|| format!("no setting is called {text:?}; write NAME VALUE"))?;
    take(state, spot, value).map_err(|error| format!("{}: {error}", spot.name()))
}

/// Gives a setting a value.
fn take(state: &mut State, spot: Spot, value: &str) -> Result<(), String> {
    let mut changed = state.draft.clone();
    spot.setting.set(&mut changed, spot.at(), value)?;
    let before = settings::conflict(&state.draft);
    state.change(|draft| *draft = changed);
    keep_cursor(state);
    if let Some(words) = settings::conflict(&state.draft).filter(|now| before.as_ref() != Some(now))
    {
        state.say(Note::new(Level::Info, format!("kept, but cannot be painted yet: {words}")));
    }
    Ok(())
}

/// Takes what was typed into a setting's field. A value that cannot be stays in the
/// field with a word on it, until it is mended or left.
pub fn accept(state: &mut State, mut field: Field, text: &str, accepted: bool) {
    let spot = match field.target {
        Target::Setting(number) => {
            settings::numbered(number).map(|setting| Spot { guide: None, number, setting })
        }
        Target::Detail(number) => state.guide().and_then(|guide| {
            let setting = *state.details().get(number)?;
            Some(Spot { guide: Some(guide), number, setting })
        }),
        _ => None,
    };
    let Some(spot) = spot else { return };
    if text.trim() == spot.setting.typed(&state.draft, spot.at()) {
        return;
    }
    if let Err(error) = take(state, spot, text) {
        state.say(Note::new(Level::Warning, format!("{}: {error}", spot.setting.name)));
        if accepted {
            field.fault = Some(error);
            state.field = Some(field);
        }
    }
}

/// Takes what is chosen in the list: a value that was typed behind a name, or the
/// setting itself, to be typed.
pub fn choose(state: &mut State, picker: Picker) {
    let typed = picker.query.trim().to_owned();
    let given = split(state, &typed).filter(|(_, value)| !value.is_empty());
    let takes = given.is_some_and(|(spot, value)| {
        spot.setting.set(&mut state.draft.clone(), spot.at(), value).is_ok()
    });
    let chosen = picker.chosen().map(|item| item.value.clone());
    match chosen {
        Some(name) if !takes => {
            let spot = spots(state).into_iter().find(|spot| spot.name() == name);
            spot.into_iter().for_each(|spot| go(state, spot));
        }
        _ => match assign(state, &typed) {
            Ok(()) => drop(given.map(|(spot, _)| focus(state, spot))),
            Err(error) => {
                state.say(Note::new(Level::Warning, error));
                state.popups.push(Popup::Picker(picker));
            }
        },
    }
}

/// Puts the cursor on a setting, and begins typing where there is something to type.
fn go(state: &mut State, spot: Spot) {
    if !focus(state, spot) || matches!(spot.setting.kind, Kind::Flag { .. }) {
        return;
    }
    let target = match spot.guide {
        None => Target::Setting(spot.number),
        Some(_) => Target::Detail(spot.number),
    };
    type_value(state, target, spot.setting, spot.at());
}

/// Puts the cursor on a setting; whether it is there.
fn focus(state: &mut State, spot: Spot) -> bool {
    if let Some(words) = spot.setting.missing(&state.draft, spot.at()) {
        state.say(Note::new(Level::Info, format!("{}: {words}", spot.name())));
        return false;
    }
    state.view = View::Board;
    match spot.guide {
        None => {
            let section = Section::of(spot.number);
            if section != Section::Set && !state.board.open.contains(&section) {
                state.fold(section);
            }
            state.board.pane = Pane::Settings;
            state.find_line(Line::Setting(spot.number));
        }
        Some(guide) => {
            state.board.pane = Pane::Guide;
            state.board.guide = state.guides().iter().position(|g| *g == guide).unwrap_or(0);
            state.board.detail = spot.number;
        }
    }
    true
}
