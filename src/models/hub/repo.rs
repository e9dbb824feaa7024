//! The name of a repository.

use std::fmt;
use std::str::FromStr;

use hf_hub::{Repo, RepoType};

use crate::models::ModelError;
use crate::models::locate::is_plain;
use crate::util::text::clip;

/// A repository on a hub: `owner/name`, or `owner/name@revision`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoId {
    /// `owner/name`.
    id: String,
    /// A branch, tag or commit; `None` is `main`.
    revision: Option<String>,
}

impl RepoId {
    /// `owner/name`, without the revision.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The branch, tag or commit.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The same repository as hf-hub writes it.
    pub(super) fn hub_repo(&self) -> Repo {
        Repo::with_revision(self.id.clone(), RepoType::Model, self.revision().to_owned())
    }

    /// The repository of a cache folder such as `models--owner--name`.
    pub(super) fn from_folder(folder: &str) -> Option<Self> {
        let (owner, name) = folder.strip_prefix("models--")?.split_once("--")?;
        format!("{owner}/{name}").parse().ok()
    }
}

impl FromStr for RepoId {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::Unknown { name: clip(text, 120), near: None };
        let (id, revision) = match text.split_once('@') {
            Some((id, revision)) => (id, Some(revision)),
            None => (text, None),
        };
        let (owner, name) = id.split_once('/').ok_or_else(unknown)?;
        let named = [owner, name].into_iter().all(is_name);
        if !named || !revision.is_none_or(is_revision) {
            return Err(unknown());
        }
        let revision = revision.filter(|revision| *revision != "main").map(str::to_owned);
        Ok(Self { id: id.to_owned(), revision })
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(out, "{}@{revision}", self.id),
            None => out.write_str(&self.id),
        }
    }
}

/// The hub's own rule: letters, digits, `-`, `_` and `.`, at most 96, and
/// neither `--` nor `..`, nor `-` or `.` at an end.
fn is_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    name.len() <= 96
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && edge(name.chars().next())
        && edge(name.chars().next_back())
        && !name.contains("--")
        && !name.contains("..")
}

fn is_revision(revision: &str) -> bool {
    revision.len() <= 200
        && is_plain(revision)
        && revision
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for text in ["stabilityai/stable-diffusion-xl-base-1.0", "a/b@refs/pr/7", "_a_/b.c@v1.0+x"]
        {
            assert_eq!(text.parse::<RepoId>().unwrap().to_string(), text);
        }
        let main: RepoId = "a/b@main".parse().unwrap();
        assert_eq!((main.to_string().as_str(), main.revision()), ("a/b", "main"));
        assert_eq!(RepoId::from_folder("models--a--b-c"), "a/b-c".parse().ok());
        assert_eq!(RepoId::from_folder("datasets--a--b"), None);
    }

    #[test]
    fn what_could_leave_the_cache_is_no_name() {
        for text in [
            "",
            "a",
            "a/",
            "/b",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../x",
            "a/b@/x",
            "a b/c",
            "a/b@x\\y",
            "a/b@x y",
            "a--b/c",
            "a/b--c",
            "a/-b",
            "a/b.",
            "a/b@x?y",
            "a/\u{1b}[2J",
        ] {
            assert!(text.parse::<RepoId>().is_err(), "{text:?} was taken");
        }
    }
}
