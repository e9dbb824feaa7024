//! One file for each kind of golden.

mod control;
mod images;
mod layers;
mod loops;
mod panorama;
mod reference;
mod schedulers;
mod text;
mod unet;
mod vae;

use super::report::{Checker, Line};
use super::set::{Fallible, Golden, Set};

/// Runs one golden file.
///
/// # Errors
/// When the file is of an unknown kind, an output was not compared, or the
/// engine failed.
pub fn run(set: &Set, name: &str) -> Fallible<Vec<Line>> {
    let golden = set.golden(name)?;
    let mut checker = Checker::new(&golden);
    dispatch(set, &golden, &mut checker)?;
    let missed = checker.missed();
    if !missed.is_empty() {
        return Err(format!("{name}: nothing was compared with {}", missed.join(", ")).into());
    }
    Ok(checker.lines)
}

fn dispatch(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let name = golden.name.as_str();
    let (_, kind) = name.split_once('_').unwrap_or((name, ""));
    match (name, kind) {
        ("image_ops", _) => images::run(golden, checker),
        ("schedulers", _) => schedulers::run(golden, checker),
        ("layer_attention", _) => layers::attention(golden, checker),
        ("layer_norms", _) => layers::norms(golden, checker),
        _ if name.starts_with("tokens_") => text::tokens(set, golden, checker),
        (_, "text") => text::states(set, golden, checker),
        _ if kind.starts_with("prompt") => text::prompts(set, golden, checker),
        (_, "embed") => unet::embeddings(set, golden, checker),
        _ if kind.starts_with("unet") => unet::forward(set, golden, checker),
        (_, "sa_step") => unet::variants(set, golden, checker),
        (_, "vae") => vae::run(set, golden, checker),
        (_, "controlnet") => control::forward(set, golden, checker),
        _ if golden.params["kind"] == "control" => control::run(set, golden, checker),
        _ if golden.params["kind"] == "inversion" => reference::inversion(set, golden, checker),
        _ if golden.params["kind"] == "reference" => reference::guided(set, golden, checker),
        _ if golden.params["kind"] == "panorama" => panorama::run(set, golden, checker),
        _ if golden.params["kind"] == "txt2img" => loops::run(set, golden, checker),
        _ => Err(format!("{name} is a golden that this engine does not know").into()),
    }
}
