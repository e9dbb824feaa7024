//! Which pictures are a set, and what is known about it.

use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::pictures;
use crate::cli::session::find as find_session;
use crate::imaging::{DecodeLimits, RgbImage, decode_bytes, read_file};
use crate::metrics::Reference;
use crate::models::sha256;
use crate::prompt::weighted;
use crate::recipe::{Anchor, Recipe};
use crate::session::{Access, ImageId, PanelState, Run, RunId, Session};
use crate::util::text::clip;

/// Pictures that belong together.
pub struct Set {
    /// What to call it.
    pub name: String,
    /// The run of the session that it is.
    pub run: Option<RunId>,
    /// How it was painted, where that is known.
    pub recipe: Option<Recipe>,
    members: Vec<Member>,
}

/// One picture of a set.
struct Member {
    /// The panel of the recipe, from 0.
    panel: usize,
    place: Place,
}

/// Where a picture is.
enum Place {
    File(PathBuf),
    Stored(ImageId),
}

/// Where the pictures are kept.
pub struct Shelf(Option<Session>);

/// Pictures that lend their style, in memory.
#[derive(Default, Clone)]
pub struct References(Vec<(RgbImage, Option<String>, f64)>);

/// The sets that the arguments name.
///
/// # Errors
/// When there is no such session, run or picture.
pub fn find(targets: &[PathBuf], runs: &[u64]) -> Result<(Vec<Set>, Shelf), CliError> {
    let sets = match targets {
        [one] if !one.is_file() => return of_session(one, runs),
        _ if !runs.is_empty() => {
            return Err(CliError::usage("--run is for a session, and pictures have none"));
        }
        files => of_files(files)?,
    };
    Ok((sets, Shelf(None)))
}

fn of_session(named: &Path, runs: &[u64]) -> Result<(Vec<Set>, Shelf), CliError> {
    let session = Session::open(&find_session(named), Access::Read)?;
    let state = session.state();
    for wanted in runs {
        state.run(RunId(*wanted)).ok_or_else(|| {
            CliError::usage(format!("there is no run {wanted} in this session"))
                .hint("predella replay SESSION lists them")
        })?;
    }
    let chosen = |run: &&Run| runs.is_empty() || runs.contains(&run.id.0);
    let sets = state.runs().iter().filter(chosen).map(|run| of_run(&session, run));
    let sets: Vec<Set> = sets.filter(|set| !set.members.is_empty()).collect();
    if sets.is_empty() {
        return Err(CliError::usage("there are no pictures to measure in this session"));
    }
    Ok((sets, Shelf(Some(session))))
}

fn of_run(session: &Session, run: &Run) -> Set {
    let there = |id: &ImageId| session.state().image(id).is_some_and(|i| i.place.has_file());
    let member = |(panel, state): (usize, &PanelState)| match state {
        PanelState::Done(id) if there(id) => {
            Some(Member { panel, place: Place::Stored(id.clone()) })
        }
        _ => None,
    };
    Set {
        name: format!("run {}", run.id),
        run: Some(run.id),
        recipe: run.recipe.recipe().map(|recipe| (**recipe).clone()),
        members: run.panels.iter().enumerate().filter_map(member).collect(),
    }
}

/// Pictures of one recipe are a set, and so are those that say nothing.
fn of_files(files: &[PathBuf]) -> Result<Vec<Set>, CliError> {
    let mut sets: Vec<Set> = Vec::new();
    for path in files {
        let record = match pictures::read(path) {
            Ok(info) => info.record,
            // No PNG: it may be a picture nonetheless, and has no recipe then.
            Err(_) => None,
        };
        let (recipe, panel) = record.map(|r| (Some(r.recipe), r.panel)).unwrap_or_default();
        let member = Member { panel, place: Place::File(path.clone()) };
        match sets.iter_mut().find(|set| set.recipe == recipe) {
            Some(set) => set.members.push(member),
            None => {
                let name = path.display().to_string();
                sets.push(Set { name, run: None, recipe, members: vec![member] });
            }
        }
    }
    for set in &mut sets {
        set.members.sort_by_key(|member| member.panel);
        if let [_, _, ..] = set.members.as_slice() {
            set.name = format!("{} pictures from {}", set.members.len(), set.name);
        }
    }
    Ok(sets)
}

impl Set {
    /// Whether its panels depend on an anchor; `None` where nothing says.
    pub fn is_aligned(&self) -> Option<bool> {
        self.recipe.as_ref().map(|recipe| !recipe.style.is_plain())
    }

    /// Whether its first picture is the panel that lends its style.
    pub fn has_anchor(&self) -> bool {
        let first = self.recipe.as_ref().is_some_and(|r| r.anchor == Anchor::FirstPanel);
        first && self.members.first().is_some_and(|member| member.panel == 0)
    }

    /// The panels that are here.
    pub fn panels(&self) -> Vec<usize> {
        self.members.iter().map(|member| member.panel).collect()
    }

    /// What its pictures are called.
    pub fn files(&self) -> Vec<String> {
        let name = |member: &Member| match &member.place {
            Place::File(path) => path.display().to_string(),
            Place::Stored(id) => id.as_str().to_owned(),
        };
        self.members.iter().map(name).collect()
    }

    /// The names of its pictures in the session; none of files.
    pub fn stored(&self) -> Vec<ImageId> {
        let stored = self.members.iter().filter_map(|member| match &member.place {
            Place::Stored(id) => Some(id.clone()),
            Place::File(_) => None,
        });
        stored.collect()
    }

    /// A short name of each picture: its subject, or its file.
    pub fn labels(&self) -> Vec<String> {
        let subjects = self.texts().into_iter().map(|texts| texts.map(|(subject, _)| subject));
        let named = subjects.zip(self.files()).zip(&self.members);
        let label = |((subject, file), member): ((Option<String>, String), &Member)| {
            let file = file.rsplit('/').next().unwrap_or_default().to_owned();
            let number = member.panel + 1;
            clip(&subject.map_or(file, |subject| format!("{number} {subject}")), 28)
        };
        named.map(label).collect()
    }

    /// Each picture's subject and whole prompt.
    pub fn texts(&self) -> Vec<Option<(String, String)>> {
        let text = |member: &Member| {
            let recipe = self.recipe.as_ref()?;
            let panel = recipe.panels.get(member.panel)?;
            // Weights and their brackets are for the painter alone.
            let plain = |text: &str| weighted(text).map_or(text.to_owned(), |read| read.text);
            Some((plain(&panel.subject), plain(&recipe.prompt(panel))))
        };
        self.members.iter().map(text).collect()
    }

    /// Its pictures.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn pictures(&self, shelf: &Shelf) -> Result<Vec<RgbImage>, CliError> {
        let read = |member: &Member| match (&member.place, &shelf.0) {
            (Place::File(path), _) => pictures::decode(path),
            (Place::Stored(id), Some(session)) => {
                Ok(decode_bytes(&session.read_image(id)?, &DecodeLimits::default())?)
            }
            (Place::Stored(_), None) => Err(CliError::failed("the session is gone")),
        };
        self.members.iter().map(read).collect()
    }

    /// The pictures that lend it their style: those of its recipe that are still
    /// what they were, or else the given ones.
    pub fn references(&self, given: &References, out: &Output) -> References {
        let named = self.recipe.as_ref().map(|recipe| recipe.anchor.references());
        let named = named.unwrap_or_default();
        if named.is_empty() {
            return given.clone();
        }
        let mut found = Vec::new();
        for reference in named {
            let read = read_file(Path::new(&reference.picture), DecodeLimits::default().bytes);
            let bytes = read.ok().filter(|bytes| sha256(bytes) == reference.hash);
            let picture = bytes.and_then(|b| decode_bytes(&b, &DecodeLimits::default()).ok());
            match picture {
                Some(picture) => {
                    found.push((picture, Some(reference.caption.clone()), reference.weight));
                }
                None => out.warn(&format!(
                    "{} is missing or has changed; {} is measured without it",
                    reference.picture, self.name
                )),
            }
        }
        References(found)
    }
}

impl References {
    /// Those of the command line, all of equal weight.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn given(paths: &[PathBuf]) -> Result<Self, CliError> {
        let weight = 1.0 / paths.len().max(1) as f64;
        let read = |path: &PathBuf| Ok((pictures::decode(path)?, None, weight));
        paths.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = Reference<'_>> {
        self.0.iter().map(|(picture, caption, weight)| Reference {
            picture,
            caption: caption.as_deref(),
            weight: *weight,
        })
    }
}
