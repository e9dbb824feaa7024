//! Numbers into the history of a session.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Measured;
use crate::cli::error::{CliError, Kind};
use crate::cli::output::Output;
use crate::cli::session::find;
use crate::metrics::PanelScores;
use crate::session::{Access, ImageScored, RunId, RunScored, Session, SessionError};

/// Adds an entry for each run.
///
/// # Errors
/// When there is no session, another program writes to it, or the disk refuses.
pub fn keep(targets: &[PathBuf], measured: &[Measured], out: &Output) -> Result<(), CliError> {
    let runs: Vec<(RunId, &Measured)> =
        measured.iter().filter_map(|one| Some((one.set.run?, one))).collect();
    let [target] = targets else { return Err(no_session()) };
    if runs.is_empty() {
        return Err(no_session());
    }
    let mut session = Session::open(&find(target), Access::Write)?;
    if let Some(why) = session.why_read_only() {
        let error = SessionError::ReadOnly(why.clone());
        return Err(CliError::new(Kind::Session, error.to_string()).hint(error.hint()));
    }
    for (run, one) in &runs {
        session.append(entry(*run, one))?;
    }
    out.say(&format!("kept the numbers of {} runs in {}", runs.len(), session.path().display()));
    Ok(())
}

fn no_session() -> CliError {
    CliError::usage("--keep is for a session, and pictures have none")
}

fn entry(run: RunId, one: &Measured) -> RunScored {
    let scores = &one.scores;
    let images = one.set.stored();
    let means = [
        ("object", scores.object),
        ("prompt", scores.prompt),
        ("set", scores.set),
        ("reference", scores.reference),
        ("leakage", scores.leakage),
        ("diversity", scores.diversity),
    ];
    RunScored {
        run,
        judges: [("clip", &scores.clip.name), ("style", &scores.style.name)]
            .map(|(what, name)| (what.to_owned(), name.clone()))
            .into(),
        set: named(means.map(|(name, measure)| (name, measure.map(|m| m.mean)))),
        outlier: scores.outlier.and_then(|at| images.get(at).cloned()),
        images: images
            .into_iter()
            .zip(&scores.panels)
            .map(|(image, panel)| ImageScored { image, scores: of_panel(panel) })
            .collect(),
    }
}

fn of_panel(panel: &PanelScores) -> BTreeMap<String, f64> {
    named([
        ("object", panel.object),
        ("prompt", panel.prompt),
        ("set", panel.set),
        ("reference", panel.reference),
        ("leakage", panel.leakage),
    ])
}

/// Those that there are, rounded to what can be told apart.
fn named<const N: usize>(values: [(&str, Option<f64>); N]) -> BTreeMap<String, f64> {
    let round = |value: f64| (value * 1e4).round() / 1e4;
    let kept = values.into_iter().filter_map(|(name, v)| Some((name.to_owned(), round(v?))));
    kept.collect()
}
