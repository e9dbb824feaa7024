//! `predella control`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use super::paint::Making;
use super::pictures;
use super::values;
use crate::engine::{DeviceChoice, read_map, read_picture};
use crate::imaging::DecodeLimits;
use crate::imaging::control::{Mapped, control_map};
use crate::models::NetFolder;
use crate::perceive::DepthReader;
use crate::recipe::{ControlKind, ControlMap, Size};
use crate::util::fs::{FsError, write_new};

const EXAMPLE: &str = "Example:\n\
\x20 predella control house.jpg --kind canny --low 50 --out edges.png\n\
\x20 predella paint \"a castle\" \"a barn\" --control raw:edges.png --model MODEL";

/// Make a control map from a picture, to look at it before pictures follow it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct ControlArgs {
    /// The picture.
    #[arg(value_name = "IMG")]
    image: PathBuf,
    /// What the map takes from it: canny, depth (from a depth picture), corners or raw.
    #[arg(short, long, value_name = "KIND", value_parser = kind)]
    kind: ControlKind,
    #[command(flatten)]
    making: Making,
    /// Take the depth from a photo, by Depth Anything V2: a folder, or owner/name.
    ///
    /// Without a name it is depth-anything/Depth-Anything-V2-Small-hf, which
    /// `predella models pull` downloads. The map is near where it is white.
    #[arg(long, value_name = "MODEL", num_args = 0..=1)]
    #[arg(default_missing_value = "depth-anything/Depth-Anything-V2-Small-hf")]
    photo: Option<String>,
    /// Size of the map, as 768x512, or 512 for a square [default: the picture's].
    #[arg(long, value_name = "WxH", value_parser = values::size)]
    size: Option<Size>,
    /// Where the map goes; no file is overwritten [default: IMG-KIND.png in this folder].
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn kind(text: &str) -> Result<ControlKind, String> {
    let kinds = ControlKind::ALL.map(ControlKind::name).join(", ");
    ControlKind::from_name(text).ok_or_else(|| format!("there are {kinds}"))
}

/// A depth map of a photo, and the hash of the photo's file.
fn from_photo(
    args: &ControlArgs,
    asked: &ControlMap,
    model: &str,
) -> Result<(Mapped, String), CliError> {
    if args.kind != ControlKind::Depth {
        return Err(CliError::usage("--photo is for --kind depth alone"));
    }
    let (photo, hash) = read_picture(&args.image)?;
    let device = DeviceChoice::Auto.open()?;
    let grey = DepthReader::load(&NetFolder::named(model)?, &device)?.depth(&photo)?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|error| CliError::failed(format!("the depth cannot be kept: {error}")))?;
    let map = control_map(bytes.get_ref(), asked, args.size, &DecodeLimits::default())?;
    Ok((map, hash))
}

/// Writes the map and shows it on a terminal.
///
/// # Errors
/// When the picture is refused, its map would be empty, or it cannot be written.
pub fn run(args: &ControlArgs, out: &Output) -> Result<(), CliError> {
    args.making.check(&[args.kind])?;
    let mut asked = ControlMap::new(args.kind, &args.image.display().to_string(), "");
    args.making.apply(&mut asked);
    asked.check()?;
    if let Some(size) = args.size {
        size.check()?;
    }
    let (mapped, hash) = match &args.photo {
        Some(model) => from_photo(args, &asked, model)?,
        None => read_map(&args.image, &asked, args.size)?,
    };
    let path = args.out.clone().unwrap_or_else(|| {
        let stem = args.image.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        PathBuf::from(format!("{stem}-{}.png", args.kind.name()))
    });
    write_new(&path, &pictures::encode_plain(&mapped.map)?).map_err(|error| match error {
        FsError::Exists(_) => CliError::from(error).hint("name another file with --out FILE"),
        other => other.into(),
    })?;
    if out.is_json() {
        out.document(&json!({
            "image": args.image,
            "hash": hash,
            "kind": args.kind,
            "map": path,
            "width": mapped.map.width(),
            "height": mapped.map.height(),
            "cropped": mapped.is_cropped(),
            "drawn": mapped.drawn(),
        }));
        return Ok(());
    }
    if out.shows_pictures() {
        pictures::show(out, &mapped.map)?;
    }
    out.line(&path.display().to_string());
    Ok(())
}
