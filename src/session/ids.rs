//! The names of things in a session. All are unique within it, and their order
//! is the order of the history, never that of a clock.

use std::fmt;
use std::sync::Arc;

use super::parsed::parsed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number of an entry in the history, from 1, always rising.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// A run: the number of the entry that queued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A picture, and the stem of its file: run, panel and the first digits of the
/// file's SHA-256, as in `000012-03-9f86d081`.
///
/// Digits, small letters and dashes, a digit first, 64 at most: no such name
/// leaves its folder or is reserved on any system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(Arc<str>);

/// Longest name of a picture.
const MAX_ID: usize = 64;

impl ImageId {
    /// Takes a name; `None` when it is not one of ours.
    pub fn new(name: &str) -> Option<Self> {
        let is_plain = |c: char| matches!(c, '0'..='9' | 'a'..='z' | '-');
        let starts = name.starts_with(|c: char| c.is_ascii_digit());
        (starts && name.len() <= MAX_ID && name.chars().all(is_plain)).then(|| Self(name.into()))
    }

    /// The name of a panel's picture; `None` when the hash has too few digits.
    pub(super) fn of(run: RunId, panel: u32, sha256: &str, digits: usize) -> Option<Self> {
        Self::new(&format!("{:06}-{panel:02}-{}", run.0, sha256.get(..digits)?))
    }

    /// The run and panel that a name of ours tells.
    pub(super) fn origin(&self) -> Option<(RunId, u32)> {
        let mut parts = self.0.split('-');
        let (run, panel, _) = (parts.next()?, parts.next()?, parts.next()?);
        Some((RunId(run.parse().ok()?), panel.parse().ok()?))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ImageId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ImageId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parsed(from, "name of a picture", Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::yaml;

    #[test]
    fn no_name_leaves_its_folder() {
        for good in ["000012-03-9f86d081", "0", "1-a"] {
            assert_eq!(ImageId::new(good).unwrap().as_str(), good);
        }
        let long = "1".repeat(65);
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "/etc/passwd",
            "con",
            "-1",
            "A",
            "1.png",
            "1\\2",
            "1 ",
            "1\0",
            "ä",
            &long,
        ] {
            assert!(ImageId::new(bad).is_none(), "{bad:?}");
            let text = yaml::to_string(&bad).unwrap();
            assert!(yaml::from_str::<ImageId>(&text).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_tells_its_run_and_panel() {
        let id = ImageId::of(RunId(12), 3, &"9f86d081".repeat(8), 8).unwrap();
        assert_eq!(id.as_str(), "000012-03-9f86d081");
        assert_eq!(id.origin(), Some((RunId(12), 3)));
        let id = ImageId::of(RunId(u64::MAX), u32::MAX, &"0".repeat(64), 16).unwrap();
        assert_eq!(id.origin(), Some((RunId(u64::MAX), u32::MAX)));
        assert_eq!(ImageId::new("12").unwrap().origin(), None);
        assert!(ImageId::of(RunId(1), 1, "9f", 8).is_none());
    }
}
