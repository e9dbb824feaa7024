//! From options to a recipe: what was asked, then what the model says.

use super::args::{Align, PaintArgs};
use super::panorama::widen;
use super::prompts::Source;
use super::references::refer;
use crate::cli::error::CliError;
use crate::cli::model::Defaults;
use crate::prompt::{self, Lists, panels};
use crate::recipe::{
    AdaIn, Anchor, Layers, ModelRef, Panel, RECIPE_VERSION, Recipe, SchedulerChoice, Style, Subject,
};

/// Freezes the source and the options into a recipe for `model`.
///
/// # Errors
/// When a field is out of its range.
pub fn freeze(
    args: &PaintArgs,
    source: &Source,
    model: ModelRef,
    defaults: Defaults,
    lists: &Lists,
    random_seed: u64,
) -> Result<Recipe, CliError> {
    let mut recipe = match source {
        Source::Exact(recipe) => {
            return checked(Recipe { model, ..(**recipe).clone() });
        }
        Source::More(set, prompts) => return more(args, set, prompts, model, lists),
        Source::Start(recipe) => Recipe { model, ..(**recipe).clone() },
        Source::Prompts(_) => blank(model, defaults),
    };
    recipe.engine = env!("CARGO_PKG_VERSION").to_owned();
    if let Some(style) = &args.style {
        recipe.style_prompt.clone_from(style);
    }
    if let Some(negative) = &args.negative {
        recipe.negative_prompt = Some(negative.clone());
    }
    look(args, &mut recipe);
    widen(&args.widen, &mut recipe);
    refer(&args.refer, &mut recipe)?;
    align(&args.align, &mut recipe.style);
    args.restrain.apply(&mut recipe.style);
    recipe.panels = match source {
        Source::Prompts(prompts) => {
            panels(prompts, variations(args), args.seed.unwrap_or(random_seed), lists)?
        }
        _ => reseeded(args, &recipe, lists)?,
    };
    checked(recipe)
}

/// A finished set with more panels, whose seeds go on from its last.
fn more(
    args: &PaintArgs,
    set: &Recipe,
    prompts: &[Subject],
    model: ModelRef,
    lists: &Lists,
) -> Result<Recipe, CliError> {
    let mut recipe = Recipe { model, ..set.clone() };
    let next = recipe.panels.last().map_or(0, |panel| panel.seed.wrapping_add(1));
    recipe.panels.extend(panels(prompts, variations(args), args.seed.unwrap_or(next), lists)?);
    checked(recipe)
}

fn checked(recipe: Recipe) -> Result<Recipe, CliError> {
    recipe.check()?;
    prompt::check(&recipe)?;
    Ok(recipe)
}

fn blank(model: ModelRef, defaults: Defaults) -> Recipe {
    Recipe {
        version: RECIPE_VERSION,
        engine: String::new(),
        model,
        anchor: Anchor::FirstPanel,
        panels: Vec::new(),
        style_prompt: String::new(),
        negative_prompt: None,
        size: defaults.size,
        steps: defaults.steps,
        guidance_scale: defaults.guidance,
        scheduler: SchedulerChoice::default(),
        style: Style::default(),
        control: None,
        panorama: None,
    }
}

fn variations(args: &PaintArgs) -> u32 {
    args.variations.unwrap_or(1)
}

/// A recipe's panels keep their seeds unless the options ask for others.
fn reseeded(args: &PaintArgs, recipe: &Recipe, lists: &Lists) -> Result<Vec<Panel>, CliError> {
    let prompts: Vec<Subject> = recipe
        .panels
        .iter()
        .map(|p| Subject { text: p.subject.clone(), seed: args.seed.is_none().then_some(p.seed) })
        .collect();
    Ok(panels(&prompts, variations(args), args.seed.unwrap_or(0), lists)?)
}

fn look(args: &PaintArgs, recipe: &mut Recipe) {
    let look = &args.look;
    recipe.steps = look.steps.unwrap_or(recipe.steps);
    recipe.guidance_scale = look.guidance.unwrap_or(recipe.guidance_scale);
    recipe.size = look.size.unwrap_or(recipe.size);
    let scheduler = &mut recipe.scheduler;
    scheduler.kind = look.scheduler.map(Into::into).or(scheduler.kind);
    scheduler.spacing = look.spacing.map(Into::into).or(scheduler.spacing);
    scheduler.offset = look.offset.or(scheduler.offset);
}

fn align(args: &Align, style: &mut Style) {
    if args.no_align {
        *style = Style::none();
        return;
    }
    if args.no_adain {
        style.adain = AdaIn { queries: false, keys: false, values: false };
    }
    style.adain = args.adain.unwrap_or(style.adain);
    style.full_share |= args.full_share;
    style.score_scale = args.score_scale.unwrap_or(style.score_scale);
    style.reference_weight = args.reference_weight.unwrap_or(style.reference_weight);
    style.share_group_norm |= args.share_group_norm;
    style.share_layer_norm |= args.share_layer_norm;
    if let Some(level) = args.only_self_level {
        style.layers = Layers::OnlySelfLevel(level);
    }
    if let Some(count) = args.plain_layers {
        style.layers = Layers::PlainCount(count);
    }
    if let Some(mask) = &args.layer_mask {
        style.layers = Layers::Mask(mask.clone());
    }
}

/// Takes control and text-turning characters out of every prompt and says in
/// which ones there were any. An exact recipe cannot be changed, so there they
/// are refused.
///
/// # Errors
/// When an exact recipe holds such characters.
pub fn clean(args: &mut PaintArgs, source: &mut Source) -> Result<Vec<String>, CliError> {
    let mut notes = Vec::new();
    let mut clean = |what: String, text: &mut String| {
        let kept = text.trim().chars().filter(|c| !steers(*c)).collect::<String>();
        let count = text.trim().chars().count() - kept.chars().count();
        if count > 0 {
            notes.push(format!("{what} held {count} control characters; they were taken out"));
            *text = kept;
        }
    };
    if let Some(style) = &mut args.style {
        clean("the style".into(), style);
    }
    if let Some(negative) = &mut args.negative {
        clean("the negative prompt".into(), negative);
    }
    match source {
        Source::Prompts(prompts) | Source::More(_, prompts) => {
            for (i, prompt) in prompts.iter_mut().enumerate() {
                clean(format!("prompt {}", i + 1), &mut prompt.text);
            }
        }
        Source::Start(recipe) | Source::Exact(recipe) => {
            clean("the recipe's style".into(), &mut recipe.style_prompt);
            if let Some(negative) = &mut recipe.negative_prompt {
                clean("the recipe's negative prompt".into(), negative);
            }
            for (i, panel) in recipe.panels.iter_mut().enumerate() {
                clean(format!("panel {}", i + 1), &mut panel.subject);
            }
        }
    }
    match (source, notes.first()) {
        (Source::Exact(_), Some(note)) => {
            let text = note.replace("; they were taken out", "; it cannot be repainted exactly");
            Err(CliError::usage(text).hint("use the file with --file to paint it without them"))
        }
        _ => Ok(notes),
    }
}

/// Controls, and the characters that turn the direction of the text around them.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
