//! A plain copy of what was painted, for whoever has no predella.

use std::path::Path;

use serde::Serialize;

use super::event::Outcome;
use super::frozen::Frozen;
use super::ids::{ImageId, RunId};
use super::run::{Image, Place, Run, Status};
use super::stamp::Stamp;
use super::{Session, SessionError};
use crate::recipe::yaml;
use crate::util::fs::{FsError, create_dir, rename, write_new};

/// Which pictures to copy. None is ever copied from the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// All but the rejected.
    #[default]
    Kept,
    /// The starred.
    Starred,
    /// All.
    All,
}

/// What was copied, and what could not be.
#[derive(Debug, Default)]
pub struct Exported {
    /// The copied pictures.
    pub images: usize,
    /// Pictures that are not the ones that were stored, and why.
    pub failed: Vec<(ImageId, SessionError)>,
}

/// The file `index.yaml`.
#[derive(Serialize)]
struct Index<'a> {
    name: &'a str,
    exported: Stamp,
    runs: Vec<IndexRun>,
}

#[derive(Serialize)]
struct IndexRun {
    run: RunId,
    queued: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Path within the export; absent for a recipe of another version.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipe: Option<String>,
    images: Vec<IndexImage>,
}

#[derive(Serialize)]
struct IndexImage {
    file: String,
    sha256: String,
    panel: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    star: bool,
    reject: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

impl Session {
    /// Copies pictures and recipes into a new folder: `images/`, `recipes/` and
    /// `index.yaml`, which says what belongs together. The folder is there
    /// whole or not at all, and holds nothing but what is written here.
    ///
    /// # Errors
    /// When there is something of that name, or the disk refuses. A picture that
    /// cannot be read is left out and named in the result.
    pub fn export(&self, to: &Path, choice: Choice) -> Result<Exported, SessionError> {
        if std::fs::symlink_metadata(to).is_ok() {
            return Err(SessionError::Exists(to.to_owned()));
        }
        let failed = |error| SessionError::Disk(FsError::from_io(to, error));
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(failed)?;
        let folder = super::open::temporary(parent).map_err(failed)?;
        let mut exported = Exported::default();
        create_dir(&folder.path().join("images"))?;
        create_dir(&folder.path().join("recipes"))?;
        let mut runs = Vec::new();
        for run in self.state.runs() {
            runs.extend(self.export_run(run, folder.path(), choice, &mut exported)?);
        }
        let index = Index { name: self.name(), exported: self.now(), runs };
        write_yaml(&folder.path().join("index.yaml"), &index)?;
        rename(folder.path(), to)?;
        drop(folder.keep());
        Ok(exported)
    }

    /// A run with pictures to copy; `None` when it has none.
    fn export_run(
        &self,
        run: &Run,
        folder: &Path,
        choice: Choice,
        exported: &mut Exported,
    ) -> Result<Option<IndexRun>, SessionError> {
        let mut images = Vec::new();
        let chosen = self.state.images_of(run.id).filter(|image| choice.takes(image));
        for image in chosen {
            match self.read_image(&image.id) {
                Ok(png) => {
                    let file = format!("images/{}.png", image.id);
                    write_new(&folder.join(&file), &png)?;
                    images.push(index_image(image, &run.recipe, file));
                    exported.images += 1;
                }
                Err(error) => exported.failed.push((image.id.clone(), error)),
            }
        }
        if images.is_empty() {
            return Ok(None);
        }
        let recipe = match run.recipe.recipe() {
            Some(recipe) => {
                let file = format!("recipes/{:06}.yaml", run.id.0);
                write_yaml(&folder.join(&file), recipe.as_ref())?;
                Some(file)
            }
            None => None,
        };
        let outcome = match &run.status {
            Status::Ended(ended) => Some(ended.outcome),
            _ => None,
        };
        let (id, queued, parent) = (run.id, run.at, run.parent);
        Ok(Some(IndexRun { run: id, queued, parent, outcome, recipe, images }))
    }
}

impl Choice {
    fn takes(self, image: &Image) -> bool {
        let is_chosen = match self {
            Self::Kept => !image.marks.reject,
            Self::Starred => image.marks.star,
            Self::All => true,
        };
        image.place == Place::Shown && is_chosen
    }
}

fn index_image(image: &Image, recipe: &Frozen, file: String) -> IndexImage {
    let recipe = recipe.recipe();
    let panel = recipe.and_then(|recipe| recipe.panels.get(image.panel as usize));
    IndexImage {
        file,
        sha256: image.sha256.clone(),
        panel: image.panel,
        prompt: recipe.zip(panel).map(|(recipe, panel)| recipe.prompt(panel)),
        seed: panel.map(|panel| panel.seed),
        star: image.marks.star,
        reject: image.marks.reject,
        tags: image.marks.tags.iter().cloned().collect(),
    }
}

fn write_yaml<T: Serialize>(path: &Path, value: &T) -> Result<(), SessionError> {
    let file = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text =
        yaml::to_string(value).map_err(|error| SessionError::Yaml { file: file(), error })?;
    Ok(write_new(path, text.as_bytes())?)
}
