//! Models by name: the known ones, and what is on this machine.

use std::path::{Path, PathBuf};

use super::hub::{Hub, Progress, RepoId};
use super::{MINI, ModelError, ModelFolder, PipelineClass};
use crate::util::text::clip;

/// A model that has a short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What to call it.
    pub name: &'static str,
    /// Its repository; `None` comes with the program.
    pub repo: Option<&'static str>,
    /// The family.
    pub class: PipelineClass,
    /// Width and height in pixels that it was trained for.
    pub side: u32,
    /// About how many bytes are downloaded, as f16.
    pub bytes: u64,
    /// Its licence.
    pub licence: &'static str,
    /// One line about it.
    pub about: &'static str,
}

/// The models that have a short name.
pub const KNOWN: [Known; 3] = [
    Known {
        name: MINI,
        repo: None,
        class: PipelineClass::StableDiffusionXl,
        side: 256,
        bytes: 0,
        licence: "MIT OR Apache-2.0",
        about: "comes with predella; styles and colours well, most subjects as shapes",
    },
    Known {
        name: "sdxl",
        repo: Some("stabilityai/stable-diffusion-xl-base-1.0"),
        class: PipelineClass::StableDiffusionXl,
        side: 1024,
        bytes: 6_940_000_000,
        licence: "CreativeML Open RAIL++-M",
        about: "the model of the StyleAligned paper",
    },
    Known {
        name: "sd15",
        repo: Some("stable-diffusion-v1-5/stable-diffusion-v1-5"),
        class: PipelineClass::StableDiffusion,
        side: 512,
        bytes: 2_130_000_000,
        licence: "CreativeML Open RAIL-M",
        about: "smaller and faster than sdxl, with many descendants",
    },
];

/// Where a model argument leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The model that comes with the program.
    Embedded,
    /// A folder on disk.
    Folder(PathBuf),
    /// A repository on the hub or in its cache.
    Hub(RepoId),
}

impl ModelSource {
    /// Reads a model argument: a known name, a folder, or
    /// `owner/name[@revision]`. A folder that exists wins over a repository of
    /// the same name, as it does in diffusers.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] when it is none of these.
    pub fn resolve(argument: &str) -> Result<Self, ModelError> {
        if let Some(known) = KNOWN.iter().find(|known| known.name == argument) {
            return match known.repo {
                Some(repo) => Ok(Self::Hub(repo.parse()?)),
                None => Ok(Self::Embedded),
            };
        }
        let path = Path::new(argument);
        let like_a_path = path.is_absolute()
            || ["./", "../", "~"].iter().any(|start| argument.starts_with(start))
            || argument == "."
            || argument == "..";
        if like_a_path || path.exists() {
            return Ok(Self::Folder(path.to_owned()));
        }
        argument
            .parse()
            .map(Self::Hub)
            .map_err(|_| ModelError::Unknown { name: clip(argument, 120), near: nearest(argument) })
    }

    /// Opens the model; `hub` is asked for only when it is needed, and its
    /// server only when the cache does not hold the model.
    ///
    /// # Errors
    /// When it is missing, damaged, refused, or cannot be downloaded.
    pub fn open(
        &self,
        hub: impl FnOnce() -> Result<Hub, super::HubError>,
        variant: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<ModelFolder, ModelError> {
        match self {
            Self::Embedded => ModelFolder::embedded(),
            Self::Folder(path) => ModelFolder::open(path),
            Self::Hub(repo) => hub()?.open(repo, variant, progress),
        }
    }
}

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// What to call it.
    pub name: String,
    /// Its folder; `None` is inside the program.
    pub path: Option<PathBuf>,
    /// The family.
    pub class: PipelineClass,
    /// Bytes of its files.
    pub bytes: u64,
    /// Whether every part is there.
    pub complete: bool,
}

/// The model that comes with the program and those in the hub's cache. A model
/// with a short name is listed under it.
pub fn installed(hub: Option<&Hub>) -> Vec<Installed> {
    let mini = ModelFolder::embedded().ok().map(|model| Installed {
        name: model.name().to_owned(),
        path: model.path().map(Path::to_owned),
        class: model.class(),
        bytes: model.size(),
        complete: true,
    });
    let cached = hub.map(Hub::cached).unwrap_or_default();
    let cached = cached.into_iter().map(|model| Installed {
        name: short_name(&model.repo),
        path: Some(model.path),
        class: model.class,
        bytes: model.bytes,
        complete: model.complete,
    });
    mini.into_iter().chain(cached).collect()
}

fn short_name(repo: &RepoId) -> String {
    let full = repo.to_string();
    let known = KNOWN.iter().find(|known| known.repo == Some(full.as_str()));
    known.map_or(full, |known| known.name.to_owned())
}

/// The known name that is at most two typing errors away.
fn nearest(argument: &str) -> Option<&'static str> {
    let typed = argument.to_ascii_lowercase();
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    // Two letters in the wrong order are two changes, as many as two wrong
    // letters, but the likelier slip.
    let near = KNOWN.iter().map(|known| {
        let swapped = letters(&typed) == letters(known.name);
        (distance(&typed, known.name), !swapped, known.name)
    });
    near.min().filter(|(distance, ..)| *distance <= 2).map(|(.., name)| name)
}

/// Levenshtein's distance; a long text is far from everything.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 16 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, diagonal), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods)]

    use super::super::folder::tests::tiny;
    use super::super::hub::HubConfig;
    use super::*;

    #[test]
    fn arguments_lead_where_they_say() {
        let hub = |text: &str| Some(ModelSource::Hub(text.parse().unwrap()));
        let resolve = |text: &str| ModelSource::resolve(text).ok();
        assert_eq!(resolve("mini"), Some(ModelSource::Embedded));
        assert_eq!(resolve("sdxl"), hub("stabilityai/stable-diffusion-xl-base-1.0"));
        assert_eq!(resolve("acme/tiny@v2"), hub("acme/tiny@v2"));
        for path in ["./sdxl", "../x/y", "/models/sdxl", ".", "src"] {
            assert_eq!(resolve(path), Some(ModelSource::Folder(path.into())));
        }
        // This package's own folder exists, so it is no repository.
        assert_eq!(resolve("models/mini"), Some(ModelSource::Folder("models/mini".into())));
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_the_name() {
        let words = |text: &str| ModelSource::resolve(text).unwrap_err().to_string();
        assert_eq!(words("sdlx"), "there is no model \"sdlx\"; did you mean \"sdxl\"?");
        assert_eq!(words("Minni"), "there is no model \"Minni\"; did you mean \"mini\"?");
        assert_eq!(words("flux-dev"), "there is no model \"flux-dev\"");
        assert!(!words("a\x1b[2J").contains('\x1b'));
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn every_known_repository_is_a_name() {
        for known in KNOWN {
            assert!(ModelSource::resolve(known.name).is_ok(), "{}", known.name);
        }
    }

    #[test]
    fn no_hub_is_needed_for_what_is_here() {
        let none = || Err(super::super::HubError::NoHome);
        let mini = ModelSource::Embedded.open(none, None, &mut ()).unwrap();
        assert_eq!(mini.name(), MINI);
        let dir = tiny(&[]);
        let folder = ModelSource::Folder(dir.path().to_owned());
        assert!(folder.open(none, None, &mut ()).is_ok());
        let hub = ModelSource::resolve("sdxl").unwrap();
        assert!(hub.open(none, None, &mut ()).is_err());
    }

    #[test]
    fn what_is_here_is_listed() {
        let cache = tempfile::tempdir().unwrap();
        let repo = cache.path().join("models--stabilityai--stable-diffusion-xl-base-1.0");
        let snapshot = repo.join("snapshots").join("c0ffee0");
        std::fs::create_dir_all(repo.join("refs")).unwrap();
        std::fs::write(repo.join("refs/main"), "c0ffee0").unwrap();
        std::fs::create_dir_all(snapshot.parent().unwrap()).unwrap();
        let model = tiny(&[]);
        std::fs::rename(model.path(), &snapshot).unwrap();
        let hub = Hub::new(HubConfig::new("http://127.0.0.1:9", cache.path().to_owned()));
        let models = installed(Some(&hub));
        assert_eq!(models.len(), 2);
        assert_eq!((models[0].name.as_str(), models[0].complete), (MINI, true));
        assert!(models[0].bytes > 10_000_000, "{}", models[0].bytes);
        assert_eq!((models[1].name.as_str(), &models[1].path), ("sdxl", &Some(snapshot)));
    }
}
