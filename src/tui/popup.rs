//! What lies over a view. The topmost takes the keys.

use super::action::Action;
use super::errands::Role;
use super::explain::Explained;
use super::lookups::Tokens;

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
    /// A picture that shall lend its style or steer, or a file that words are taken from.
    Picture {
        /// For what.
        role: Role,
        /// The folder that is listed, as it was typed; none for the session's.
        folder: String,
    },
    /// A saved style.
    SavedStyle,
    /// A setting.
    Setting,
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
#[derive(Debug, Clone, PartialEq)]
pub enum Popup {
    /// Keys that work here.
    Help {
        /// Lines scrolled away.
        scroll: usize,
    },
    /// A list to choose from.
    Picker(Picker),
    /// Prompts as they will be painted.
    Expanded(Expanded),
    /// What alignment does.
    Explain(Box<Explained>),
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

/// Prompts as they will be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Expanded {
    /// The prompts.
    pub prompts: Vec<String>,
    /// What the model reads of each, or why that is not known; `None` while it is
    /// looked up.
    pub tokens: Option<Result<Vec<Tokens>, String>>,
    /// Lines scrolled away.
    pub scroll: usize,
}

impl Expanded {
    /// The prompts of which something falls off the end.
    pub fn cut(&self) -> impl Iterator<Item = &String> {
        let tokens = self.tokens.iter().flatten().flatten();
        let is_cut = |tokens: &Tokens| tokens.iter().any(|view| view.cut.is_some());
        self.prompts.iter().zip(tokens).filter(move |(_, t)| is_cut(t)).map(|(p, _)| p)
    }
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

/// Settings that are called like the query, then those whose words hold it. A value
/// may stand behind a name.
fn settings<'a>(items: &'a [PickerItem], query: &str) -> Vec<&'a PickerItem> {
    let query = query.trim_start().to_lowercase().replace(['-', '_'], " ");
    let rank = |item: &PickerItem| {
        let holds = |text: &str| text.to_lowercase().contains(query.trim_end());
        match query.as_str() {
            q if q.starts_with(&format!("{} ", item.value)) => Some(0),
            q if item.value.starts_with(q) => Some(1),
            _ if holds(&item.value) => Some(2),
            _ if holds(&item.about) => Some(3),
            _ => None,
        }
    };
    let mut found: Vec<_> = items.iter().filter_map(|item| Some((rank(item)?, item))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, item)| item).collect()
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
        let query = query.unwrap_or(&self.query);
        if self.kind == PickerKind::Setting {
            return settings(&self.items, query);
        }
        super::fuzzy::rank(query, &self.items, |item| format!("{} {}", item.value, item.about))
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
