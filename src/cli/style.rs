//! `predella style`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::{CliError, Kind};
use super::output::Output;
use super::pictures;
use crate::config::{SavedStyle, StyleError, Styles};
use crate::engine::read_picture;
use crate::imaging::{DecodeLimits, read_file};
use crate::recipe::{Reference, References, Style};

const EXAMPLES: &str = "\
Examples:
  predella style save sticker predella-out/02-a-castle.png
  predella style save oil painting.jpg --caption \"a house, oil painting\" --style \"oil painting\"
  predella paint \"a fox\" \"a bear\" --use sticker";

/// Keep styles by name, and use them again.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum StyleVerb {
    Save(SaveArgs),
    /// List the saved styles.
    Ls,
    /// Remove a saved style and its copies of the pictures.
    Rm {
        /// Its name.
        name: String,
    },
}

/// Keep a style by name: pictures, their captions and a style text.
///
/// A picture that predella painted brings its own prompt as caption, its style
/// text and its options.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SaveArgs {
    /// Name of the style.
    name: String,
    /// Pictures that lend it, in equal shares.
    #[arg(required = true, value_name = "IMG")]
    images: Vec<PathBuf>,
    /// What a picture shows, one for each in order.
    #[arg(long = "caption", value_name = "TEXT")]
    captions: Vec<String>,
    /// Style text, appended to every prompt that uses the style.
    #[arg(short, long, value_name = "TEXT")]
    style: Option<String>,
}

/// Saves, lists or removes styles.
///
/// # Errors
/// When a name is taken or unknown, a picture is refused, or the disk fails.
pub fn run(verb: &StyleVerb, out: &Output) -> Result<(), CliError> {
    match verb {
        StyleVerb::Save(args) => save(args, out),
        StyleVerb::Ls => list(out),
        StyleVerb::Rm { name } => {
            Styles::of_user()?.remove(name)?;
            if out.is_json() {
                out.document(&json!({ "removed": name }));
            }
            Ok(())
        }
    }
}

fn save(args: &SaveArgs, out: &Output) -> Result<(), CliError> {
    if args.captions.len() > args.images.len() {
        return Err(CliError::usage("there are more captions than pictures"));
    }
    let limits = DecodeLimits::default();
    let (mut references, mut files) = (Vec::new(), Vec::new());
    let (mut text, mut options) = (args.style.clone(), None);
    for (i, path) in args.images.iter().enumerate() {
        // Read whole once to be sure that it can be painted from.
        let (_, hash) = read_picture(path)?;
        let record = pictures::read(path).ok().and_then(|info| info.record);
        let own =
            record.as_ref().and_then(|r| Some(r.recipe.prompt(r.recipe.panels.get(r.panel)?)));
        if let Some(record) = record {
            text = text.or(Some(record.recipe.style_prompt));
            options.get_or_insert(record.recipe.style);
        }
        let caption = args.captions.get(i).cloned().or(own).or(text.clone()).unwrap_or_default();
        let weight = 1.0 / args.images.len() as f64;
        references.push(Reference::new("", &hash, &caption, weight));
        let bytes = read_file(path, limits.bytes).map_err(|e| CliError::usage(e.to_string()))?;
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("png");
        let plain = extension.chars().all(|c| c.is_ascii_alphanumeric());
        files.push((bytes, if plain { extension.to_ascii_lowercase() } else { "png".into() }));
    }
    let references = References::new(references);
    // A plain picture's options share nothing; a style does.
    let options = options.filter(|style: &Style| !style.is_plain()).unwrap_or_default();
    let style = SavedStyle::new(text.unwrap_or_default(), references, options);
    let folder = Styles::of_user()?.save(&args.name, style, &files)?;
    if out.is_json() {
        out.document(&json!({ "name": args.name, "folder": folder }));
    } else {
        out.say(&format!("saved; paint with it by --use {}", args.name));
    }
    Ok(())
}

fn list(out: &Output) -> Result<(), CliError> {
    let styles = Styles::of_user()?;
    let mut documents = Vec::new();
    for name in styles.names()? {
        let style = styles.open(&name)?;
        if out.is_json() {
            documents.push(json!({ "name": name, "style": style }));
            continue;
        }
        let captions: Vec<_> =
            style.references.pictures.iter().map(|r| r.caption.as_str()).collect();
        out.line(&format!("{name:<20} {}", captions.join("; ")));
    }
    if out.is_json() {
        out.document(&documents);
    }
    Ok(())
}

impl From<StyleError> for CliError {
    fn from(error: StyleError) -> Self {
        let hint = match &error {
            StyleError::Missing(_) => "predella style ls lists them",
            StyleError::Taken(_) => "predella style rm removes it; or choose another name",
            StyleError::Fs(fs) => fs.hint(),
            _ => "",
        };
        let error = Self::new(Kind::Usage, error.to_string());
        if hint.is_empty() { error } else { error.hint(hint) }
    }
}
