//! What a model's files say of a set, without a weight: its steps and blocks, and the
//! tokens of its prompts.

use crate::engine::explain::Outline;
use crate::engine::{TokenView, Tokenizers};
use crate::recipe::Recipe;
use crate::studio::open_model;

/// What each encoder reads of a prompt.
pub type Tokens = Vec<TokenView>;

/// The steps and blocks of a set.
///
/// # Errors
/// Why they are not known, in words.
pub fn outline(recipe: &Recipe) -> Result<Outline, String> {
    let folder = open_model(&recipe.model.name).map_err(|error| error.to_string())?;
    Outline::of(&folder, recipe).map_err(|error| error.to_string())
}

/// What a model reads of each prompt.
///
/// # Errors
/// Why it cannot be said, in words.
pub fn tokens(model: &str, prompts: &[String]) -> Result<Vec<Tokens>, String> {
    let folder = open_model(model).map_err(|error| error.to_string())?;
    let tokenizers = Tokenizers::load(&folder).map_err(|error| error.to_string())?;
    let view = |prompt: &String| tokenizers.view(prompt).map_err(|error| error.to_string());
    prompts.iter().map(view).collect()
}
