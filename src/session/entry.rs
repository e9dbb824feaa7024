//! One entry of the history, as YAML and back.
//!
//! ```yaml
//! ---
//! seq: 12
//! at: 2026-02-28T09:05:07.250Z
//! panel_done:
//!   run: 9
//!   …
//! ...
//! ```
//!
//! The kind is a key, not a tag inside: so the parser still knows the line of
//! every fault, and an entry of an unknown kind still has a number and a time.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SessionError;
use super::event::Event;
use super::frozen::{Foreign, Frozen, LooseRun};
use super::ids::Seq;
use super::queued::RunQueued;
use super::scan::{PieceKind, scan};
use super::stamp::Stamp;
use crate::recipe::yaml::{self, YamlError};

/// Largest entry, in bytes. A recipe of a thousand panels is half of it.
pub const MAX_ENTRY: usize = 1024 * 1024;

/// An event with its place in the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was written, by the clock of that machine.
    pub at: Stamp,
    /// What happened.
    pub event: Event,
}

impl Entry {
    /// Reads the body of a document.
    ///
    /// A run whose recipe is of another version is read without it.
    pub(super) fn from_yaml(text: &str) -> Result<Self, YamlError> {
        yaml::from_str(text).or_else(|error| foreign(text, error))
    }

    /// The whole document, marks included.
    ///
    /// # Errors
    /// When it is too large, or would not be read back as it was written.
    pub(super) fn to_document(&self) -> Result<String, SessionError> {
        let kind = || self.event.kind().to_owned();
        let body =
            yaml::to_string(self).map_err(|error| SessionError::Yaml { file: kind(), error })?;
        let text = format!("---\n{body}...\n");
        if text.len() > MAX_ENTRY {
            let (size, limit) = (text.len() as u64, MAX_ENTRY as u64);
            return Err(SessionError::TooLarge { what: kind(), size, limit });
        }
        // Nothing is ever written that could not be read.
        let read = scan(text.as_bytes())
            .filter(|scan| matches!(&scan.pieces[..], [one] if one.kind == PieceKind::Document))
            .and_then(|_| Self::from_yaml(&body).ok())
            .and_then(|entry| yaml::to_string(&entry).ok());
        match read.is_some_and(|read| read == body) {
            true => Ok(text),
            false => Err(SessionError::Unwritable(kind())),
        }
    }
}

/// An entry whose recipe cannot be read, without it.
fn foreign(text: &str, error: YamlError) -> Result<Entry, YamlError> {
    #[derive(Deserialize)]
    struct Loose {
        seq: Seq,
        at: Stamp,
        run_queued: LooseRun,
    }
    let Ok(Loose { seq, at, run_queued }) = yaml::from_str(text) else { return Err(error) };
    let panels = run_queued.recipe.panels.len();
    let recipe = Frozen::Foreign(Arc::new(Foreign { text: text.to_owned(), error, panels }));
    Ok(Entry { seq, at, event: RunQueued { parent: run_queued.parent, row: None, recipe }.into() })
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(3))?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("at", &self.at)?;
        self.event.write(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry with seq, at and one event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let (mut seq, mut at, mut event, mut other) = (None, None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            let is_twice = match key.as_str() {
                "seq" => seq.replace(map.next_value()?).is_some(),
                "at" => at.replace(map.next_value()?).is_some(),
                kind => match Event::read(kind, &mut map)? {
                    Some(read) => event.replace(read).is_some(),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        other.get_or_insert(key);
                        false
                    }
                },
            };
            if is_twice {
                return Err(A::Error::custom("it has two events, numbers or times"));
            }
        }
        let seq = seq.ok_or_else(|| A::Error::missing_field("seq"))?;
        let at = at.ok_or_else(|| A::Error::missing_field("at"))?;
        // Beside an event that is known, an unknown key is a field of a later version.
        let unknown = || other.map(|kind| Event::Unknown(kind.chars().take(64).collect()));
        let event = event.or_else(unknown).ok_or_else(|| A::Error::custom("it has no event"))?;
        Ok(Entry { seq, at, event })
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
