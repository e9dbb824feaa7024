//! CLIP's byte-level BPE tokenizer, from `tokenizer.json` or from the older
//! `vocab.json` and `merges.txt`.

use crate::engine::error::{EngineError, Result};
use crate::models::{ModelError, ModelFolder};
use serde_json::{Value, json};
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// How CLIP cuts text into words.
const WORDS: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
/// The names of CLIP's own start and end tokens.
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// Tokens of a prompt where the files do not say.
const DEFAULT_LENGTH: usize = 77;

/// A tokenizer with its frame: start, end, padding and length.
pub struct Tokenizer {
    bpe: Bpe,
    start: u32,
    end: u32,
    pad: u32,
    length: usize,
}

/// What becomes of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptCheck {
    /// Tokens of the whole text, without start and end.
    pub tokens: usize,
    /// The most that the model reads.
    pub limit: usize,
    /// The end of the text that the model does not see.
    pub cut: Option<String>,
}

impl Tokenizer {
    /// Reads the tokenizer in folder `part` of a model.
    ///
    /// # Errors
    /// When its files are missing or malformed.
    pub fn load(folder: &ModelFolder, part: &str) -> Result<Self> {
        Self::read(part, &|name| folder.text(name))
    }

    /// Reads the tokenizer whose files `text` gives, in the folder `part`, which
    /// is empty where they stand beside the configuration.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(part: &str, text: TextOf) -> Result<Self> {
        let files = Files { text, part };
        let config = files.json("tokenizer_config.json")?.unwrap_or_default();
        let special = files.json("special_tokens_map.json")?.unwrap_or_default();
        let name = |field: &str| content(&config[field]).or_else(|| content(&special[field]));
        let mut bpe = match files.text("tokenizer.json")? {
            Some(text) => {
                text.parse::<Bpe>().map_err(|e| files.fault("tokenizer.json", &e.to_string()))?
            }
            None => from_vocab_and_merges(&files)?,
        };
        let (start, end) = (name("bos_token"), name("eos_token"));
        let (start, end) = (start.as_deref().unwrap_or(START), end.as_deref().unwrap_or(END));
        let pad = name("pad_token").unwrap_or_else(|| end.to_owned());
        add_special(&mut bpe, &config, &[start, end, &pad])?;
        let id = |token: &str| {
            bpe.token_to_id(token)
                .ok_or_else(|| files.fault("vocab.json", &format!("has no token {token:?}")))
        };
        let (start, end, pad) = (id(start)?, id(end)?, id(&pad)?);
        let length = config["model_max_length"].as_u64().filter(|n| (3..=4096).contains(n));
        bpe.with_padding(None);
        bpe.with_truncation(None).map_err(|e| EngineError::Tokenizer(e.to_string()))?;
        Ok(Self { bpe, start, end, pad, length: length.map_or(DEFAULT_LENGTH, |n| n as usize) })
    }

    /// Tokens of a prompt with its frame.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Highest id that [`Self::encode`] can give.
    pub fn max_id(&self) -> u32 {
        (self.bpe.get_vocab_size(true) as u32).saturating_sub(1)
    }

    /// Ids of a prompt: start, text, end, padding; the text is cut to fit.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let words = self.words(text)?;
        let kept = words.get_ids().iter().copied().take(self.length - 2);
        let mut ids: Vec<u32> = std::iter::once(self.start).chain(kept).chain([self.end]).collect();
        ids.resize(self.length, self.pad);
        Ok(ids)
    }

    /// How much of a prompt the model sees.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn check(&self, text: &str) -> Result<PromptCheck> {
        let words = self.words(text)?;
        let (tokens, limit) = (words.len(), self.length - 2);
        let from = words.get_offsets().get(limit).map(|(start, _)| *start);
        let cut = from.and_then(|at| text.get(text.floor_char_boundary(at)..)).map(str::to_owned);
        Ok(PromptCheck { tokens, limit, cut })
    }

    /// Where in a text each id of [`Self::encode`] comes from, as a byte; `None`
    /// for start, end and padding.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn starts(&self, text: &str) -> Result<Vec<Option<usize>>> {
        let words = self.words(text)?;
        let kept = words.get_offsets().iter().map(|(start, _)| Some(*start)).take(self.length - 2);
        let mut starts: Vec<_> = std::iter::once(None).chain(kept).collect();
        starts.resize(self.length, None);
        Ok(starts)
    }

    /// The pieces that a text is cut into, at most as many as the model reads: id,
    /// letters, and the byte of the text where each begins.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn pieces(&self, text: &str) -> Result<Vec<(u32, String, usize)>> {
        let words = self.words(text)?;
        let letters = words.get_tokens().iter().cloned();
        let starts = words.get_offsets().iter().map(|(start, _)| *start);
        let all = words.get_ids().iter().zip(letters).zip(starts);
        Ok(all.map(|((id, text), start)| (*id, text, start)).take(self.length - 2).collect())
    }

    fn words(&self, text: &str) -> Result<tokenizers::Encoding> {
        self.bpe.encode(text, false).map_err(|e| EngineError::Tokenizer(e.to_string()))
    }
}

/// Gives the text of a file by its name; `None` when it is not there.
pub type TextOf<'a> = &'a dyn Fn(&str) -> Result<Option<String>, ModelError>;

/// The files of one tokenizer.
struct Files<'a> {
    text: TextOf<'a>,
    part: &'a str,
}

impl Files<'_> {
    fn text(&self, name: &str) -> Result<Option<String>> {
        Ok((self.text)(&self.path(name))?)
    }

    fn json(&self, name: &str) -> Result<Option<Value>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|e| self.fault(name, &e.to_string()))
    }

    fn path(&self, name: &str) -> String {
        if self.part.is_empty() { name.to_owned() } else { format!("{}/{name}", self.part) }
    }

    fn fault(&self, name: &str, message: &str) -> EngineError {
        EngineError::Config { file: self.path(name), message: message.to_owned() }
    }
}

/// A token's text, given plainly or inside an object.
fn content(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
}

/// Builds what `tokenizer.json` would say.
fn from_vocab_and_merges(files: &Files) -> Result<Bpe> {
    let vocab = files.json("vocab.json")?.ok_or_else(|| files.fault("vocab.json", "is missing"))?;
    let merges =
        files.text("merges.txt")?.ok_or_else(|| files.fault("merges.txt", "is missing"))?;
    let merges: Vec<&str> =
        merges.lines().filter(|line| !line.starts_with("#version") && !line.is_empty()).collect();
    let tokenizer = json!({
        "version": "1.0",
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "NFC" },
            { "type": "Replace", "pattern": { "Regex": r"\s+" }, "content": " " },
            { "type": "Lowercase" },
        ] },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "Split", "pattern": { "Regex": WORDS }, "behavior": "Removed", "invert": true },
            { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
        ] },
        "model": {
            "type": "BPE", "unk_token": END, "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>", "vocab": vocab, "merges": merges,
        },
    });
    serde_json::from_value(tokenizer).map_err(|e| files.fault("vocab.json", &e.to_string()))
}

/// Registers the special tokens, so that they stay whole inside a text: those
/// that the configuration lists, or else the frame's own.
fn add_special(bpe: &mut Bpe, config: &Value, frame: &[&str]) -> Result<()> {
    let listed = config["added_tokens_decoder"].as_object();
    let mut tokens: Vec<AddedToken> =
        listed.into_iter().flatten().filter_map(|(_, t)| listed_token(t)).collect();
    for name in frame {
        if !tokens.iter().any(|t| t.content == *name) {
            // CLIP's own two are matched after lower-casing, others as written.
            let normalized = matches!(*name, START | END);
            tokens.push(AddedToken::from(*name, true).normalized(normalized));
        }
    }
    tokens.retain(|t| bpe.token_to_id(&t.content).is_some());
    bpe.add_special_tokens(tokens).map_err(|e| EngineError::Tokenizer(e.to_string()))?;
    Ok(())
}

fn listed_token(token: &Value) -> Option<AddedToken> {
    let flag = |name: &str| token[name].as_bool().unwrap_or(false);
    let added = AddedToken::from(token["content"].as_str()?, flag("special"))
        .single_word(flag("single_word"))
        .lstrip(flag("lstrip"))
        .rstrip(flag("rstrip"))
        .normalized(flag("normalized"));
    Some(added)
}
