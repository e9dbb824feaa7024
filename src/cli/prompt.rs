//! `predella prompt`.

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::model;
use super::output::Output;
use crate::config;
use crate::engine::{TokenView, Tokenizers};
use crate::prompt::{Lists, check_style, draw, expand};
use crate::recipe::{MAX_PANELS, whole_prompt};

const EXAMPLE: &str = "Examples:\n\
\x20 predella prompt \"a {red|blue} (fox:1.3)\" --style watercolour\n\
\x20 predella prompt \"a __animal__\" --seed 7 --model sdxl --json";

/// Show what prompts stand for: alternatives, weights and tokens.
///
/// (word:1.3) counts 1.3 times, (word) 1.1 times, [word] 1/1.1 times. {fox|bear} is two prompts,
/// {1..4} four. __animal__ is a line of wildcards/animal.txt in the configuration folder, drawn by
/// the seed. A backslash makes any of these characters plain.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct PromptArgs {
    /// Prompts, as paint takes them.
    #[arg(required = true, value_name = "PROMPT")]
    prompts: Vec<String>,
    /// Style text, appended to every prompt.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    style: String,
    /// Seed of the first picture, which draws from lists.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Model whose tokens are shown [default: mini].
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
}

/// Prints each prompt with its tokens.
///
/// # Errors
/// When a prompt cannot be read or the model has no tokenizer.
pub fn run(args: &PromptArgs, out: &Output) -> Result<(), CliError> {
    let lists = lists()?;
    check_style(&args.style, "style")?;
    let mut subjects = Vec::new();
    for prompt in &args.prompts {
        subjects.extend(expand(prompt, MAX_PANELS - subjects.len().min(MAX_PANELS))?);
    }
    let tokenizers = Tokenizers::load(&model::open(args.model.as_deref())?)?;
    let mut list = Vec::new();
    for (seed, subject) in (args.seed..).zip(subjects) {
        let subject = draw(&subject, seed, &lists)?;
        let prompt = whole_prompt(&subject, &args.style);
        let views = tokenizers.view(&prompt)?;
        if out.is_json() {
            list.push(json!({ "prompt": prompt, "seed": seed, "encoders": views }));
        } else {
            print(&prompt, &views, out);
        }
    }
    if out.is_json() {
        out.document(&list);
    }
    Ok(())
}

/// The user's lists.
///
/// # Errors
/// When one cannot be read.
pub fn lists() -> Result<Lists, CliError> {
    config::lists().map_err(|error| CliError::usage(format!("cannot read a list: {error}")))
}

/// The prompt, then its tokens; once if all encoders cut it alike.
fn print(prompt: &str, views: &[TokenView], out: &Output) {
    out.line(prompt);
    for (i, view) in views.iter().enumerate() {
        let alike = |other: &TokenView| other.tokens == view.tokens;
        if views[..i].iter().any(alike) {
            continue;
        }
        let tokens: Vec<String> = view.tokens.iter().map(ToString::to_string).collect();
        out.line(&format!("  {} of {}: {}", tokens.len(), view.limit, tokens.join(" ")));
        if let Some(cut) = &view.cut {
            out.line(&format!("  not read: {}", cut.trim()));
        }
    }
}
