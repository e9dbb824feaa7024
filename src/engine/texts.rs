//! The texts of a recipe, encoded.

use super::error::Result;
use super::pipeline::{Pipeline, check, time_ids};
use super::sampler::RowText;
use super::text::TextStates;
use crate::recipe::Recipe;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

impl Pipeline {
    /// What guidance steers away from.
    pub(super) fn negative(&self, recipe: &Recipe) -> Result<TextStates> {
        match recipe.negative_prompt.as_deref() {
            Some(text) => self.text.encode_weighted(text),
            None => self.text.encode_negative(None),
        }
    }

    /// Each panel's prompt; equal prompts are encoded once.
    pub(super) fn encode_prompts(
        &self,
        recipe: &Recipe,
        stop: &AtomicBool,
    ) -> Result<Vec<RowText>> {
        check(stop)?;
        let negative = self.negative(recipe)?;
        let mut known: HashMap<String, TextStates> = HashMap::new();
        let mut texts = Vec::with_capacity(recipe.panels.len());
        for panel in &recipe.panels {
            check(stop)?;
            let prompt = recipe.prompt(panel);
            let states = match known.get(&prompt) {
                Some(states) => states.clone(),
                None => self.text.encode_weighted(&prompt)?,
            };
            known.insert(prompt, states.clone());
            let mut text = RowText::new(states, negative.clone(), time_ids(recipe.size));
            if recipe.style.subject_keys < 1.0 {
                text.subject = self.text.word_places(panel.subject.trim())?;
            }
            texts.push(text);
        }
        Ok(texts)
    }
}
