//! Where prompts come from: arguments, a file, standard input, a recipe.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::args::PaintArgs;
use crate::cli::error::{CliError, Kind};
use crate::cli::pictures;
use crate::recipe::{RECIPE_VERSION, Recipe, Subject, yaml};

/// Longest prompt file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// What the command line asks to paint.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Prompts; everything else comes from the options and the model.
    Prompts(Vec<Subject>),
    /// A recipe that the options may change.
    Start(Box<Recipe>),
    /// A recipe that nothing may change.
    Exact(Box<Recipe>),
    /// A finished set and what is to be added.
    More(Box<Recipe>, Vec<Subject>),
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
            prompts.push(prompt.as_str().into());
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
        let subjects = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
        return Ok(Source::Prompts(subjects));
    }
    let recipe = yaml::from_str(&text).map_err(|e| bad_yaml(path, &e))?;
    Ok(Source::Start(Box::new(known_version(path, recipe)?)))
}

/// The prompts of a text: one a line, without empty lines and comments.
fn lines(text: &str) -> impl Iterator<Item = Subject> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(Subject::from)
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
fn table(path: &Path, text: &str) -> Result<Vec<Subject>, CliError> {
    #[derive(Deserialize)]
    struct Line {
        subject: String,
        seed: Option<u64>,
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let prompt = |line: Line| Subject { text: line.subject, seed: line.seed };
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
            Source::Prompts(prompts) => prompts.iter().map(|p| (&*p.text, p.seed)).collect(),
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
}
