//! Where prompts come from: arguments, a file, standard input, a recipe.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::args::PaintArgs;
use crate::cli::error::{CliError, Kind};
use crate::cli::pictures;
use crate::prompt::{Lists, draw, expand};
use crate::recipe::{MAX_PANELS, Panel, RECIPE_VERSION, Recipe, yaml};

/// Longest prompt file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// A prompt with the seed that a file gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What is in the picture.
    pub subject: String,
    /// Its seed, if it was written beside it.
    pub seed: Option<u64>,
}

/// What the command line asks to paint.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Prompts; everything else comes from the options and the model.
    Prompts(Vec<Prompt>),
    /// A recipe that the options may change.
    Start(Box<Recipe>),
    /// A recipe that nothing may change.
    Exact(Box<Recipe>),
    /// A finished set and what is to be added.
    More(Box<Recipe>, Vec<Prompt>),
}

/// Collects what to paint, in the order: arguments, standard input, file.
///
/// # Errors
/// When there is no prompt, or a file cannot be read or understood.
pub fn collect(args: &PaintArgs) -> Result<Source, CliError> {
    if let Some(path) = &args.recipe {
        return Ok(Source::Exact(Box::new(read_recipe(path)?)));
    }
    let mut prompts = Vec::new();
    for prompt in &args.prompts {
        if prompt == "-" {
            let text = read_limited(std::io::stdin().lock(), "standard input")?;
            prompts.extend(lines(&text));
        } else {
            prompts.push(Prompt { subject: prompt.clone(), seed: None });
        }
    }
    match args.file.as_deref().map(read_file).transpose()? {
        None => {}
        Some(Source::Prompts(more)) => prompts.extend(more),
        Some(recipe) if prompts.is_empty() => return Ok(recipe),
        Some(_) => {
            let text = "a recipe file brings its own prompts; give it alone";
            return Err(CliError::usage(text).hint(
                "to add a prompt, add a panel to the file, or use a file with a list of prompts",
            ));
        }
    }
    if prompts.is_empty() {
        return Err(CliError::usage("there is no prompt to paint").hint(
            "write one for each picture: predella paint \"a fox\" \"a castle\" --style watercolour",
        ));
    }
    match &args.add_to {
        Some(path) => Ok(Source::More(Box::new(read_recipe(path)?), prompts)),
        None => Ok(Source::Prompts(prompts)),
    }
}

/// A recipe from a picture that predella painted or from a YAML file.
fn read_recipe(path: &Path) -> Result<Recipe, CliError> {
    if is_yaml(path) {
        let text = open(path)?;
        let recipe = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
        return known_version(path, recipe);
    }
    let info = pictures::read(path).map_err(|error| CliError { kind: Kind::Usage, ..error })?;
    let Some(record) = info.record else {
        return Err(CliError::usage(format!("{} holds no recipe", path.display()))
            .hint("give a PNG that predella painted, or a recipe in a .yaml file"));
    };
    known_version(path, record.recipe)
}

fn known_version(path: &Path, recipe: Recipe) -> Result<Recipe, CliError> {
    if recipe.version == RECIPE_VERSION {
        return Ok(recipe);
    }
    let text = format!(
        "{}: the recipe has version {}; this program reads version {RECIPE_VERSION}",
        path.display(),
        recipe.version
    );
    Err(CliError::usage(text).hint("use the release of predella that wrote it"))
}

fn read_file(path: &Path) -> Result<Source, CliError> {
    let text = open(path)?;
    if has_extension(path, &["csv"]) {
        return Ok(Source::Prompts(table(path, &text)?));
    }
    if !is_yaml(path) {
        return Ok(Source::Prompts(lines(&text).collect()));
    }
    // The shape decides the type before anything is read into it, so that a
    // fault keeps its own line instead of "matched no variant".
    let shape: serde_json::Value = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
    if shape.is_array() {
        let items: Vec<Item> = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
        return Ok(Source::Prompts(items.into_iter().map(|i| i.0).collect()));
    }
    let recipe = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
    Ok(Source::Start(Box::new(known_version(path, recipe)?)))
}

/// The prompts of a text: one a line, without empty lines and comments.
fn lines(text: &str) -> impl Iterator<Item = Prompt> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Prompt { subject: line.to_owned(), seed: None })
}

fn open(path: &Path) -> Result<String, CliError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| CliError::usage(format!("cannot read {name}: {e}")))?;
    read_limited(file, &name)
}

fn read_limited(from: impl Read, name: &str) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| CliError::usage(format!("cannot read {name}: {e}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(CliError::usage(format!("{name} is longer than {} MiB", MAX_FILE >> 20)));
    }
    String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
        CliError::usage(format!("{name}, line {line}: not UTF-8 text"))
    })
}

fn is_yaml(path: &Path) -> bool {
    has_extension(path, &["yaml", "yml"])
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    known.contains(&extension.to_ascii_lowercase().as_str())
}

/// The prompts of a table with the columns `subject` and, if seeds are given,
/// `seed`; others are let be.
fn table(path: &Path, text: &str) -> Result<Vec<Prompt>, CliError> {
    #[derive(Deserialize)]
    struct Line {
        subject: String,
        seed: Option<u64>,
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let prompt = |line: Line| Prompt { subject: line.subject, seed: line.seed };
    let lines = reader.deserialize::<Line>().map(|line| line.map(prompt));
    lines.collect::<Result<_, _>>().map_err(|error| {
        let at = error.position().map(|p| format!(", line {}", p.line())).unwrap_or_default();
        let why = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => {
                let column = err.field().and_then(|i| headers.get(usize::try_from(i).ok()?));
                format!("{}{}", column.map(|c| format!("{c}: ")).unwrap_or_default(), err.kind())
            }
            _ => error.to_string(),
        };
        CliError::usage(format!("{}{at}: {why}", path.display()))
            .hint("the first line names the columns: subject, and seed if there are any")
    })
}

fn bad_yaml(path: &Path, error: &yaml::YamlError) -> CliError {
    let at = error.line.map(|l| format!(", line {l}")).unwrap_or_default();
    CliError::usage(format!("{}{at}: {}", path.display(), error.message))
        .hint("a list has one \"- prompt\" a line; predella info prints a whole recipe")
}

/// One item of a list: a prompt, or a prompt with its seed.
struct Item(Prompt);

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a prompt, or a subject with its seed")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Item, E> {
        Ok(Item(Prompt { subject: text.to_owned(), seed: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Pair {
            subject: String,
            seed: Option<u64>,
        }
        let pair = Pair::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Item(Prompt { subject: pair.subject, seed: pair.seed }))
    }
}

/// Gives every prompt its alternatives, variations and seeds, and draws lines
/// from `lists`.
///
/// The seeds count up from `first`, over all panels; a seed written beside a
/// prompt stays, counted up over that prompt's pictures only.
///
/// # Errors
/// When a prompt cannot be read, or a seed would pass the largest number.
pub fn panels(
    prompts: &[Prompt],
    variations: u32,
    first: u64,
    lists: &Lists,
) -> Result<Vec<Panel>, CliError> {
    let mut panels = Vec::with_capacity(prompts.len());
    for prompt in prompts {
        let ways = expand(&prompt.subject, MAX_PANELS)?;
        let pictures = ways.iter().flat_map(|way| (0..variations).map(move |_| way));
        for (number, subject) in (0_u64..).zip(pictures) {
            let seed = match prompt.seed {
                Some(own) => own.checked_add(number),
                None => first.checked_add(panels.len() as u64),
            };
            let Some(seed) = seed else {
                return Err(CliError::usage(format!("the seeds pass {}, the largest", u64::MAX)));
            };
            panels.push(Panel { subject: draw(subject, seed, lists)?, seed });
        }
    }
    Ok(panels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::io::Write::write_all(
            &mut File::options().create_new(true).write(true).open(&path).unwrap(),
            text.as_bytes(),
        )
        .unwrap();
        (folder, path)
    }

    fn subjects(source: &Source) -> Vec<(&str, Option<u64>)> {
        match source {
            Source::Prompts(prompts) => prompts.iter().map(|p| (&*p.subject, p.seed)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_file_has_one_prompt_a_line() {
        let (_folder, path) = written("a.txt", "# mine\n a fox \n\n  # no\na #1 dog\r\n");
        let source = read_file(&path).unwrap();
        assert_eq!(subjects(&source), [("a fox", None), ("a #1 dog", None)]);
    }

    #[test]
    fn a_list_mixes_prompts_and_seeds() {
        let (_folder, path) = written("a.yaml", "- a fox\n- subject: a bear\n  seed: 7\n- 42\n");
        let error = read_file(&path).unwrap_err();
        assert!(error.message.contains("line 4"), "{error:?}");
        let (_folder, path) = written("a.yml", "- a fox\n- subject: a bear\n  seed: 7\n");
        let source = read_file(&path).unwrap();
        assert_eq!(subjects(&source), [("a fox", None), ("a bear", Some(7))]);
    }

    #[test]
    fn a_table_has_subjects_and_seeds_by_name() {
        let text = "seed, subject ,by\n7,\"a fox, red\",me\n,a bear,you\n";
        let (_folder, path) = written("a.csv", text);
        let source = read_file(&path).unwrap();
        assert_eq!(subjects(&source), [("a fox, red", Some(7)), ("a bear", None)]);
        for (text, words) in [
            ("subject,seed\na fox,7\na bear,x\n", ["line 3", "seed"]),
            ("prompt\na fox\n", ["line 2", "subject"]),
            ("subject,seed\na,b,c\n", ["line 2", "3 fields"]),
        ] {
            let (_folder, path) = written("b.csv", text);
            let error = read_file(&path).unwrap_err();
            for word in words {
                assert!(error.message.contains(word), "{error:?} lacks {word}");
            }
        }
    }

    #[test]
    fn a_fault_in_a_list_or_recipe_has_its_line() {
        for (text, words) in [
            ("- a fox\n- subject: a bear\n  sed: 7\n", ["line 3", "sed"]),
            ("version: 1\nengine: x\nmodle: y\n", ["line 3", "modle"]),
            ("- a\n- [\n", ["line 3", "a.yaml"]),
        ] {
            let (_folder, path) = written("a.yaml", text);
            let error = read_file(&path).unwrap_err();
            for word in words {
                assert!(error.message.contains(word), "{error:?} lacks {word}");
            }
        }
    }

    #[test]
    fn broken_text_is_refused_with_its_line() {
        let error = read_limited(&b"ok\nbad \xff\n"[..], "it").unwrap_err();
        assert_eq!(error.message, "it, line 2: not UTF-8 text");
        let long = std::io::repeat(b'a').take(MAX_FILE + 1);
        assert!(read_limited(long, "it").unwrap_err().message.contains("longer"));
    }

    #[test]
    fn seeds_count_over_all_panels() {
        let prompts = [
            Prompt { subject: "a".into(), seed: None },
            Prompt { subject: "b".into(), seed: Some(100) },
            Prompt { subject: "c".into(), seed: None },
        ];
        let seeds: Vec<u64> =
            panels(&prompts, 2, 7, &Lists::default()).unwrap().iter().map(|p| p.seed).collect();
        assert_eq!(seeds, [7, 8, 100, 101, 11, 12]);
        assert!(panels(&prompts, 1, u64::MAX - 1, &Lists::default()).is_err());
    }

    #[test]
    fn alternatives_are_pictures_with_seeds_of_their_own() {
        let prompts = [
            Prompt { subject: "a {red|blue} fox".into(), seed: Some(40) },
            Prompt { subject: "a __tree__".into(), seed: None },
        ];
        let mut lists = Lists::default();
        lists.add("tree", "birch\n");
        let panels = panels(&prompts, 2, 7, &lists).unwrap();
        let found: Vec<_> = panels.iter().map(|p| (p.subject.as_str(), p.seed)).collect();
        let foxes = [("a red fox", 40), ("a red fox", 41), ("a blue fox", 42), ("a blue fox", 43)];
        assert_eq!(found[..4], foxes);
        assert_eq!(found[4..], [("a birch", 11), ("a birch", 12)]);
    }
}
