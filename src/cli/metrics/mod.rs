//! `predella metrics`: how well pictures fit their texts, how alike they are in
//! style, and what leaks from the reference.

mod compare;
mod keep;
mod sets;
mod table;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::judges::JudgeArgs;
use super::output::Output;
use crate::metrics::{Judges, Origin, Panel, Reference, SetScores, weight_response};
use compare::{Difference, partner};
use sets::{References, Set};

const HELP: &str = "Columns, each under the judge that gives it:\n\
\x20 object     cosine of picture and subject\n\
\x20 prompt     cosine of picture and whole prompt, style included\n\
\x20 set        mean cosine of style with the other pictures of the set\n\
\x20 reference  cosine of style with the reference; not for the reference itself\n\
\x20 leakage    cosine of picture and the reference's subject, less the mean of those\n\
\x20            with the subjects of the other pictures; above 0 something leaked\n\
A set that was painted twice with the same noise, plain and aligned, is compared.\n\
Numbers of different judges are not comparable.\n\n\
Examples:\n\
\x20 predella metrics predella-out/*.png\n\
\x20 predella metrics tour --run 4 --json\n\
\x20 predella metrics tour --clip openai/clip-vit-base-patch32 --dino facebook/dino-vitb8";

/// Measure sets: fit to the text, likeness of style, leakage from the reference.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct MetricsArgs {
    /// A session by its name or folder, or pictures; those of one recipe are a set.
    #[arg(required = true, value_name = "SESSION|IMG")]
    targets: Vec<PathBuf>,
    /// Only this run of the session, as `predella replay` numbers it; may be repeated.
    #[arg(long, value_name = "N")]
    run: Vec<u64>,
    /// A picture that lent its style, for pictures that do not say so.
    #[arg(short, long, value_name = "IMG")]
    reference: Vec<PathBuf>,
    /// Keep the numbers in the session, where the studio shows them.
    #[arg(long)]
    keep: bool,
    /// Draw the matrix of all pairs, also where there are several sets.
    #[arg(long)]
    matrix: bool,
    #[command(flatten)]
    judges: JudgeArgs,
}

/// A set and its numbers.
struct Measured {
    set: Set,
    scores: SetScores,
}

/// Measures every set and prints the numbers.
///
/// # Errors
/// When a judge or a picture cannot be read, or there is nothing to measure.
pub fn run(args: &MetricsArgs, out: &Output) -> Result<(), CliError> {
    let (sets, shelf) = sets::find(&args.targets, &args.run)?;
    let given = References::given(&args.reference)?;
    let judges = args.judges.open()?;
    let mut measured: Vec<Measured> = Vec::new();
    for set in sets {
        let scores = measure(&judges, &set, &shelf, &given, out)?;
        measured.push(Measured { set, scores });
    }
    if args.keep {
        keep::keep(&args.targets, &measured, out)?;
    }
    let differences = differences(&measured);
    let response = response(&measured, &differences);
    if out.is_json() {
        let document = |(i, one): (usize, &Measured)| one.document(&differences, i);
        out.document(&json!({
            "sets": measured.iter().enumerate().map(document).collect::<Vec<_>>(),
            "weight_response": response,
        }));
        return Ok(());
    }
    for (i, one) in measured.iter().enumerate() {
        if i > 0 {
            out.line("");
        }
        table::print(&one.set, &one.scores, out);
        for difference in differences.iter().filter(|difference| difference.aligned == i) {
            if let Some(plain) = measured.get(difference.plain) {
                table::print_difference(difference, &plain.set, &one.scores, out);
            }
        }
        if args.matrix || measured.len() == 1 {
            table::matrix(&one.scores, out);
        }
    }
    if let Some(response) = response {
        out.line(&format!("\nweight response (rank correlation, judged by style): {response:.2}"));
    }
    Ok(())
}

/// Looks at the pictures of a set, one set in memory at a time.
fn measure(
    judges: &Judges,
    set: &Set,
    shelf: &sets::Shelf,
    given: &References,
    out: &Output,
) -> Result<SetScores, CliError> {
    let pictures = set.pictures(shelf)?;
    let texts: Vec<_> = set.texts();
    let panels: Vec<Panel> = pictures
        .iter()
        .zip(&texts)
        .map(|(picture, texts)| Panel {
            picture,
            texts: texts.as_ref().map(|(subject, prompt)| (subject.as_str(), prompt.as_str())),
        })
        .collect();
    let lent = set.references(given, out);
    let references: Vec<Reference> = lent.each().collect();
    let origin = match (references.is_empty(), set.has_anchor()) {
        (false, _) => Origin::Pictures(&references),
        (true, true) => Origin::FirstPanel,
        (true, false) => Origin::Unknown,
    };
    Ok(judges.measure(&panels, origin)?)
}

/// Which aligned set goes with which plain one.
fn differences(measured: &[Measured]) -> Vec<Difference> {
    let found = measured.iter().enumerate().filter_map(|(i, one)| {
        let plain = partner(&one.set, measured.iter().map(|other| &other.set))?;
        Some(Difference::new(i, plain, &one.scores, &measured.get(plain)?.scores))
    });
    found.collect()
}

fn response(measured: &[Measured], differences: &[Difference]) -> Option<f64> {
    let pair = |difference: &Difference| {
        Some((&measured.get(difference.aligned)?.scores, &measured.get(difference.plain)?.scores))
    };
    weight_response(&differences.iter().filter_map(pair).collect::<Vec<_>>())
}

impl Measured {
    fn document(&self, differences: &[Difference], i: usize) -> Value {
        let own = differences.iter().find(|difference| difference.aligned == i);
        json!({
            "name": self.set.name,
            "run": self.set.run,
            "aligned": self.set.is_aligned(),
            "files": self.set.files(),
            "scores": self.scores,
            "weighted_similarity": self.scores.weighted_similarity(),
            "less_plain": own,
        })
    }
}
