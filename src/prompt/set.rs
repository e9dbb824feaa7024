//! The prompts of a whole set.

use super::{Lists, PromptError, check_style, draw, expand, weighted};
use crate::recipe::{Anchor, Draft, MAX_PANELS, Panel, Recipe, Subject};

/// The recipe of a draft: its alternatives as panels of their own, numbered and
/// seeded in order, and lines drawn from lists by those seeds.
///
/// # Errors
/// When a prompt cannot be read, or they stand for more than a set holds.
pub fn freeze(draft: &Draft, lists: &Lists, engine: &str) -> Result<Recipe, PromptError> {
    let panels = panels(&draft.subjects, 1, draft.seed, lists)?;
    let recipe = Recipe { panels, ..draft.freeze(engine) };
    check(&recipe)?;
    Ok(recipe)
}

/// Gives every subject its alternatives, `variations` of each, and seeds, and
/// draws lines from `lists`.
///
/// The seeds count up from `first`, over all panels; a subject's own seed stays,
/// counted up over that subject's pictures only.
///
/// # Errors
/// When a prompt cannot be read, or a seed would pass the largest number.
pub fn panels(
    subjects: &[Subject],
    variations: u32,
    first: u64,
    lists: &Lists,
) -> Result<Vec<Panel>, PromptError> {
    let mut panels = Vec::with_capacity(subjects.len());
    for Subject { text, seed } in subjects {
        let ways = expand(text, MAX_PANELS)?;
        let pictures = ways.iter().flat_map(|way| (0..variations).map(move |_| way));
        for (number, way) in (0_u64..).zip(pictures) {
            let seed = match seed {
                Some(own) => own.checked_add(number),
                None => first.checked_add(panels.len() as u64),
            };
            let seed = seed.ok_or(PromptError::Seeds)?;
            panels.push(Panel { subject: draw(way, seed, lists)?, seed });
        }
    }
    Ok(panels)
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

    #[test]
    fn seeds_count_over_all_panels() {
        let subjects = ["a".into(), Subject { text: "b".into(), seed: Some(100) }, "c".into()];
        let seeds: Vec<u64> =
            panels(&subjects, 2, 7, &Lists::default()).unwrap().iter().map(|p| p.seed).collect();
        assert_eq!(seeds, [7, 8, 100, 101, 11, 12]);
        assert!(panels(&subjects, 1, u64::MAX - 1, &Lists::default()).is_err());
    }

    #[test]
    fn alternatives_are_pictures_with_seeds_of_their_own() {
        let subjects =
            [Subject { text: "a {red|blue} fox".into(), seed: Some(40) }, "a __tree__".into()];
        let mut lists = Lists::default();
        lists.add("tree", "birch\n");
        let panels = panels(&subjects, 2, 7, &lists).unwrap();
        let found: Vec<_> = panels.iter().map(|p| (p.subject.as_str(), p.seed)).collect();
        let foxes = [("a red fox", 40), ("a red fox", 41), ("a blue fox", 42), ("a blue fox", 43)];
        assert_eq!(found[..4], foxes);
        assert_eq!(found[4..], [("a birch", 11), ("a birch", 12)]);
    }
}
