//! Recipes in the history, of this version and of others.

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use super::ids::RunId;
use crate::recipe::Recipe;
use crate::recipe::yaml::YamlError;

/// A recipe as it was queued; cheap to copy.
#[derive(Debug, Clone, PartialEq)]
pub enum Frozen {
    /// One that this version can paint.
    Known(Arc<Recipe>),
    /// One that it cannot read. Its pictures can still be looked at.
    Foreign(Arc<Foreign>),
}

/// A recipe of another version, or a damaged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The whole entry, as it stands in the history.
    pub text: String,
    /// Why it cannot be read.
    pub error: YamlError,
    /// How many panels it has.
    pub panels: usize,
}

impl Frozen {
    /// The recipe, where it can be read.
    pub fn recipe(&self) -> Option<&Arc<Recipe>> {
        match self {
            Self::Known(recipe) => Some(recipe),
            Self::Foreign(_) => None,
        }
    }

    /// How many panels it has.
    pub fn panels(&self) -> usize {
        match self {
            Self::Known(recipe) => recipe.panels.len(),
            Self::Foreign(foreign) => foreign.panels,
        }
    }
}

impl From<Recipe> for Frozen {
    fn from(recipe: Recipe) -> Self {
        Self::Known(Arc::new(recipe))
    }
}

impl Serialize for Frozen {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(recipe) => recipe.serialize(to),
            Self::Foreign(_) => {
                Err(ser::Error::custom("a recipe of another version is not written"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Frozen {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Recipe::deserialize(from).map(Self::from)
    }
}

/// What is read of a queued run whose recipe cannot be.
#[derive(Deserialize)]
pub(super) struct LooseRun {
    #[serde(default)]
    pub parent: Option<RunId>,
    pub recipe: LooseRecipe,
}

/// What is read of a recipe that cannot be.
#[derive(Deserialize)]
pub(super) struct LooseRecipe {
    pub panels: Vec<IgnoredAny>,
}
