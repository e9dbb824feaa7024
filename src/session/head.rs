//! The head of a session: what is small and changes often.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stamp::Stamp;
use super::{SessionError, VERSION};
use crate::recipe::yaml::{self, Mapping, Value, YamlError};

/// Largest head that is read or written, in bytes.
pub const MAX_HEAD: usize = 1024 * 1024;

/// The contents of `session.yaml`.
///
/// Draft and view belong to the interface and mean nothing to this room. What a
/// later version adds is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    version: u32,
    pub(super) name: String,
    created: Stamp,
    /// The set that is being put together.
    pub draft: Option<Value>,
    /// What the interface wants to find again.
    pub view: Mapping,
    rest: Mapping,
}

impl Head {
    pub(super) fn new(name: &str, created: Stamp) -> Self {
        let (name, version) = (name.to_owned(), VERSION);
        let (draft, view, rest) = (None, Mapping::new(), Mapping::new());
        Self { version, name, created, draft, view, rest }
    }

    /// The format of the session.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What people call the session; the history decides, where they differ.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the session was made.
    pub fn created(&self) -> Stamp {
        self.created
    }

    /// The version that a head is of, whatever else is in it.
    pub(super) fn version_of(text: &str) -> Result<u32, YamlError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        yaml::from_str::<Version>(text).map(|head| head.version)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// When it is too large, or would not be read back as it was written.
    pub(super) fn to_yaml(&self) -> Result<String, SessionError> {
        let file = || "session.yaml".to_owned();
        let text =
            yaml::to_string(self).map_err(|error| SessionError::Yaml { file: file(), error })?;
        if text.len() > MAX_HEAD {
            let (size, limit) = (text.len() as u64, MAX_HEAD as u64);
            return Err(SessionError::TooLarge { what: file(), size, limit });
        }
        let read = yaml::from_str::<Self>(&text).ok().and_then(|head| yaml::to_string(&head).ok());
        match read.is_some_and(|read| read == text) {
            true => Ok(text),
            false => Err(SessionError::Unwritable(file())),
        }
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("created", &self.created)?;
        if let Some(draft) = &self.draft {
            map.serialize_entry("draft", draft)?;
        }
        if !self.view.is_empty() {
            map.serialize_entry("view", &self.view)?;
        }
        for (key, value) in &self.rest {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(HeadVisitor)
    }
}

/// Reads what is known and keeps what is not; unlike serde's flattening, this
/// does not lose the lines of faults.
struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the head of a session")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let (mut version, mut name, mut created) = (None, None, None);
        let (mut draft, mut view, mut rest) = (None, Mapping::new(), Mapping::new());
        while let Some(key) = map.next_key::<Value>()? {
            match key.as_str() {
                Some("version") => version = Some(map.next_value()?),
                Some("name") => name = Some(map.next_value()?),
                Some("created") => created = Some(map.next_value()?),
                Some("draft") => draft = Some(map.next_value()?),
                Some("view") => view = map.next_value()?,
                _ => {
                    rest.insert(key, map.next_value()?);
                }
            }
        }
        Ok(Head {
            version: version.ok_or_else(|| A::Error::missing_field("version"))?,
            name: name.ok_or_else(|| A::Error::missing_field("name"))?,
            created: created.ok_or_else(|| A::Error::missing_field("created"))?,
            draft,
            view,
            rest,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_is_unknown_is_kept_and_faults_have_lines() {
        let text = "version: 1\nname: '...'\ncreated: 1970-01-01T00:00:00.000Z\n\
                    draft:\n  panels: [a, 2]\nview: {x: !tag 1, 3: [y]}\nlater: {a: [1]}\n7: 8\n";
        let mut head: Head = yaml::from_str(text).unwrap();
        assert_eq!(head.name(), "...");
        assert_eq!(head.rest.len(), 2);
        head.view.insert("cursor".into(), 4.into());
        let again: Head = yaml::from_str(&head.to_yaml().unwrap()).unwrap();
        assert_eq!(again, head);
        let error = yaml::from_str::<Head>(&text.replace("1970", "noon")).unwrap_err();
        assert_eq!(error.line, Some(3), "{error:?}");
        assert!(yaml::from_str::<Head>("version: 1\nname: a\n").is_err());
        assert_eq!(Head::version_of("version: 7\nname: [not, known]\n"), Ok(7));
        assert!(Head::version_of("name: a\n").is_err());
    }

    #[test]
    fn a_large_head_is_refused() {
        let mut head = Head::new("a", Stamp::new(UNIX_EPOCH));
        head.draft = Some("x".repeat(MAX_HEAD).into());
        assert!(matches!(head.to_yaml(), Err(SessionError::TooLarge { .. })));
    }
}
