//! Reference pictures on the command line.

use std::path::Path;

use clap::{Args, ValueEnum};

use super::manners::Manners;
use crate::cli::error::CliError;
use crate::config::Styles;
use crate::engine::read_picture;
use crate::recipe::{Anchor, Encoding, Fit, Recipe, Reference, References};

/// Pictures that lend their style.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reference pictures")]
pub struct Refer {
    /// A picture that lends its style to every panel, as photo.jpg or photo.jpg=2; give several
    /// to blend their styles by these shares.
    #[arg(short, long = "reference", value_name = "IMG[=SHARE]", value_parser = named)]
    pub references: Vec<Named>,
    /// A saved style: its pictures, style text and options.
    #[arg(long = "use", value_name = "NAME", conflicts_with = "references")]
    pub saved: Option<String>,
    /// What a reference shows, one for each in order [default: the style text].
    #[arg(long = "caption", value_name = "TEXT", requires = "references")]
    pub captions: Vec<String>,
    /// How references are brought to the noise of each step [default: inversion].
    #[arg(long, value_name = "NAME", requires = "references")]
    pub encode: Option<EncodingName>,
    /// Guidance scale of the inversion [default: 2].
    #[arg(long, value_name = "SCALE", requires = "references", allow_negative_numbers = true)]
    pub inversion_guidance: Option<f64>,
    /// Steps at whose noise the reference is shown cleaner, for pictures that the model knows by
    /// heart [default: 0].
    #[arg(long, value_name = "N", requires = "references")]
    pub inversion_offset: Option<u32>,
    /// How a reference of other proportions is brought to the size [default: crop].
    #[arg(long, value_name = "NAME", requires = "references")]
    pub fit: Option<FitName>,
    #[command(flatten)]
    pub manners: Manners,
}

/// A picture and its share, as they were typed.
#[derive(Debug, Clone)]
pub struct Named {
    path: String,
    share: Option<f64>,
}

/// [`Encoding`] as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EncodingName {
    /// By the model's own way back, as many steps as the set has.
    Inversion,
    /// By added noise, at once.
    Noise,
}

/// [`Fit`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FitName {
    /// The middle, as large as it goes.
    Crop,
    /// All of it, with bars in the colour of its edge.
    Pad,
    /// All of it, out of proportion.
    Stretch,
}

impl From<FitName> for Fit {
    fn from(name: FitName) -> Self {
        match name {
            FitName::Crop => Self::Crop,
            FitName::Pad => Self::Pad,
            FitName::Stretch => Self::Stretch,
        }
    }
}

/// The share is what follows the last `=`, if that is a number: a name may hold one too.
fn named(text: &str) -> Result<Named, String> {
    let parsed = text.rsplit_once('=').and_then(|(path, share)| Some((path, share.parse().ok()?)));
    match parsed {
        Some((path, share)) if !path.is_empty() => {
            Ok(Named { path: path.into(), share: Some(share) })
        }
        _ if text.is_empty() => Err("a reference is written like photo.jpg or photo.jpg=2".into()),
        _ => Ok(Named { path: text.into(), share: None }),
    }
}

/// Makes the pictures that were named the recipe's anchor, if any were.
///
/// # Errors
/// When one cannot be read, or shares and captions do not fit the pictures.
pub fn refer(args: &Refer, recipe: &mut Recipe) -> Result<(), CliError> {
    if let Some(name) = &args.saved {
        return use_saved(name, recipe);
    }
    if args.references.is_empty() {
        return Ok(());
    }
    let weights = weights(&args.references)?;
    if args.captions.len() > args.references.len() {
        return Err(CliError::usage(format!(
            "{} captions are more than the {} references",
            args.captions.len(),
            args.references.len()
        )));
    }
    let style = recipe.style_prompt.clone();
    let picture = |(i, (named, weight)): (usize, (&Named, f64))| {
        let (_, hash) = read_picture(Path::new(&named.path))?;
        let caption = args.captions.get(i).unwrap_or(&style).clone();
        Ok::<_, CliError>(Reference::new(&named.path, &hash, &caption, weight))
    };
    let pictures = args.references.iter().zip(weights).enumerate().map(picture);
    let mut references = References {
        encoding: encoding(args)?,
        fit: args.fit.map(Into::into).unwrap_or_default(),
        ..References::new(pictures.collect::<Result<_, _>>()?)
    };
    args.manners.apply(&mut references)?;
    recipe.anchor = Anchor::References(references);
    Ok(())
}

/// A style text of the recipe's own stays.
fn use_saved(name: &str, recipe: &mut Recipe) -> Result<(), CliError> {
    let saved = Styles::of_user()?.open(name)?;
    if recipe.style_prompt.is_empty() {
        recipe.style_prompt = saved.style_prompt;
    }
    recipe.style = saved.style;
    recipe.anchor = Anchor::References(saved.references);
    Ok(())
}

fn encoding(args: &Refer) -> Result<Encoding, CliError> {
    if args.encode == Some(EncodingName::Noise) {
        if args.inversion_guidance.is_some() || args.inversion_offset.is_some() {
            return Err(CliError::usage("with --encode noise nothing is inverted")
                .hint("leave out --inversion-guidance and --inversion-offset"));
        }
        return Ok(Encoding::Noise { seed: 0 });
    }
    Ok(Encoding::Inversion {
        guidance_scale: args.inversion_guidance.unwrap_or(2.0),
        offset: args.inversion_offset.unwrap_or(0),
    })
}

/// Shares as parts of one; without any, equal ones.
fn weights(named: &[Named]) -> Result<Vec<f64>, CliError> {
    let shares: Vec<f64> = named.iter().filter_map(|n| n.share).collect();
    if shares.is_empty() {
        return Ok(vec![1.0 / named.len() as f64; named.len()]);
    }
    if shares.len() < named.len() {
        return Err(CliError::usage("some references have a share and some have none")
            .hint("give one to each, as photo.jpg=2, or to none"));
    }
    let sum: f64 = shares.iter().sum();
    if shares.iter().any(|share| !(share.is_finite() && *share >= 0.0)) || sum <= 0.0 {
        return Err(CliError::usage(
            "the share of a reference is a number above 0, as photo.jpg=2",
        ));
    }
    Ok(shares.into_iter().map(|share| share / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_parts_of_one() {
        let parse =
            |texts: &[&str]| -> Vec<Named> { texts.iter().map(|t| named(t).unwrap()).collect() };
        assert_eq!(weights(&parse(&["a.png=3", "b=c.png=1"])).unwrap(), [0.75, 0.25]);
        assert_eq!(weights(&parse(&["a=b.png"])).unwrap(), [1.0]);
        assert_eq!(parse(&["a=b.png"])[0].path, "a=b.png");
        for bad in [
            ["a.png=1", "b.png"],
            ["a.png=NaN", "b.png=1"],
            ["a.png=-1", "b.png=2"],
            ["a=0", "b=0"],
        ] {
            assert!(weights(&parse(&bad)).is_err(), "{bad:?}");
        }
        assert!(named("").is_err());
    }
}
