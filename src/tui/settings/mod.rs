//! The settings of a draft as tables: names, values, steps, help.

mod kind;
mod lines;
mod panorama;
mod references;
mod set;
mod sharing;

pub use kind::{Kind, Number};
pub use lines::{Line, Section};
pub use references::{SHARED as OF_REFERENCES, change as change_references};
pub use sharing::toggle_alignment;

use crate::recipe::{Anchor, ControlKind, Draft, Encoding, Panorama, References};

/// A value of the board, or of a picture that lends its style or steers.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// The option of `predella paint` that says the same; empty where there is none.
    pub option: &'static str,
    /// What it changes and which values it takes, in a line.
    pub help: &'static str,
    /// What must be there first.
    pub needs: Need,
    /// What it is.
    pub kind: Kind,
}

/// What must be there before a setting says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// A picture that lends its style.
    Reference,
    /// Two of them.
    References,
    /// References that are inverted.
    Inversion,
    /// References that take noise.
    Noise,
    /// A panorama.
    Panorama,
    /// A map of edges.
    Edges,
    /// A map of depth.
    Depth,
}

impl Need {
    /// What is missing, in words.
    pub fn missing(self, draft: &Draft, at: usize) -> Option<&'static str> {
        let references = match &draft.anchor {
            Anchor::References(all) => Some(all),
            Anchor::FirstPanel => None,
        };
        let count = references.map_or(0, |all| all.pictures.len());
        let inverts = references.map(|all| matches!(all.encoding, Encoding::Inversion { .. }));
        let map = draft.control.as_ref().and_then(|control| control.maps.get(at));
        let follows = |kind| map.is_some_and(|map| map.kind == kind);
        let (met, words) = match self {
            Self::Nothing => (true, ""),
            Self::Reference => (count > 0, "a picture that lends its style comes first: f"),
            Self::References => (count > 1, "takes two pictures that lend their style: f"),
            Self::Inversion => (inverts == Some(true), "takes a picture that is inverted"),
            Self::Noise => (inverts == Some(false), "takes a picture with the encoding noise"),
            Self::Panorama => (draft.panorama.is_some(), "panorama comes first, as 1024x256"),
            Self::Edges => (follows(ControlKind::Canny), "takes a map of edges"),
            Self::Depth => (follows(ControlKind::Depth), "takes a map of depth"),
        };
        (!met).then_some(words)
    }
}

impl Need {
    /// Encodes references as it takes them, with its defaults.
    pub fn encode(self, all: &mut References) {
        all.encoding = match self {
            Self::Noise => Encoding::Noise { seed: 0 },
            _ => Encoding::default(),
        };
    }
}

impl Setting {
    /// What is missing for it, in words.
    pub fn missing(&self, draft: &Draft, at: usize) -> Option<&'static str> {
        self.needs.missing(draft, at)
    }

    /// Its value as text.
    pub fn show(&self, draft: &Draft, at: usize) -> String {
        self.kind.show(draft, at)
    }

    /// Its value as it is typed.
    pub fn typed(&self, draft: &Draft, at: usize) -> String {
        self.show(draft, at).replace(" kept", "")
    }

    /// Its value in a draft that nobody has changed.
    pub fn default(&self, draft: &Draft) -> String {
        let mut usual = Draft { subjects: draft.subjects.clone(), ..Draft::default() };
        if let Anchor::References(all) = &draft.anchor {
            let mut all = References::new(all.pictures.clone());
            self.needs.encode(&mut all);
            usual.anchor = Anchor::References(all);
        }
        if self.needs == Need::Panorama {
            usual.panorama = draft.panorama.map(|p| Panorama::new(p.size, draft.size));
        }
        self.typed(&usual, 0)
    }

    /// Whether it says something else than it does by default.
    pub fn is_changed(&self, draft: &Draft) -> bool {
        // A seed is as good as any other.
        let counts = self.name != "seed" && self.missing(draft, 0).is_none();
        counts && self.typed(draft, 0) != self.default(draft)
    }

    /// Steps it up (1) or down (−1).
    pub fn step(&self, draft: &mut Draft, at: usize, by: i32) {
        if self.missing(draft, at).is_none() {
            self.kind.step(draft, at, by);
        }
    }

    /// Takes a typed value.
    ///
    /// # Errors
    /// What it takes instead, or what must be there first.
    pub fn set(&self, draft: &mut Draft, at: usize, text: &str) -> Result<(), String> {
        match self.missing(draft, at) {
            Some(words) => Err(words.to_owned()),
            None => self.kind.set(draft, at, text),
        }
    }
}

/// The sections of the board's settings, each with its own.
pub const SECTIONS: &[(Section, &[Setting])] = &[
    (Section::Set, set::COMMON),
    (Section::Sampling, set::SAMPLING),
    (Section::Alignment, sharing::ALIGNMENT),
    (Section::Leakage, sharing::LEAKAGE),
    (Section::References, references::SHARED),
    (Section::Panorama, panorama::PANORAMA),
];

/// Every setting of the board with its number, in the order of the sections.
pub fn all() -> impl Iterator<Item = (usize, &'static Setting)> {
    SECTIONS.iter().flat_map(|(_, settings)| settings.iter()).enumerate()
}

/// The setting of a number.
pub fn numbered(number: usize) -> Option<&'static Setting> {
    all().nth(number).map(|(_, setting)| setting)
}

/// The options of `predella paint` that some setting says.
pub fn options() -> impl Iterator<Item = &'static str> {
    let all = all().map(|(_, setting)| setting).chain(super::details::all());
    all.map(|setting| setting.option).filter(|option| !option.is_empty())
}

/// What can be said against painting a draft as it is, subjects apart.
pub fn conflict(draft: &Draft) -> Option<String> {
    let mut draft = draft.clone();
    let count = draft.subjects.len().max(2);
    draft.subjects = vec!["a fox".into(); count];
    draft.freeze("").check().err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests;
