//! A set that was painted twice with the same noise, aligned and plain.

use serde::Serialize;

use super::sets::Set;
use crate::metrics::{Measure, PanelScores, SetScores};
use crate::recipe::{Recipe, Style};

/// How much more an aligned set has than the plain one, over its panels.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The aligned set, by its place in the list.
    #[serde(skip)]
    pub aligned: usize,
    /// The plain one.
    #[serde(rename = "plain_set")]
    pub plain: usize,
    /// See [`PanelScores::object`].
    pub object: Option<Measure>,
    /// See [`PanelScores::prompt`].
    pub prompt: Option<Measure>,
    /// See [`PanelScores::set`].
    pub set: Option<Measure>,
    /// See [`PanelScores::reference`].
    pub reference: Option<Measure>,
    /// See [`PanelScores::leakage`].
    pub leakage: Option<Measure>,
}

impl Difference {
    /// Panel by panel, so that what a subject brings by itself cancels.
    pub fn new(aligned: usize, plain: usize, one: &SetScores, other: &SetScores) -> Self {
        let of = |value: fn(&PanelScores) -> Option<f64>| {
            let both = one.panels.iter().zip(&other.panels);
            let less = both.filter_map(|(one, other)| Some(value(one)? - value(other)?));
            Measure::of(&less.collect::<Vec<_>>())
        };
        Self {
            aligned,
            plain,
            object: of(|panel| panel.object),
            prompt: of(|panel| panel.prompt),
            set: of(|panel| panel.set),
            reference: of(|panel| panel.reference),
            leakage: of(|panel| panel.leakage),
        }
    }
}

/// The place of the plain set that goes with an aligned one.
pub fn partner<'a>(set: &Set, all: impl Iterator<Item = &'a Set>) -> Option<usize> {
    let wanted = set.recipe.as_ref().filter(|recipe| !recipe.style.is_plain()).map(plain)?;
    let mut all = all.enumerate();
    let fits = |other: &Set| {
        let recipe = other.recipe.as_ref().filter(|recipe| recipe.style.is_plain());
        other.panels() == set.panels() && recipe.map(plain).is_some_and(|r| r == wanted)
    };
    all.find(|(_, other)| fits(other)).map(|(at, _)| at)
}

/// The recipe without alignment; what it was painted with does not count.
fn plain(recipe: &Recipe) -> Recipe {
    let mut plain = Recipe { style: Style::none(), engine: String::new(), ..recipe.clone() };
    plain.model.hash = None;
    plain
}
