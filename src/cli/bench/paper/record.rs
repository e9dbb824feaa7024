//! What is done so far, on disk, so that a long run may be broken off.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::arms::{Arm, Mode};
use super::paint::Done;
use super::sets::PromptSet;
use crate::cli::error::CliError;
use crate::metrics::JudgeName;
use crate::recipe::{ModelRef, Panel, RECIPE_VERSION, Recipe, SchedulerChoice, Size};
use crate::util::fs::{read_regular, write_atomic};

/// Longest record that is read, in bytes.
const MAX_RECORD: u64 = 256 * 1024 * 1024;

/// What all sets are painted and judged with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// The model, and the hash of its files.
    pub model: String,
    pub model_hash: String,
    /// The judge of pictures and texts.
    pub clip: JudgeName,
    /// The judge of style.
    pub style: JudgeName,
    /// What painted it.
    pub device: String,
    /// Version of the engine.
    pub engine: String,
    /// Denoising steps.
    pub steps: u32,
    /// Size of each picture.
    pub size: Size,
    /// Guidance scale.
    pub guidance: f64,
    /// Seed of the first picture of the first set.
    pub seed: u64,
    /// Where the sets' style comes from.
    #[serde(default, skip_serializing_if = "Mode::is_first_panel")]
    pub mode: Mode,
    /// Whether prompts are without the style, so that only a picture tells it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unnamed: bool,
}

/// One set in one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    #[serde(rename = "set")]
    at: usize,
    arm: String,
    #[serde(flatten)]
    set: PromptSet,
    done: Done,
}

#[derive(Serialize, Deserialize)]
struct Document {
    protocol: Protocol,
    done: Vec<Line>,
}

/// The record of a folder.
pub struct Record {
    path: PathBuf,
    /// What all sets are painted and judged with.
    pub protocol: Protocol,
    done: Vec<Line>,
}

impl Record {
    /// Reads what is done in a folder.
    ///
    /// # Errors
    /// When the record cannot be read, or is one of another protocol.
    pub fn open(folder: &Path, protocol: Protocol) -> Result<Self, CliError> {
        let path = folder.join("done.json");
        let done = match read_regular(&path, MAX_RECORD) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(CliError::failed(format!(
                    "{} cannot be read: {error}",
                    path.display()
                )));
            }
            Ok(bytes) => Self::parse(&path, &bytes, &protocol)?,
        };
        Ok(Self { path, protocol, done })
    }

    fn parse(path: &Path, bytes: &[u8], protocol: &Protocol) -> Result<Vec<Line>, CliError> {
        let elsewhere = "name another folder with --out FOLDER";
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            CliError::failed(format!("{} is damaged: {error}", path.display())).hint(elsewhere)
        })?;
        match document.protocol == *protocol {
            true => Ok(document.done),
            false => {
                let text = format!(
                    "{} was begun with another model, judge, mode, size, seed or other steps",
                    path.display()
                );
                Err(CliError::usage(text).hint(elsewhere))
            }
        }
    }

    /// What a set came to in an arm.
    pub fn get(&self, at: usize, set: &PromptSet, arm: &Arm) -> Option<&Done> {
        let same = |line: &&Line| line.at == at && line.arm == arm.name && line.set == *set;
        self.done.iter().find(same).map(|line| &line.done)
    }

    /// Adds what is done; it is on disk when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(
        &mut self,
        at: usize,
        set: &PromptSet,
        arm: &Arm,
        done: Done,
    ) -> Result<(), CliError> {
        self.done.push(Line { at, arm: arm.name.to_owned(), set: set.clone(), done });
        let document = Document { protocol: self.protocol.clone(), done: self.done.clone() };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| CliError::failed(error.to_string()))?;
        Ok(write_atomic(&self.path, text.as_bytes())?)
    }
}

impl Protocol {
    /// What a set is painted from in an arm: the same noise in each of them. A picture that
    /// lends the style takes the seed behind those of the set.
    pub fn recipe(&self, at: usize, set: &PromptSet, arm: &Arm) -> Recipe {
        let numbers = set.subjects.len() + usize::from(set.lent.is_some());
        let first = self.seed.wrapping_add((at * numbers) as u64);
        let behind = first.wrapping_add(set.subjects.len() as u64);
        let panel = |(i, subject): (usize, &String)| Panel {
            subject: subject.clone(),
            seed: first.wrapping_add(i as u64),
        };
        Recipe {
            version: RECIPE_VERSION,
            engine: self.engine.clone(),
            model: ModelRef { name: self.model.clone(), hash: Some(self.model_hash.clone()) },
            anchor: arm.anchor(set.reference(), self.steps, behind),
            panels: set.subjects.iter().enumerate().map(panel).collect(),
            style_prompt: if self.unnamed { String::new() } else { set.style.clone() },
            negative_prompt: None,
            size: self.size,
            steps: self.steps,
            guidance_scale: self.guidance,
            scheduler: SchedulerChoice::default(),
            style: arm.style(),
            control: None,
            panorama: None,
        }
    }
}
