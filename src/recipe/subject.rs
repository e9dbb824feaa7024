//! What is in a picture, and the noise that it starts from.

use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// A subject of a set that is still being written. In YAML a plain text, or a
/// pair of `subject` and `seed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What is in the picture, without the style; may hold weights,
    /// alternatives and lists.
    pub text: String,
    /// A seed of its own; without one it counts up from the set's first.
    pub seed: Option<u64>,
}

impl<T: Into<String>> From<T> for Subject {
    fn from(text: T) -> Self {
        Self { text: text.into(), seed: None }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(seed) = self.seed else { return serializer.serialize_str(&self.text) };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("subject", &self.text)?;
        map.serialize_entry("seed", &seed)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrPair)
    }
}

struct TextOrPair;

impl<'de> Visitor<'de> for TextOrPair {
    type Value = Subject;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a prompt, or a subject with its seed")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Subject, E> {
        Ok(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Subject, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Pair {
            subject: String,
            seed: Option<u64>,
        }
        let pair = Pair::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Subject { text: pair.subject, seed: pair.seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::yaml;

    #[test]
    fn a_text_stays_a_text_and_a_seed_stays_beside_it() {
        let subjects =
            vec![Subject::from("a fox"), Subject { text: "a bear".into(), seed: Some(7) }];
        let text = yaml::to_string(&subjects).unwrap();
        assert_eq!(text, "- a fox\n- subject: a bear\n  seed: 7\n");
        assert_eq!(yaml::from_str::<Vec<Subject>>(&text).unwrap(), subjects);
    }

    #[test]
    fn what_is_neither_is_named_with_its_line() {
        for (text, line, word) in
            [("- a\n- 42\n", 2, "a prompt"), ("- a\n- subject: b\n  sed: 7\n", 3, "sed")]
        {
            let error = yaml::from_str::<Vec<Subject>>(text).unwrap_err();
            assert_eq!(error.line, Some(line), "{error:?}");
            assert!(error.message.contains(word), "{error:?}");
        }
    }
}
