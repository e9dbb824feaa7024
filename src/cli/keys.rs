//! `predella keys` and `predella themes`.

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use super::studio::opening;
use crate::tui::action::ACTIONS;
use crate::tui::keymap::Keymap;

/// List every action of the studio with its keys.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 2 when keymap.toml has faults; the rest of it is used.")]
pub struct KeysArgs {}

/// List the themes of the studio: those that come with it, and your own.
///
/// Your own are NAME.toml in the folder themes of the configuration folder, with
/// the roles of a shipped one. The studio takes a file's changes as they are saved.
#[derive(Debug, Args)]
#[command(after_help = "PREDELLA_THEME names one; Space t in the studio chooses while looking.")]
pub struct ThemesArgs {}

/// Prints the actions as the user's keymap has them.
///
/// # Errors
/// When the user's keymap has faults.
pub fn run(_: &KeysArgs, out: &Output) -> Result<(), CliError> {
    let mut keymap = Keymap::default();
    let faults = opening::keys(&mut keymap);
    if out.is_json() {
        let all = ACTIONS.iter().map(|info| {
            let keys = keymap.keys_of(info.action);
            json!({ "action": info.id, "where": info.scope.title(), "keys": keys, "about": info.doc })
        });
        out.document(&all.collect::<Vec<_>>());
    } else {
        let mut scope = None;
        for info in ACTIONS {
            if scope.replace(info.scope) != Some(info.scope) {
                out.line(info.scope.title());
            }
            let keys = keymap.keys_of(info.action).join("  ");
            out.line(&format!("  {:<15} {keys:<22} {}", info.id, info.doc));
        }
    }
    faults.iter().for_each(|fault| out.warn(fault));
    match faults.len() {
        0 => Ok(()),
        n => Err(CliError::usage(format!("the keymap has {n} faults"))),
    }
}

/// Prints the themes.
///
/// # Errors
/// When a file of the user's own cannot be used.
pub fn themes(_: &ThemesArgs, out: &Output) -> Result<(), CliError> {
    let themes = opening::themes();
    let listed = themes.names().into_iter().filter_map(|name| {
        let about = themes.get(&name).ok()?.about;
        Some((name, about))
    });
    if out.is_json() {
        let all = listed.map(|(name, about)| json!({ "name": name, "about": about }));
        out.document(&all.collect::<Vec<_>>());
    } else {
        listed.for_each(|(name, about)| out.line(&format!("{name:<10} {about}")));
    }
    let faults = themes.faults();
    faults.iter().for_each(|fault| out.warn(fault));
    match faults.len() {
        0 => Ok(()),
        n => Err(CliError::usage(format!("{n} theme files cannot be used"))),
    }
}
