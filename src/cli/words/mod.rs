//! `predella words`: pictures, speech, music, weather and texts put into words for a prompt.

mod edit;
mod gather;
mod music;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::error::{CliError, Kind};
use super::output::Output;
use crate::engine::DeviceChoice;
use crate::perceive::{CAPTIONER, CRITIC, LANGUAGE, LISTENER, Likeness, PerceiveError, REPHRASER};
use gather::{Gathered, Part};

const HELP: &str = "All of it happens on this machine. The words are shown in $VISUAL or $EDITOR before\n\
they are used; --yes takes them as they are. Networks are named by a folder of\n\
transformers or by owner/name; `predella models pull owner/name` downloads one.\n\n\
Music is compared with labels; those that it is likest become words. Labels of your own,\n\
one a line as WORDS or WORDS = WHAT THE MUSIC IS COMPARED WITH, are added from music.txt\n\
in the folder of settings, ~/.config/predella on Linux.\n\n\
Examples:\n\
\x20 predella words --picture house.jpg --weather report.json\n\
\x20 predella words --speech wish.wav --style watercolour --yes | predella paint -\n\
\x20 predella words --music song.wav --best 3 --picture house.jpg\n\
\x20 predella words --weather \"EDDB 281620Z 24025G38KT -SHRA OVC030 07/05 Q1002\" --yes\n\
\x20 predella words --text story.txt --rephrase --yes";

/// Put pictures, speech, music, the weather or a text into words for a prompt.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct WordsArgs {
    /// Say what is in a picture; may be repeated.
    #[arg(short, long, value_name = "IMG")]
    picture: Vec<PathBuf>,
    /// Write down what is said in a WAV file of at most ten minutes; may be repeated.
    #[arg(short = 'S', long, value_name = "WAV")]
    speech: Vec<PathBuf>,
    /// Say what music in a WAV file of at most ten minutes is like; may be repeated.
    #[arg(short, long, value_name = "WAV")]
    music: Vec<PathBuf>,
    /// The weather: a file or a text, as METAR, as JSON in the fields of OpenWeatherMap, or in words.
    #[arg(short, long, value_name = "FILE|TEXT")]
    weather: Option<String>,
    /// Take a text from a file.
    #[arg(short, long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Put everything together in few words, by T5.
    #[arg(long)]
    rephrase: bool,
    /// Most labels of a piece of music that become words.
    #[arg(long, value_name = "N", default_value_t = Likeness::BEST, help_heading = "Music")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=20))]
    best: u8,
    /// Share that a label has at least to become a word, 0 to 1; the likest always does.
    #[arg(long, value_name = "SHARE", default_value_t = Likeness::LEAST, help_heading = "Music")]
    #[arg(value_parser = music::share)]
    least: f32,
    /// Labels from this file alone, instead of the program's and those in music.txt.
    #[arg(long, value_name = "FILE", help_heading = "Music")]
    labels: Option<PathBuf>,
    /// Style text to end with.
    #[arg(long, value_name = "TEXT")]
    style: Option<String>,
    /// Take the words as they are, without an editor.
    #[arg(short, long)]
    yes: bool,
    /// BLIP, which says what is in pictures.
    #[arg(long, value_name = "MODEL", default_value = CAPTIONER)]
    #[arg(help_heading = "Networks")]
    captioner: String,
    /// Whisper, which writes down speech.
    #[arg(long, value_name = "MODEL", default_value = LISTENER)]
    #[arg(help_heading = "Networks")]
    listener: String,
    /// The language that is spoken, where Whisper knows several.
    #[arg(long, value_name = "CODE", default_value = LANGUAGE, help_heading = "Networks")]
    language: String,
    /// CLAP, which says what music is like; an unfused one.
    #[arg(long, value_name = "MODEL", default_value = CRITIC)]
    #[arg(help_heading = "Networks")]
    critic: String,
    /// T5, which rephrases.
    #[arg(long, value_name = "MODEL", default_value = REPHRASER)]
    #[arg(help_heading = "Networks")]
    rephraser: String,
    /// Device: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto", help_heading = "Networks")]
    device: DeviceChoice,
}

/// Gathers the words, lets them be edited, and prints them as one prompt.
///
/// # Errors
/// When something cannot be read, a network is missing, or nothing is left.
pub fn run(args: &WordsArgs, out: &Output) -> Result<(), CliError> {
    if args.picture.is_empty()
        && args.speech.is_empty()
        && args.music.is_empty()
        && args.weather.is_none()
        && args.text.is_none()
    {
        return Err(CliError::usage("there is nothing to put into words")
            .hint("name --picture, --speech, --music, --weather or --text"));
    }
    if !args.yes {
        edit::check()?;
    }
    let gathered = gather::gather(args, out)?;
    let text = match args.yes {
        true => gathered.prompt.clone(),
        false => edit::edit(&gathered.prompt)?,
    };
    if text.trim().is_empty() {
        return Err(CliError::new(Kind::Usage, "no words are left"));
    }
    print(&gathered, text.trim(), out);
    Ok(())
}

fn print(gathered: &Gathered, text: &str, out: &Output) {
    if out.is_json() {
        let parts = gathered.parts.iter();
        let parts = parts.map(Part::document);
        out.document(&json!({ "prompt": text, "parts": parts.collect::<Vec<_>>() }));
        return;
    }
    out.line(text);
}

impl From<PerceiveError> for CliError {
    fn from(error: PerceiveError) -> Self {
        let hint = error.hint();
        match error {
            PerceiveError::Model(error) => error.into(),
            PerceiveError::Engine(error) => error.into(),
            PerceiveError::File(error) => error.into(),
            error => {
                let kind = match error {
                    PerceiveError::Network { .. } => Kind::Model,
                    PerceiveError::Labels(_) => Kind::Usage,
                    _ => Kind::Failed,
                };
                Self::new(kind, error.to_string()).hint(hint)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{EngineError, ErrorKind};

    #[test]
    fn faults_have_the_exit_code_of_their_kind() {
        let sound = PerceiveError::Sound("no".into());
        assert_eq!(CliError::from(sound).kind, Kind::Failed);
        let device = EngineError::Device("no".into());
        assert_eq!(device.kind(), ErrorKind::Usage);
        assert_eq!(CliError::from(PerceiveError::Engine(device)).kind, Kind::Usage);
    }
}
