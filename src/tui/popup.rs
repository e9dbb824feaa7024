//! What lies over a view. The topmost takes the keys.

use super::action::Action;
use super::errands::Role;

/// A list to choose from by typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// What is chosen.
    pub kind: PickerKind,
    /// What was typed.
    pub query: String,
    /// Everything that can be chosen.
    pub items: Vec<PickerItem>,
    /// The chosen one, counted in what fits the query.
    pub cursor: usize,
}

/// What a picker chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickerKind {
    /// An action by its words.
    Palette,
    /// An action by its name.
    Command,
    /// A theme; `before` comes back if none is chosen.
    Theme {
        /// The theme before.
        before: String,
    },
    /// An earlier prompt.
    Prompt,
    /// A picture that shall lend its style or steer.
    Picture {
        /// For what.
        role: Role,
        /// The folder that is listed, as it was typed; none for the session's.
        folder: String,
    },
    /// A saved style.
    SavedStyle,
}

/// A line of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerItem {
    /// What is chosen.
    pub value: String,
    /// What else is shown, and searched.
    pub about: String,
    /// What is shown at the right.
    pub hint: String,
}

/// What lies over a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popup {
    /// Keys that work here.
    Help {
        /// Lines scrolled away.
        scroll: usize,
    },
    /// A list to choose from.
    Picker(Picker),
    /// Prompts as they will be painted.
    Expanded {
        /// The prompts.
        prompts: Vec<String>,
        /// Lines scrolled away.
        scroll: usize,
    },
    /// Messages.
    Messages {
        /// Lines scrolled away.
        scroll: usize,
    },
    /// A question with yes and no.
    Confirm {
        /// The question.
        question: String,
        /// What yes does.
        yes: Confirmed,
    },
}

/// What a confirmed question does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// Leaves although a set is being painted.
    Quit,
    /// Stops the set being painted.
    Stop,
    /// Lets pictures lend their style, by their paths.
    Refer(Vec<String>),
}

impl Picker {
    /// A picker of every action.
    pub fn actions(kind: PickerKind, keymap: &super::keymap::Keymap) -> Self {
        let item = |info: &super::action::ActionInfo| {
            let (name, words) = (info.id.to_owned(), info.doc.to_owned());
            let hint = keymap.keys_of(info.action).join("  ");
            PickerItem { value: name, about: words, hint }
        };
        let items = super::action::ACTIONS.iter().map(item).collect();
        Self { kind, query: String::new(), items, cursor: 0 }
    }

    /// A picker whose items are on their way.
    pub fn empty(kind: PickerKind) -> Self {
        Self { kind, query: String::new(), items: Vec::new(), cursor: 0 }
    }

    /// The items that fit the query, best first. Of a path, its last part is
    /// the query.
    pub fn matches(&self) -> Vec<&PickerItem> {
        let query = match &self.kind {
            PickerKind::Picture { folder, .. } => self.query.strip_prefix(folder.as_str()),
            _ => None,
        };
        super::fuzzy::rank(query.unwrap_or(&self.query), &self.items, |item| {
            format!("{} {}", item.value, item.about)
        })
    }

    /// The chosen item.
    pub fn chosen(&self) -> Option<&PickerItem> {
        self.matches().get(self.cursor).copied()
    }

    /// The action that the chosen item names, if it names one.
    pub fn chosen_action(&self) -> Option<Action> {
        self.chosen().and_then(|item| Action::from_id(&item.value))
    }
}
