//! Every source in words, and all of them as one prompt.

use std::path::Path;

use serde_json::{Value, json};

use super::{WordsArgs, music};
use crate::cli::error::{CliError, Kind};
use crate::cli::output::Output;
use crate::cli::pictures;
use crate::imaging::read_file;
use crate::models::NetFolder;
use crate::perceive::{
    Captioner, Critic, Likeness, Listener, MAX_BYTES, MAX_REPORT, Music, PerceiveError, Rephraser,
    Sound, weather,
};
use crate::util::text::sanitise;

/// Longest text that is read, in bytes.
pub(super) const MAX_TEXT: u64 = 64 * 1024;

/// What one source said.
pub struct Part {
    /// The source.
    pub from: String,
    /// The network that read it; `None` where none was needed.
    pub by: Option<String>,
    /// Its words.
    pub words: String,
    /// How alike music and each label are, the likest first.
    pub likenesses: Vec<Likeness>,
}

impl Part {
    /// Words that needed no network.
    fn plain(from: String, words: String) -> Self {
        Self { from, by: None, words, likenesses: Vec::new() }
    }

    /// The part for a program.
    pub fn document(&self) -> Value {
        let mut document = json!({ "from": self.from, "by": self.by, "words": self.words });
        if !self.likenesses.is_empty() {
            let likenesses = self.likenesses.iter();
            let likenesses = likenesses.map(|l| json!({ "words": l.words, "share": l.share }));
            document["likenesses"] = likenesses.collect();
        }
        document
    }
}

/// What all of them said.
pub struct Gathered {
    /// Source by source.
    pub parts: Vec<Part>,
    /// Together, as one prompt.
    pub prompt: String,
}

/// Puts every source into words. Files are read before any network is.
///
/// # Errors
/// When a source cannot be read or a network is missing.
pub fn gather(args: &WordsArgs, out: &Output) -> Result<Gathered, CliError> {
    let images = args.picture.iter().map(|path| Ok((path, pictures::decode(path)?)));
    let images = images.collect::<Result<Vec<_>, CliError>>()?;
    let sounds = args.speech.iter().map(|path| Ok((path, sound(path, Sound::from_wav)?)));
    let sounds = sounds.collect::<Result<Vec<_>, CliError>>()?;
    let pieces = args.music.iter().map(|path| Ok((path, sound(path, Music::from_wav)?)));
    let pieces = pieces.collect::<Result<Vec<_>, CliError>>()?;
    let labels = if pieces.is_empty() { None } else { Some(music::labels(args)?) };
    let mut plain = Vec::new();
    if let Some(report) = &args.weather {
        let words = weather(&report_of(report)?)?;
        plain.push(Part::plain("weather".into(), words));
    }
    if let Some(path) = &args.text {
        plain.push(Part::plain(path.display().to_string(), text(path)?));
    }
    let device = args.device.open()?;
    let mut parts = Vec::new();
    if !images.is_empty() {
        let folder = NetFolder::named(&args.captioner)?;
        let mut captioner = Captioner::load(&folder, &device)?;
        for (path, image) in &images {
            let words = captioner.caption(image)?;
            parts.push(said(path, &args.captioner, words, out));
        }
    }
    if !sounds.is_empty() {
        let folder = NetFolder::named(&args.listener)?;
        let mut listener = Listener::load(&folder, &args.language, &device)?;
        for (path, sound) in &sounds {
            let words = listener.listen(sound)?;
            parts.push(said(path, &args.listener, words, out));
        }
    }
    if let Some(labels) = labels {
        let folder = NetFolder::named(&args.critic)?;
        let critic = Critic::load(&folder, &device)?;
        for (path, piece) in &pieces {
            parts.push(music::part(path, critic.compare(piece, &labels)?, args, out));
        }
    }
    parts.append(&mut plain);
    let mut prompt = parts.iter().map(|part| part.words.trim()).collect::<Vec<_>>().join(", ");
    if args.rephrase {
        let folder = NetFolder::named(&args.rephraser)?;
        prompt = Rephraser::load(&folder, &device)?.rephrase(&prompt)?;
    }
    if let Some(style) = &args.style {
        prompt = format!("{prompt}, {}", style.trim());
    }
    Ok(Gathered { parts, prompt })
}

fn said(path: &Path, by: &str, words: String, out: &Output) -> Part {
    let from = path.display().to_string();
    out.say(&format!("{from}: {words}"));
    Part { from, by: Some(by.to_owned()), words, likenesses: Vec::new() }
}

/// A sound, read from its bytes in the way that its network wants it.
fn sound<T>(path: &Path, read: impl Fn(&[u8]) -> Result<T, PerceiveError>) -> Result<T, CliError> {
    let bytes = read_file(path, MAX_BYTES)?;
    read(&bytes).map_err(|error| {
        let hint = error.hint();
        let name = sanitise(&path.display().to_string());
        CliError::new(Kind::Partial, format!("{name}: {error}")).hint(hint)
    })
}

/// A report: the file of that name, or the text itself.
fn report_of(argument: &str) -> Result<String, CliError> {
    match Path::new(argument).is_file() {
        true => utf8(Path::new(argument), MAX_REPORT as u64),
        false => Ok(argument.to_owned()),
    }
}

/// A text in one line.
fn text(path: &Path) -> Result<String, CliError> {
    let text = sanitise(&utf8(path, MAX_TEXT)?.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.is_empty() {
        true => Err(CliError::usage(format!("{} holds no words", path.display()))),
        false => Ok(text),
    }
}

pub(super) fn utf8(path: &Path, limit: u64) -> Result<String, CliError> {
    let bytes = read_file(path, limit)?;
    let no_text = |_| CliError::usage(format!("{} is no UTF-8 text", path.display()));
    String::from_utf8(bytes).map_err(no_text)
}
