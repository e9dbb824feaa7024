//! A prompt as the model's tokenizers cut it, without any weights.

use super::tokenizer::Tokenizer;
use crate::engine::error::Result;
use crate::models::ModelFolder;
use crate::prompt::weighted;
use serde::Serialize;
use std::fmt;

/// One piece of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Token {
    /// Its number in the vocabulary.
    pub id: u32,
    /// Its letters; `</w>` ends a word.
    pub text: String,
    /// How much it counts; 1 is plain.
    pub weight: f32,
}

/// Its letters, with a hyphen where a word goes on, and its weight unless it is plain.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.strip_suffix("</w>") {
            Some(end) => f.write_str(end)?,
            None => write!(f, "{}-", self.text)?,
        }
        if self.weight == 1.0 { Ok(()) } else { write!(f, ":{:.2}", self.weight) }
    }
}

/// What one encoder reads of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenView {
    /// The tokenizer's folder.
    pub tokenizer: String,
    /// Its pieces, without start, end and padding.
    pub tokens: Vec<Token>,
    /// The most that are read.
    pub limit: usize,
    /// The end of the text that is not read.
    pub cut: Option<String>,
}

/// The tokenizers of a model.
pub struct Tokenizers(Vec<(String, Tokenizer)>);

impl Tokenizers {
    /// Reads them; no weight is touched.
    ///
    /// # Errors
    /// When files are missing or malformed.
    pub fn load(folder: &ModelFolder) -> Result<Self> {
        let names = ["tokenizer", "tokenizer_2"].into_iter();
        let names = names.filter(|name| *name == "tokenizer" || folder.has(name));
        let load = |name: &str| Ok((name.to_owned(), Tokenizer::load(folder, name)?));
        names.map(load).collect::<Result<_>>().map(Self)
    }

    /// What each encoder reads of a prompt.
    ///
    /// # Errors
    /// When a bracket has no other half, or a tokenizer fails.
    pub fn view(&self, prompt: &str) -> Result<Vec<TokenView>> {
        let prompt = weighted(prompt)?;
        let view = |(name, tokenizer): &(String, Tokenizer)| {
            let check = tokenizer.check(&prompt.text)?;
            let pieces = tokenizer.pieces(&prompt.text)?.into_iter();
            let tokens =
                pieces.map(|(id, text, start)| Token { id, text, weight: prompt.weight_at(start) });
            let tokens = tokens.collect();
            Ok(TokenView { tokenizer: name.clone(), tokens, limit: check.limit, cut: check.cut })
        };
        self.0.iter().map(view).collect()
    }
}
