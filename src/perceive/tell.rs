//! A file in words, with the networks that are taken where none is named.

use std::path::Path;

use super::weather::is_report;
use super::{
    Captioner, Critic, Labels, Likeness, Listener, MAX_BYTES, MAX_REPORT, Music, PerceiveError,
    Rephraser, Result, Sound, weather,
};
use crate::config::music_labels;
use crate::engine::DeviceChoice;
use crate::imaging::{DecodeLimits, decode_file, read_file};
use crate::models::NetFolder;

/// BLIP, which says what is in pictures.
pub const CAPTIONER: &str = "Salesforce/blip-image-captioning-base";
/// Whisper, which writes down speech.
pub const LISTENER: &str = "openai/whisper-small";
/// The language that is listened for.
pub const LANGUAGE: &str = "en";
/// CLAP, which says what music is like.
pub const CRITIC: &str = "laion/clap-htsat-unfused";
/// T5, which puts long texts in few words.
pub const REPHRASER: &str = "google/flan-t5-small";

/// Endings of names.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "webp"];
const SOUNDS: [&str; 1] = ["wav"];
const TEXTS: [&str; 4] = ["txt", "md", "json", "metar"];
/// Longest text that is taken as it is, in characters; a longer one is rephrased.
const SHORT: usize = 200;

/// Labels of which it is told how alike music is to them.
const LIKEST: usize = 5;

/// What is asked of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What a picture shows, what is said in a sound or a text, or what a report
    /// says of the weather.
    Content,
    /// What music is like.
    Mood,
}

/// A file in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The words.
    pub words: String,
    /// Whether they say how something is, so that they belong to a subject,
    /// rather than what there is.
    pub is_mood: bool,
    /// What else is worth telling, such as how alike music and labels are.
    pub about: Option<String>,
}

impl Told {
    fn new(words: String, is_mood: bool) -> Self {
        Self { words, is_mood, about: None }
    }
}

impl Asked {
    /// Whether a file of this name may have an answer.
    pub fn takes(self, name: &str) -> bool {
        match self {
            Self::Content => [&PICTURES[..], &SOUNDS, &TEXTS].iter().any(|all| ends(name, all)),
            Self::Mood => ends(name, &SOUNDS),
        }
    }
}

/// What a file says, on the CPU, so that painting keeps the card.
///
/// # Errors
/// When it cannot be read, a network is missing, or nothing comes of it.
pub fn tell(path: &Path, asked: Asked) -> Result<Told> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let content = |words| Told::new(words, false);
    let device = DeviceChoice::Cpu.open()?;
    if asked == Asked::Mood {
        let music = Music::from_wav(&read_file(path, MAX_BYTES)?)?;
        let labels = music_labels().map_err(|error| PerceiveError::Labels(error.to_string()))?;
        let labels = Labels::with(&labels)?;
        let critic = Critic::load(&NetFolder::named(CRITIC)?, &device)?;
        let found = critic.compare(&music, &labels)?;
        let words = Likeness::words(&found, Likeness::BEST, Likeness::LEAST);
        let about = Some(Likeness::shown(&found, LIKEST));
        return Ok(Told { about, ..Told::new(words, true) });
    }
    if ends(&name, &PICTURES) {
        let picture = decode_file(path, &DecodeLimits::default())?;
        let mut captioner = Captioner::load(&NetFolder::named(CAPTIONER)?, &device)?;
        return captioner.caption(&picture).map(content);
    }
    if ends(&name, &SOUNDS) {
        let sound = Sound::from_wav(&read_file(path, MAX_BYTES)?)?;
        let mut listener = Listener::load(&NetFolder::named(LISTENER)?, LANGUAGE, &device)?;
        return listener.listen(&sound).map(content);
    }
    let text = String::from_utf8(read_file(path, MAX_REPORT as u64)?);
    let text = text.map_err(|_| PerceiveError::Weather("this is no UTF-8 text".into()))?;
    if is_report(&text) || text.trim().chars().count() <= SHORT {
        return weather(&text).map(|words| Told::new(words, is_report(&text)));
    }
    let mut rephraser = Rephraser::load(&NetFolder::named(REPHRASER)?, &device)?;
    rephraser.rephrase(&text.split_whitespace().collect::<Vec<_>>().join(" ")).map(content)
}

fn ends(name: &str, endings: &[&str]) -> bool {
    let ending = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
    endings.contains(&ending.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs::write_new;

    #[test]
    fn files_are_known_by_their_names() {
        for name in ["a.png", "a.JPG", "b/c.wav", "d.txt", "e.json", "f.metar"] {
            assert!(Asked::Content.takes(name), "{name}");
        }
        for name in ["a", "png", "a.mp3", "a.safetensors"] {
            assert!(!Asked::Content.takes(name), "{name}");
        }
        assert!(Asked::Mood.takes("song.WAV") && !Asked::Mood.takes("a.png"));
    }

    #[test]
    fn a_report_belongs_to_a_subject_and_a_short_text_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str, text: &str| {
            let path = folder.path().join(name);
            write_new(&path, text.as_bytes()).unwrap();
            tell(&path, Asked::Content).unwrap()
        };
        let rain = told("a.metar", "EDDB 281620Z 24025G38KT 4000 -SHRA OVC030 07/05 Q1002");
        assert!(rain.is_mood && rain.words.starts_with("light rain showers"), "{rain:?}");
        let snow = told("a.json", r#"{"weather":[{"description":"light snow"}]}"#);
        assert_eq!(snow, Told::new("light snow".into(), true));
        let castle = told("a.txt", "a castle\nby  night\n");
        assert_eq!(castle, Told::new("a castle by night".into(), false));
    }

    #[test]
    fn a_file_that_says_nothing_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |name: &str, bytes: &[u8], asked: Asked| {
            let path = folder.path().join(name);
            write_new(&path, bytes).unwrap();
            tell(&path, asked).unwrap_err().to_string()
        };
        assert!(refused("a.txt", b"\xff\xfe", Asked::Content).contains("no UTF-8 text"));
        assert!(refused("b.txt", b" \n", Asked::Content).contains("says nothing"));
        assert!(refused("c.wav", b"text", Asked::Content).contains("no WAV"));
        assert!(refused("d.txt", b"text", Asked::Mood).contains("no WAV"));
        assert!(refused("e.png", b"text", Asked::Content).contains("picture"));
        let gone = tell(&folder.path().join("gone.png"), Asked::Content).unwrap_err();
        assert!(gone.to_string().contains("gone.png"), "{gone}");
    }
}
