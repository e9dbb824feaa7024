//! The command line: one file a verb.
//!
//! Every verb is given the [`Output`](output::Output) to talk through and
//! returns what went wrong, if anything did, as a [`CliError`](error::CliError)
//! that decides the exit code.

mod act;
mod bench;
mod completions;
mod control;
mod doctor;
mod error;
mod info;
mod interrupt;
mod judges;
mod keys;
mod machine;
mod man;
mod metrics;
mod model;
mod models;
mod output;
mod paint;
mod pictures;
mod progress;
mod prompt;
mod replay;
mod session;
mod show;
mod studio;
mod style;
mod tour;
mod values;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CliError;
use output::Output;

/// A terminal studio that paints sets of images in one shared style.
#[derive(Debug, Parser)]
#[command(
    name = "predella",
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Session folder to open in the studio; without one, your first session.
    session: Option<std::path::PathBuf>,
    /// Print results as JSON.
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
    /// Print no progress and no notes; warnings and errors stay.
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Paint(Box<paint::PaintArgs>),
    Grid(Box<paint::GridArgs>),
    Info(info::InfoArgs),
    Show(show::ShowArgs),
    Control(control::ControlArgs),
    Prompt(prompt::PromptArgs),
    #[command(subcommand)]
    Style(style::StyleVerb),
    #[command(subcommand)]
    Session(session::SessionVerb),
    Replay(replay::ReplayArgs),
    Metrics(metrics::MetricsArgs),
    Words(words::WordsArgs),
    Do(act::DoArgs),
    Keys(keys::KeysArgs),
    Themes(keys::ThemesArgs),
    #[command(subcommand)]
    Models(models::ModelsVerb),
    Bench(bench::BenchArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs a command line, program name first, and says what the process returns.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            output::parser(&error, arguments.iter().all(is_plain));
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let out = Output::new(cli.json, cli.quiet);
    let ran = match cli.verb {
        Some(verb) => verb.run(&out),
        None => studio::run(cli.session.as_deref()),
    };
    match ran.and_then(|()| out.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out.fail(&error);
            error.exit_code()
        }
    }
}

impl Verb {
    fn run(self, out: &Output) -> Result<(), CliError> {
        match self {
            Self::Paint(args) => paint::run(*args, out),
            Self::Grid(args) => paint::grid(*args, out),
            Self::Info(args) => info::run(&args, out),
            Self::Show(args) => show::run(&args, out),
            Self::Control(args) => control::run(&args, out),
            Self::Prompt(args) => prompt::run(&args, out),
            Self::Style(verb) => style::run(&verb, out),
            Self::Session(verb) => session::run(&verb, out),
            Self::Replay(args) => replay::run(&args, out),
            Self::Metrics(args) => metrics::run(&args, out),
            Self::Words(args) => words::run(&args, out),
            Self::Do(args) => act::run(&args, out),
            Self::Keys(args) => keys::run(&args, out),
            Self::Themes(args) => keys::themes(&args, out),
            Self::Models(verb) => models::run(&verb, out),
            Self::Bench(args) => bench::run(&args, out),
            Self::Doctor(args) => doctor::run(&args, out),
            Self::Completions(args) => completions::run(&args, out),
            Self::Man(args) => man::run(&args, out),
        }
    }
}

/// Whether an argument may be repeated on a terminal as it is.
fn is_plain(argument: &OsString) -> bool {
    let text = argument.to_string_lossy();
    crate::util::text::sanitise(&text) == text
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    some panels or files failed
  2    the command line asks for something that cannot be
  3    the model is missing or was refused
  4    out of memory
  5    the session is damaged or cannot be opened
  6    a verification found a difference
  130  interrupted (143 when terminated); finished pictures are kept";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_options_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }

    /// What can be painted from the command line can be painted in the studio.
    #[test]
    fn every_option_of_painting_is_a_setting_of_the_studio() {
        let settings: Vec<&str> = crate::tui::settings::options().collect();
        let command = super::Cli::command();
        let paint = command.find_subcommand("paint").unwrap();
        let headings = [
            "Sampling",
            "Panoramas",
            "Style alignment",
            "Strength and leakage",
            "Reference pictures",
            "Control maps",
        ];
        // Several ways to write one setting, and a style that is taken with its own key.
        let others = ["no-adain", "only-self-level", "plain-layers", "layer-mask", "use"];
        let mut known = Vec::new();
        for arg in paint.get_arguments() {
            let name = arg.get_long().unwrap_or_default();
            if headings.contains(&arg.get_help_heading().unwrap_or_default()) {
                let found = settings.contains(&name) || others.contains(&name);
                assert!(found, "--{name} is no setting of the studio");
            }
            known.push(name);
        }
        for option in settings {
            assert!(known.contains(&option), "there is no option --{option}");
        }
    }

    /// Every command that the documents give can be given.
    #[test]
    fn what_the_documents_say_is_understood() {
        let mut count = 0;
        for (name, text) in [
            ("README.md", include_str!("../../README.md")),
            ("docs/method.md", include_str!("../../docs/method.md")),
            ("docs/features.md", include_str!("../../docs/features.md")),
            ("docs/strength.md", include_str!("../../docs/strength.md")),
        ] {
            for line in commands(text) {
                if let Err(error) = super::Cli::try_parse_from(words(&line)) {
                    assert_eq!(error.exit_code(), 0, "{name}: {line}\n{error}");
                }
                count += 1;
            }
        }
        assert!(count > 60, "only {count} commands were found");
    }

    /// The commands of this program in code, a block or within a line.
    fn commands(text: &str) -> Vec<String> {
        let (mut found, mut fenced) = (Vec::new(), false);
        for line in text.replace("\\\n", " ").lines() {
            fenced ^= line.starts_with("```");
            if fenced || line.starts_with("    ") {
                let command = line.rsplit_once(" | ").map_or(line, |(_, last)| last);
                found.push(command.trim().to_owned());
            } else {
                // A verb alone is a name, not a command.
                let quoted = line.split('`').skip(1).step_by(2);
                let whole = quoted.filter(|text| text.split_whitespace().count() > 2);
                found.extend(whole.map(str::to_owned));
            }
        }
        // Where the output goes is the shell's affair.
        found.iter_mut().for_each(|line| line.truncate(line.find(" > ").unwrap_or(line.len())));
        // Names of several verbs at once are no command.
        found.retain(|line| line.starts_with("predella ") && !line.contains(['…', '|']));
        found
    }

    /// A line's words as a shell takes them.
    fn words(line: &str) -> Vec<std::ffi::OsString> {
        use std::os::unix::ffi::OsStringExt;
        let script = format!("set -f; set -- {line}\nprintf '%s\\0' \"$@\"");
        let ran = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let words = ran.stdout.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| std::ffi::OsString::from_vec(word.to_vec())).collect()
    }
}
