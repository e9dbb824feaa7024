//! `predella bench paper`: the published protocol on any model.

mod arms;
mod paint;
mod record;
mod report;
mod sets;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::error::CliError;
use crate::cli::interrupt::Interrupt;
use crate::cli::judges::JudgeArgs;
use crate::cli::model::{self, Defaults};
use crate::cli::output::Output;
use crate::cli::{machine, values};
use crate::engine::{DeviceChoice, LoadOptions, ModelSpec, Pipeline, Precision};
use crate::recipe::Size;
use crate::util::fs::{create_dir, write_atomic};
use arms::{Arm, Mode};
use paint::Painting;
use record::{Protocol, Record};
use sets::{PromptSet, Source};

const ABOUT: &str = "The published protocol (arXiv 2312.02133, section 4): sets of pictures, the same noise in\n\
every arm. The first picture of a set lends its style, or with --references a picture of its\n\
own that is none of the set. Judged are the fit to the subject and to the whole prompt (CLIP),\n\
the likeness of style over all pairs (DINO) and with the reference, leakage of the reference's\n\
subject, and diversity. What is done is kept in the folder, and the same command goes on from\n\
there.";

const EXAMPLES: &str = "Examples:\n\
\x20 predella bench paper --sets 6 --steps 20 --out paper-mini\n\
\x20 predella bench paper --references tools/bench/references/list.txt --steps 50 --out paper-lent\n\
\x20 predella bench paper --model sdxl --file sets.txt --clip openai/clip-vit-base-patch32@refs/pr/15 \\\n\
\x20     --dino ./dino-vitb8 --device cuda --out paper-sdxl";

fn help() -> String {
    let names = |mode: Mode| lines(&mode.arms().map(|arm| arm.name).collect::<Vec<_>>());
    let [first, lent] = [Mode::FirstPanel, Mode::Picture].map(names);
    format!("{ABOUT}\n\nArms: {first}.\n\nWith --references: {lent}.\n\n{EXAMPLES}")
}

/// Names with commas between them, in lines that are not too long.
fn lines(names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        let last = text.rsplit('\n').next().unwrap_or_default();
        let between = match (text.is_empty(), last.len() + name.len() > 70) {
            (true, _) => "",
            (false, false) => ", ",
            (false, true) => ",\n",
        };
        text = format!("{text}{between}{name}");
    }
    text
}

/// Run the published protocol: sets in every arm, judged, with a report.
#[derive(Debug, Args)]
#[command(after_help = help())]
pub struct PaperArgs {
    /// Folder of the report and of what is done so far.
    #[arg(short, long, value_name = "FOLDER", default_value = "predella-paper")]
    out: PathBuf,
    /// Sets from a file, one a line: STYLE | SUBJECT | SUBJECT | … [default: twelve for mini].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Sets whose style a picture lends, from a file, one a line: PICTURE | CAPTION | STYLE |
    /// SUBJECT | SUBJECT | …; pictures are named from the file's folder.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    references: Option<PathBuf>,
    /// Leave the style out of the prompts, so that only the picture tells it.
    #[arg(long, requires = "references")]
    unnamed: bool,
    /// Only so many sets, from the first.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sets: Option<u32>,
    /// Only these arms, with commas between them [default: all of the mode].
    #[arg(long, value_name = "ARM", value_delimiter = ',', value_parser = Arm::find)]
    arms: Vec<&'static Arm>,
    /// Denoising steps [default: the model's].
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// Size of each picture [default: the model's].
    #[arg(long, value_name = "WxH", value_parser = values::size)]
    size: Option<Size>,
    /// Seed of the first picture of the first set; each next picture takes the next number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Model: mini, a folder, or owner/name of a downloaded one [default: mini].
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Device: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Number format of the weights: auto, f32, f16 or bf16.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    precision: Precision,
    /// Processor threads [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    #[command(flatten)]
    judges: JudgeArgs,
}

/// Paints and judges what is not done yet, and writes the report.
///
/// # Errors
/// When the model, a judge or the folder cannot be used, or it was interrupted.
pub fn run(args: &PaperArgs, out: &Output) -> Result<(), CliError> {
    machine::threads(args.threads)?;
    let sets = sets::read(args.source(), args.sets)?;
    let arms = args.chosen(sets.mode)?;
    let folder = model::open(args.model.as_deref())?;
    let defaults = Defaults::of(&ModelSpec::read(&folder)?);
    let judges = args.judges.open()?;
    let options = LoadOptions { device: args.device, precision: args.precision };
    let pipeline = Pipeline::load(&folder, &options)?;
    let protocol = Protocol {
        model: folder.name().to_owned(),
        model_hash: folder.hash()?,
        clip: judges.clip.who().clone(),
        style: judges.style.who().clone(),
        device: pipeline.device_name(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        steps: args.steps.unwrap_or(defaults.steps),
        size: args.size.unwrap_or(defaults.size),
        guidance: defaults.guidance,
        seed: args.seed,
        mode: sets.mode,
        unnamed: args.unnamed,
    };
    check(&protocol, &sets.each, &arms)?;
    if !args.out.is_dir() {
        create_dir(&args.out)?;
    }
    let mut record = Record::open(&args.out, protocol)?;
    let interrupt = Interrupt::install()?;
    let painting = Painting { folder, pipeline, options, judges, interrupt: &interrupt, out };
    for (i, set) in sets.each.iter().enumerate() {
        let is_left = |arm: &&&Arm| record.get(i, set, arm).is_none();
        let left: Vec<&Arm> = arms.iter().filter(is_left).copied().collect();
        if left.is_empty() {
            continue;
        }
        let lent = set.picture(&sets.base, record.protocol.size)?;
        for arm in left {
            let recipe = record.protocol.recipe(i, set, arm);
            let (all, number) = (sets.each.len(), i + 1);
            out.say(&format!("set {number} of {all}, {}: {}", arm.name, set.style));
            let sheet = args.out.join(format!("{number:03}-{}.png", arm.name));
            let done = painting.paint((set, lent.as_ref()), &recipe, &sheet);
            if let Some(mut stopped) = interrupt.error().filter(|_| done.is_err()) {
                stopped.message = format!("{}; what is done is kept", stopped.message);
                return Err(stopped.hint("run the same command again to go on"));
            }
            record.add(i, set, arm, done?)?;
        }
    }
    finish(&args.out, &record, &sets.each, &arms, out)
}

impl PaperArgs {
    fn source(&self) -> Source<'_> {
        match (&self.file, &self.references) {
            (_, Some(path)) => Source::Pictures(path),
            (Some(path), None) => Source::Prompts(path),
            (None, None) => Source::Ours,
        }
    }

    /// The arms that were named, in the order of reports, or all of the mode.
    fn chosen(&self, mode: Mode) -> Result<Vec<&'static Arm>, CliError> {
        if let Some(arm) = self.arms.iter().find(|arm| !arm.fits(mode)) {
            let name = arm.name;
            return Err(match mode {
                Mode::FirstPanel => CliError::usage(format!("in {name} a picture lends the style"))
                    .hint("name a list of pictures with --references FILE"),
                Mode::Picture => {
                    CliError::usage(format!("in {name} the first picture lends the style"))
                        .hint("leave out --references")
                }
            });
        }
        let is_chosen =
            |arm: &&Arm| self.arms.is_empty() || self.arms.iter().any(|a| a.name == arm.name);
        Ok(mode.arms().filter(is_chosen).collect())
    }
}

/// Refuses what cannot be painted before anything is.
fn check(protocol: &Protocol, sets: &[PromptSet], arms: &[&Arm]) -> Result<(), CliError> {
    for (i, set) in sets.iter().enumerate() {
        for arm in arms {
            protocol.recipe(i, set, arm).check().map_err(|error| {
                let mut error = CliError::from(error);
                error.message = format!("set {}, {}: {}", i + 1, arm.name, error.message);
                error.hint("--arms names those that are painted")
            })?;
        }
    }
    Ok(())
}

fn finish(
    folder: &Path,
    record: &Record,
    sets: &[PromptSet],
    arms: &[&'static Arm],
    out: &Output,
) -> Result<(), CliError> {
    let rows: Vec<report::Row> =
        arms.iter().filter_map(|arm| report::Row::of(record, sets, arm)).collect();
    let text = report::markdown(&record.protocol, &rows);
    let usual = record.protocol.mode.usual().map(|arm| arm.name);
    let document = json!({ "protocol": record.protocol, "usual": usual, "arms": rows });
    let json = serde_json::to_string_pretty(&document)
        .map_err(|error| CliError::failed(error.to_string()))?;
    write_atomic(&folder.join("report.md"), text.as_bytes())?;
    write_atomic(&folder.join("report.json"), json.as_bytes())?;
    if out.is_json() {
        out.document(&document);
    } else {
        out.line(&text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_arm_in_lines_of_a_terminal() {
        let help = help();
        assert!(arms::ARMS.iter().all(|arm| help.contains(arm.name)), "{help}");
        let names: Vec<&str> = Mode::FirstPanel.arms().map(|arm| arm.name).collect();
        assert!(lines(&names).lines().count() > 1 && lines(&names).lines().all(|l| l.len() < 80));
    }
}
