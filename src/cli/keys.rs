//! `predella keys` and `predella themes`.

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use super::studio::opening;
use crate::tui::action::ACTIONS;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// List every action of the studio with its keys.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 2 when keymap.toml has faults; the rest of it is used.")]
pub struct KeysArgs {}

/// List the themes of the studio.
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
pub fn themes(_: &ThemesArgs, out: &Output) {
    let about = |name| Theme::shipped(name).map(|theme| theme.about).unwrap_or_default();
    if out.is_json() {
        let all = Theme::names().map(|name| json!({ "name": name, "about": about(name) }));
        out.document(&all.collect::<Vec<_>>());
        return;
    }
    Theme::names().for_each(|name| out.line(&format!("{name:<10} {}", about(name))));
}
