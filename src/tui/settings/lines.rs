//! The lines of the board's settings: sections that fold.

use super::{SECTIONS, Setting};
use crate::recipe::Draft;
use crate::tui::state::State;

/// A section of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What nearly every set is asked for; it is always open.
    Set,
    /// How the steps are taken.
    Sampling,
    /// How the style is shared.
    Alignment,
    /// Where, when and how strongly.
    Leakage,
    /// Pictures that lend their style.
    References,
    /// Pictures larger than the model paints.
    Panorama,
}

/// A line of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The head of a section that folds.
    Head(Section),
    /// The setting of a number.
    Setting(usize),
}

impl Section {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Sampling => "sampling",
            Self::Alignment => "alignment",
            Self::Leakage => "leakage",
            Self::References => "references",
            Self::Panorama => "panorama",
        }
    }

    /// Those that fold, in their order.
    pub fn folding() -> impl Iterator<Item = Self> {
        SECTIONS.iter().map(|(section, _)| *section).filter(|section| *section != Self::Set)
    }

    /// What it is about, in a line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Set => "What nearly every set is asked for",
            Self::Sampling => "How the steps are taken: i opens and closes, s finds by words",
            Self::Alignment => "How the style is shared: i opens and closes, s finds by words",
            Self::Leakage => "Where, when and how strongly it is shared: i opens and closes",
            Self::References => "What all pictures that lend have in common: i opens and closes",
            Self::Panorama => "Pictures wider than the model paints: i opens and closes",
        }
    }

    /// Its settings with their numbers.
    pub fn settings(self) -> impl Iterator<Item = (usize, &'static Setting)> {
        let before = SECTIONS.iter().take_while(move |(section, _)| *section != self);
        let first: usize = before.map(|(_, settings)| settings.len()).sum();
        let own = SECTIONS.iter().filter(move |(section, _)| *section == self);
        own.flat_map(|(_, settings)| settings.iter())
            .enumerate()
            .map(move |(i, setting)| (first + i, setting))
    }

    /// The section of a setting.
    pub fn of(number: usize) -> Self {
        let holds = |section: &Self| section.settings().any(|(n, _)| n == number);
        SECTIONS.iter().map(|(section, _)| *section).find(holds).unwrap_or(Self::Set)
    }

    /// The settings that say something of a draft.
    fn shown(self, draft: &Draft) -> impl Iterator<Item = (usize, &'static Setting)> {
        self.settings().filter(|(_, setting)| setting.missing(draft, 0).is_none())
    }

    /// What stands beside its head: how many of its settings were changed, or what is in it.
    pub fn about(self, draft: &Draft) -> (usize, String) {
        let changed = self.shown(draft).filter(|(_, s)| s.is_changed(draft)).count();
        let names: Vec<&str> = self.shown(draft).map(|(_, setting)| setting.name).collect();
        (changed, names.join(", "))
    }
}

impl State {
    /// The lines of the settings as they are folded now.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (section, _) in SECTIONS {
            let own: Vec<Line> =
                section.shown(&self.draft).map(|(number, _)| Line::Setting(number)).collect();
            if *section != Section::Set && !own.is_empty() {
                lines.push(Line::Head(*section));
            }
            if *section == Section::Set || self.board.open.contains(section) {
                lines.extend(own);
            }
        }
        lines
    }

    /// The line under the board's cursor.
    pub fn line(&self) -> Option<Line> {
        self.lines().get(self.board.setting).copied()
    }

    /// Opens or closes a section; the cursor stays on its head.
    pub fn fold(&mut self, section: Section) {
        match self.board.open.iter().position(|open| *open == section) {
            Some(at) => drop(self.board.open.remove(at)),
            None => self.board.open.push(section),
        }
        self.find_line(Line::Head(section));
    }

    /// Puts the cursor on a line, if it is there.
    pub fn find_line(&mut self, line: Line) {
        let lines = self.lines();
        let found = lines.iter().position(|other| *other == line);
        self.board.setting = found.unwrap_or(self.board.setting).min(lines.len().saturating_sub(1));
    }
}
