//! Values that are written as text of their own kind.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text and makes a value of it. The text is judged while it is read,
/// so that the parser can still tell its line.
pub(super) fn parsed<'de, T, D: Deserializer<'de>>(
    from: D,
    what: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    from.deserialize_str(Parsed { what, parse })
}

struct Parsed<T> {
    what: &'static str,
    parse: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::custom(format!("{text:?} is no {}", self.what)))
    }
}
