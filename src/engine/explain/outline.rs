//! What a recipe will do, step by step and block by block, before anything is painted.

use crate::engine::error::Result;
use crate::engine::schedule::Scheduler;
use crate::engine::spec::ModelSpec;
use crate::engine::style::layers;
use crate::models::ModelFolder;
use crate::recipe::Recipe;

/// The steps and blocks of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outline {
    /// What the network is told at each step.
    pub timesteps: Vec<f64>,
    /// Share of noise in the latents that enter each step: `√(1 − ᾱ)`.
    pub noise: Vec<f64>,
    /// How much of what is shared counts in each step, 0 to 1.
    pub window: Vec<f64>,
    /// The network's transformers, in the order in which they compute.
    pub blocks: Vec<BlockOutline>,
}

/// A transformer of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockOutline {
    /// Its module: `down_blocks.1.attentions.0`.
    pub name: String,
    /// Which of its self-attention layers share.
    pub shared: Vec<bool>,
}

impl Outline {
    /// Reads it from a recipe and the model's configurations; no weight is read.
    ///
    /// # Errors
    /// When the recipe does not fit the model.
    pub fn of(folder: &ModelFolder, recipe: &Recipe) -> Result<Self> {
        let (spec, steps) = (ModelSpec::read(folder)?, recipe.steps as usize);
        let scheduler = Scheduler::new(&spec.scheduler(recipe.scheduler)?, steps)?;
        let mask = layers::mask(&recipe.style.layers, &spec.unet)?;
        let plain = recipe.style.is_plain();
        let mut blocks: Vec<BlockOutline> = Vec::new();
        for (name, layer) in layers::in_order(&spec.unet) {
            let shares = !plain && mask.get(layer) == Some(&true);
            match blocks.last_mut().filter(|block| block.name == name) {
                Some(block) => block.shared.push(shares),
                None => blocks.push(BlockOutline { name, shared: vec![shares] }),
            }
        }
        let window = |i| if plain { 0.0 } else { recipe.style.window.at(i, steps) };
        Ok(Self {
            timesteps: scheduler.timesteps().to_vec(),
            noise: (0..steps).map(|i| scheduler.noise(i)).collect(),
            window: (0..steps).map(window).collect(),
            blocks,
        })
    }

    /// A step that stands for all: the first behind a quarter of them in which
    /// anything is shared, or the first of all.
    pub fn sample(&self) -> Option<usize> {
        let shares = |step: &usize| self.window.get(*step).is_some_and(|part| *part > 0.0);
        let steps = 0..self.window.len();
        steps.clone().skip(steps.len() / 4).find(shares).or_else(|| steps.clone().find(shares))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Draft, LayerGroup, Layers, Style, Window};

    #[test]
    fn a_recipe_is_laid_out_without_its_model() {
        let folder = ModelFolder::embedded().unwrap();
        let style = Style {
            layers: Layers::Group(LayerGroup::Up),
            window: Window { end: 0.5, ..Window::default() },
            ..Style::default()
        };
        let draft = Draft { subjects: vec!["a".into(), "b".into()], steps: 4, ..Draft::default() };
        let outline = Outline::of(&folder, &Draft { style, ..draft.clone() }.freeze("1")).unwrap();
        assert_eq!(outline.window, [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(outline.sample(), Some(1));
        let early = Outline { window: vec![1.0, 0.0, 0.0, 0.0], ..outline.clone() };
        assert_eq!(early.sample(), Some(0));
        assert!(outline.noise.is_sorted_by(|a, b| a > b), "{:?}", outline.noise);
        let ways: Vec<_> = outline.blocks.iter().map(|b| b.name.split('_').next()).collect();
        let middle = ways.iter().position(|way| *way == Some("mid")).unwrap();
        assert!(ways[..middle].iter().all(|way| *way == Some("down")), "{ways:?}");
        let shares: Vec<bool> = outline.blocks.iter().map(|b| b.shared.contains(&true)).collect();
        assert!(shares[middle + 1..].iter().all(|on| *on) && !shares[..=middle].contains(&true));
        let plain = Draft { style: Style::none(), ..draft }.freeze("1");
        let plain = Outline::of(&folder, &plain).unwrap();
        assert!(plain.blocks.iter().all(|b| !b.shared.contains(&true)) && plain.sample().is_none());
    }
}
