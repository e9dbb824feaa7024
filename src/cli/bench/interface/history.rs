//! A long history, to see how long opening it takes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::cli::error::{CliError, chain};
use crate::recipe::{Draft, yaml};
use crate::session::Session;
use crate::util::fs::write_atomic;

/// Writes a session of so many finished runs of four panels, without pictures.
///
/// # Errors
/// When the disk refuses.
pub fn write(home: &Path, runs: usize) -> Result<PathBuf, CliError> {
    let path = home.join("long");
    drop(Session::create(&path, "long")?);
    let history = path.join("history.yaml");
    let failed = |e: std::io::Error| CliError::failed(format!("{}: {e}", history.display()));
    let mut text = std::fs::read_to_string(&history).map_err(failed)?;
    let subjects = ["a fox", "a castle", "a sailboat", "a strawberry"].map(Into::into).to_vec();
    let recipe = Draft { subjects, ..Draft::default() }.freeze(env!("CARGO_PKG_VERSION"));
    let recipe = yaml::to_string(&recipe).map_err(|e| CliError::failed(chain(&e)))?;
    let recipe = recipe.trim_end().replace('\n', "\n    ");
    let mut seq = 1;
    let mut add = |body: String| {
        seq += 1;
        // Writing to a string does not fail.
        let _ = write!(text, "---\nseq: {seq}\nat: 2026-02-28T09:05:07.250Z\n{body}...\n");
        seq
    };
    for _ in 0..runs {
        let run = add(format!("run_queued:\n  recipe:\n    {recipe}\n"));
        add(format!("run_started:\n  run: {run}\n  attempt: 1\n"));
        for panel in 0..4 {
            add(format!(
                "panel_done:\n  run: {run}\n  panel: {panel}\n  image: {run:06}-0{panel}-0a\n  \
                 sha256: {run:032x}{panel:032x}\n  bytes: 1000000\n  seconds: 3.25\n"
            ));
        }
        add(format!("run_ended:\n  run: {run}\n  outcome: done\n  device: cpu\n"));
    }
    write_atomic(&history, text.as_bytes())?;
    Ok(path)
}
