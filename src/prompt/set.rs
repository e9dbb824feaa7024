//! The prompts of a whole set.

use super::{Lists, PromptError, check_style, draw, expand, weighted};
use crate::recipe::{Anchor, Draft, MAX_PANELS, Recipe};

/// The recipe of a draft: its alternatives as panels of their own, numbered and
/// seeded in order, and lines drawn from lists by those seeds.
///
/// # Errors
/// When a prompt cannot be read, or they stand for more than a set holds.
pub fn freeze(draft: &Draft, lists: &Lists, engine: &str) -> Result<Recipe, PromptError> {
    let mut subjects = Vec::new();
    for subject in &draft.subjects {
        subjects.extend(expand(subject, MAX_PANELS)?);
    }
    let mut recipe = Draft { subjects, ..draft.clone() }.freeze(engine);
    for panel in &mut recipe.panels {
        panel.subject = draw(&panel.subject, panel.seed, lists)?;
    }
    check(&recipe)?;
    Ok(recipe)
}

/// Whether every text of a recipe can be read.
///
/// # Errors
/// The first that cannot.
pub fn check(recipe: &Recipe) -> Result<(), PromptError> {
    check_style(&recipe.style_prompt, "style")?;
    let negative = recipe.negative_prompt.as_deref().unwrap_or_default();
    check_style(negative, "negative prompt")?;
    weighted(negative)?;
    if let Anchor::References(references) = &recipe.anchor {
        references.pictures.iter().try_for_each(|r| weighted(&r.caption).map(|_| ()))?;
    }
    recipe.panels.iter().try_for_each(|panel| weighted(&recipe.prompt(panel)).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_expanded_and_drawn() {
        let mut lists = Lists::default();
        lists.add("animal", "fox\nbear\nowl\n");
        let subjects = vec!["a {red|blue} house".into(), "a __animal__".into()];
        let draft = Draft { subjects, seed: 5, ..Draft::default() };
        let recipe = freeze(&draft, &lists, "1").unwrap();
        let (seeds, subjects): (Vec<_>, Vec<_>) =
            recipe.panels.iter().map(|p| (p.seed, p.subject.as_str())).unzip();
        assert_eq!((seeds, &subjects[..2]), (vec![5, 6, 7], &["a red house", "a blue house"][..]));
        assert!(["a fox", "a bear", "a owl"].contains(&subjects[2]), "{subjects:?}");
        // What was frozen stands for itself.
        assert_eq!(freeze(&Draft::from_recipe(&recipe), &lists, "1").unwrap(), recipe);
    }

    #[test]
    fn every_text_is_read_before_it_is_painted() {
        let good = Draft { subjects: vec!["a fox".into()], ..Draft::default() };
        let lists = Lists::default();
        for bad in [
            Draft { subjects: vec!["a (fox".into()], ..good.clone() },
            Draft { style_prompt: "oil)".into(), ..good.clone() },
            Draft { style_prompt: "{oil|ink}".into(), ..good.clone() },
            Draft { negative_prompt: "(a:9)".into(), ..good.clone() },
            Draft { subjects: vec!["{1..40}{1..40}".into()], ..good.clone() },
        ] {
            assert!(freeze(&bad, &lists, "1").is_err(), "{bad:?}");
        }
        assert!(freeze(&good, &lists, "1").is_ok());
    }
}
