//! `predella info`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::error::{CliError, Kind, chain};
use super::output::Output;
use super::pictures;
use crate::imaging::{PictureInfo, PictureRecord};
use crate::recipe::yaml;
use crate::util::text::sanitise;

const EXAMPLE: &str = "Example:\n\
\x20 predella info predella-out/01-a-fox.png > fox.yaml\n\
\x20 predella paint --recipe fox.yaml";

/// Print the recipe inside pictures that predella painted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct InfoArgs {
    /// Pictures.
    #[arg(required = true, value_name = "IMG")]
    images: Vec<PathBuf>,
}

/// Prints each recipe as YAML, or all of them as one JSON list.
///
/// # Errors
/// When a picture cannot be read or says nothing about itself; the others are
/// printed.
pub fn run(args: &InfoArgs, out: &Output) -> Result<(), CliError> {
    let mut list = Vec::new();
    let mut failures = Vec::new();
    for path in &args.images {
        match read(path) {
            Ok(info) if out.is_json() => list.push(document(path, &info)),
            Ok(info) => print(path, &info, args.images.len() > 1, out)?,
            Err(error) => failures.push(error),
        }
    }
    if out.is_json() {
        out.document(&list);
    }
    CliError::together(failures, args.images.len(), out)
}

fn read(path: &Path) -> Result<PictureInfo, CliError> {
    let info = pictures::read(path)?;
    if info.record.is_none() && info.parameters.is_none() {
        let text = format!("{} holds no recipe", path.display());
        return Err(CliError::new(Kind::Partial, text)
            .hint("predella writes one into every picture; other programs may take it out"));
    }
    Ok(info)
}

fn document(path: &Path, info: &PictureInfo) -> serde_json::Value {
    let record = info.record.as_ref();
    json!({
        "file": path,
        "width": info.width,
        "height": info.height,
        "panel": record.map(|r| r.panel),
        "recipe": record.map(|r| &r.recipe),
        "parameters": info.parameters,
    })
}

/// Everything but the recipe is a comment, so that the output is a recipe file
/// as it stands.
fn print(path: &Path, info: &PictureInfo, many: bool, out: &Output) -> Result<(), CliError> {
    if many {
        out.line("---");
    }
    let name = sanitise(&path.display().to_string());
    match &info.record {
        Some(PictureRecord { recipe, panel }) => {
            out.line(&format!("# {name}, panel {} of {}", panel + 1, recipe.panels.len()));
            let text = yaml::to_string(recipe).map_err(|e| CliError::failed(chain(&e)))?;
            out.line(text.trim_end());
        }
        None => {
            out.line(&format!("# {name}, painted by another program"));
            for line in info.parameters.iter().flat_map(|text| text.lines()) {
                out.line(&format!("# {line}"));
            }
        }
    }
    Ok(())
}
