//! `predella bench paper`: the published protocol on any model.

mod arms;
mod paint;
mod record;
mod report;
mod sets;

use std::path::PathBuf;

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
use arms::{ARMS, Arm};
use paint::Painting;
use record::{Protocol, Record};
use sets::PromptSet;

const HELP: &str = "The published protocol (arXiv 2312.02133, section 4): sets of four, the first\n\
picture lends its style, the same noise in every arm. Judged are the fit to the subject\n\
and to the whole prompt (CLIP), the likeness of style over all pairs (DINO) and with the\n\
reference, leakage of the reference's subject, and diversity. What is done is kept in the\n\
folder, and the same command goes on from there.\n\n\
Arms: plain, aligned, no-adain, full-share, scale-0.75, scale-0.5, weight-0.5, weight-2,\n\
half-layers, group-norm.\n\n\
Examples:\n\
\x20 predella bench paper --sets 6 --steps 20 --out paper-mini\n\
\x20 predella bench paper --model sdxl --file sets.txt --clip openai/clip-vit-base-patch32@refs/pr/15 \\\n\
\x20     --dino ./dino-vitb8 --device cuda --out paper-sdxl";

/// Run the published protocol: sets in every arm, judged, with a report.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct PaperArgs {
    /// Folder of the report and of what is done so far.
    #[arg(short, long, value_name = "FOLDER", default_value = "predella-paper")]
    out: PathBuf,
    /// Sets from a file, one a line: STYLE | SUBJECT | SUBJECT | … [default: twelve for mini].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only so many sets, from the first.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sets: Option<u32>,
    /// Only these arms, with commas between them [default: all].
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
    let sets = sets::read(args.file.as_deref(), args.sets)?;
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
    };
    if !args.out.is_dir() {
        create_dir(&args.out)?;
    }
    let mut record = Record::open(&args.out, protocol)?;
    let interrupt = Interrupt::install()?;
    let painting = Painting { folder, pipeline, options, judges, interrupt: &interrupt, out };
    for (i, set) in sets.iter().enumerate() {
        for arm in chosen(args) {
            if record.get(i, set, arm).is_some() {
                continue;
            }
            let recipe = record.protocol.recipe(i, set, arm);
            recipe.check()?;
            out.say(&format!("set {} of {}, {}: {}", i + 1, sets.len(), arm.name, set.style));
            let done =
                painting.paint(&recipe, &args.out.join(format!("{:03}-{}.png", i + 1, arm.name)));
            if let Some(mut stopped) = interrupt.error().filter(|_| done.is_err()) {
                stopped.message = format!("{}; what is done is kept", stopped.message);
                return Err(stopped.hint("run the same command again to go on"));
            }
            record.add(i, set, arm, done?)?;
        }
    }
    finish(args, &record, &sets, out)
}

fn chosen(args: &PaperArgs) -> impl Iterator<Item = &'static Arm> {
    let all = args.arms.is_empty();
    ARMS.iter().filter(move |arm| all || args.arms.iter().any(|chosen| chosen.name == arm.name))
}

fn finish(
    args: &PaperArgs,
    record: &Record,
    sets: &[PromptSet],
    out: &Output,
) -> Result<(), CliError> {
    let rows: Vec<report::Row> =
        chosen(args).filter_map(|arm| report::Row::of(record, sets, arm)).collect();
    let text = report::markdown(&record.protocol, &rows);
    let document = json!({ "protocol": record.protocol, "arms": rows });
    let json = serde_json::to_string_pretty(&document)
        .map_err(|error| CliError::failed(error.to_string()))?;
    write_atomic(&args.out.join("report.md"), text.as_bytes())?;
    write_atomic(&args.out.join("report.json"), json.as_bytes())?;
    if out.is_json() {
        out.document(&document);
    } else {
        out.line(&text);
    }
    Ok(())
}
