//! Actions without a terminal: what a key does, a script does too.

use super::action::Action;
use super::board;
use super::field::Target;
use super::key::Key;
use super::keymap::Keymap;
use super::popup::{PickerKind, Popup};
use super::state::State;
use super::update::{Effect, act};
use crate::studio::Command;
use crossterm::event::KeyCode;

/// A state that actions are done to, one after another.
pub struct Script {
    /// What a screen would show.
    pub state: State,
    keymap: Keymap,
}

/// Why an action cannot be done here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// It asks for a text, and none was given.
    #[error("{0} takes a text: {0}=TEXT")]
    NeedsText(&'static str),
    /// A text was given, and nothing took it.
    #[error("{0} takes no text")]
    TakesNoText(&'static str),
    /// Nothing of that text can be chosen.
    #[error("{0}: nothing is called {1:?}")]
    NoSuchChoice(&'static str, String),
    /// It does not take the text.
    #[error("{0}: {1}")]
    Refused(&'static str, String),
    /// It needs a person before a screen.
    #[error("{0} needs a terminal; it makes no sense in a script")]
    NeedsTerminal(&'static str),
}

impl Script {
    /// A script that begins with this state.
    pub fn new(state: State, keymap: Keymap) -> Self {
        Self { state, keymap }
    }

    /// Does an action; a text goes into the field or list that it opens. A
    /// question is answered with yes, since there is nobody to ask.
    ///
    /// # Errors
    /// When a text is missing or too much, or the action needs a terminal.
    pub fn perform(
        &mut self,
        action: Action,
        text: Option<&str>,
    ) -> Result<Vec<Effect>, ScriptFault> {
        let id = action.info().id;
        let mut effects = act(&mut self.state, &self.keymap, action);
        let terminal =
            |e: &Effect| matches!(e, Effect::Suspend | Effect::Redraw | Effect::Editor(_));
        if effects.iter().any(terminal) {
            return Err(ScriptFault::NeedsTerminal(id));
        }
        let mut text = text;
        if self.state.field.is_some() {
            let typed = text.take().ok_or(ScriptFault::NeedsText(id))?;
            effects.extend(self.type_text(typed));
            if let Some(fault) = self.state.field.take().and_then(|field| field.fault) {
                return Err(ScriptFault::Refused(id, fault));
            }
        }
        match self.state.popups.last() {
            None => {}
            // What is painted by the actions that follow is measured.
            Some(Popup::Explain(_)) => drop(self.state.popups.pop()),
            Some(Popup::Help { .. } | Popup::Messages { .. } | Popup::Expanded(_)) => {
                self.state.popups.clear();
                return Err(ScriptFault::NeedsTerminal(id));
            }
            Some(Popup::Confirm { .. }) => effects.extend(self.press(KeyCode::Enter)),
            Some(Popup::Picker(_)) => {
                let typed = text.take().ok_or(ScriptFault::NeedsText(id))?;
                effects.extend(self.choose(id, typed)?);
            }
        }
        match text {
            Some(_) => Err(ScriptFault::TakesNoText(id)),
            None => Ok(effects),
        }
    }

    /// Takes what an answer has put into a field, since nobody edits it.
    pub fn settle(&mut self) -> Vec<Effect> {
        board::leave_field(&mut self.state, false)
    }

    fn press(&mut self, code: KeyCode) -> Vec<Effect> {
        super::popups::key(&mut self.state, &self.keymap, Key::new(code)).unwrap_or_default()
    }

    fn type_text(&mut self, text: &str) -> Vec<Effect> {
        let Some(field) = &mut self.state.field else { return Vec::new() };
        field.replace(text);
        // A new subject would ask for the next one after Enter.
        let accepted = !matches!(field.target, Target::Subject(_));
        board::leave_field(&mut self.state, accepted)
    }

    fn choose(&mut self, id: &'static str, text: &str) -> Result<Vec<Effect>, ScriptFault> {
        if matches!(self.state.popups.last(), Some(Popup::Picker(p)) if p.kind == PickerKind::Setting)
        {
            self.state.popups.pop();
            let set = super::finder::assign(&mut self.state, text);
            set.map_err(|error| ScriptFault::Refused(id, error))?;
            let draft = Box::new(self.state.draft.clone());
            return Ok(vec![Effect::Studio(Command::Save(draft))]);
        }
        let is_looked_up = |picker: &super::Picker| {
            matches!(picker.kind, PickerKind::Picture { .. } | PickerKind::SavedStyle)
        };
        if let Some(Popup::Picker(picker)) = self.state.popups.last_mut()
            && is_looked_up(picker)
        {
            // Whether there is such a file or style is found out by looking.
            picker.items = vec![super::PickerItem {
                value: text.to_owned(),
                about: String::new(),
                hint: String::new(),
            }];
        } else if let Some(Popup::Picker(picker)) = self.state.popups.last_mut() {
            let at = picker.items.iter().position(|item| item.value == text);
            match at {
                Some(at) => picker.cursor = at,
                None => {
                    self.press(KeyCode::Esc);
                    return Err(ScriptFault::NoSuchChoice(id, text.to_owned()));
                }
            }
        }
        Ok(self.press(KeyCode::Enter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Draft;

    fn script() -> Script {
        Script::new(State::new("s", Draft::default()), Keymap::default())
    }

    #[test]
    fn a_set_is_written_and_painted() {
        let mut script = script();
        for (action, text) in [
            (Action::AddBelow, Some("a fox")),
            (Action::AddBelow, Some("a bear")),
            (Action::Up, None),
            (Action::Up, None),
            (Action::Edit, Some("ink")),
        ] {
            script.perform(action, text).unwrap();
        }
        assert_eq!(script.state.draft.subjects, ["a fox", "a bear"].map(Into::into));
        assert_eq!(script.state.draft.style_prompt, "ink");
        let effects = script.perform(Action::Paint, None).unwrap();
        assert!(matches!(&effects[0], Effect::Studio(Command::Paint(r)) if r.panels.len() == 2));
    }

    #[test]
    fn texts_go_where_they_are_asked_for() {
        let mut script = script();
        assert_eq!(
            script.perform(Action::AddBelow, None),
            Err(ScriptFault::NeedsText("add-below"))
        );
        let mut script = self::script();
        assert_eq!(
            script.perform(Action::Paint, Some("x")),
            Err(ScriptFault::TakesNoText("paint"))
        );
        script.perform(Action::Themes, Some("paper")).unwrap();
        assert_eq!(script.state.theme, "paper");
        let fault = script.perform(Action::Themes, Some("plaid")).unwrap_err();
        assert_eq!(fault.to_string(), "themes: nothing is called \"plaid\"");
        assert_eq!(script.state.theme, "paper");
        assert_eq!(script.perform(Action::Help, None), Err(ScriptFault::NeedsTerminal("help")));
        assert!(script.state.popups.is_empty());
    }
}
