//! What is looked up on disk for the interface, on threads beside it.

use super::copies;
pub use super::listing::is_picture;
use super::listing::{of_folder, of_session};
use super::lookups::{self, Tokens};
use super::popup::PickerItem;
use super::themes::Themes;
use crate::config::{SavedStyle, Styles, list_stamps, lists};
use crate::engine::explain::Outline;
use crate::engine::read_picture;
use crate::imaging::read_info;
use crate::perceive::{Asked, Told};
use crate::prompt::Lists;
use crate::recipe::Recipe;
use crate::util::stamps::Stamps;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Time between two looks at themes and lists.
const LOOK: Duration = Duration::from_secs(1);

/// What a file is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It shall lend its style.
    Reference,
    /// It shall steer the composition.
    Map,
    /// Words for what it shows or says.
    Words,
    /// Words for what music is like.
    Music,
}

impl Role {
    /// What is asked of the file, where it is put into words.
    pub fn asked(self) -> Option<Asked> {
        match self {
            Self::Reference | Self::Map => None,
            Self::Words => Some(Asked::Content),
            Self::Music => Some(Asked::Mood),
        }
    }
}

/// Something to be looked up.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// The files of a folder as it was typed; without one, of the session.
    List(Role, String),
    /// A picture, or a file that is put into words.
    Read(Role, String),
    /// The saved styles.
    Styles,
    /// A saved style by its name.
    Style(String),
    /// Copy pictures of the session to a folder.
    Copy(Vec<String>, String),
    /// The steps and blocks of a set.
    Outline(Arc<Recipe>),
    /// What a model reads of prompts.
    Tokens(String, Vec<String>),
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Pictures and folders.
    Pictures {
        /// The folder as it was typed.
        folder: String,
        /// Each by what has to be typed for it.
        items: Vec<PickerItem>,
    },
    /// A picture that can be used.
    Picture(Role, ReadPicture),
    /// A file by its path as it was typed, in words, or why there are none.
    Told(String, Result<Told, String>),
    /// The saved styles.
    Styles(Vec<PickerItem>),
    /// A saved style and its name.
    Style(String, Box<SavedStyle>),
    /// The themes, of which a file has changed.
    Themes(Arc<Themes>),
    /// The lists for prompts, of which a file has changed.
    Lists(Lists),
    /// So many pictures were copied to a folder.
    Copied(usize, String),
    /// The steps and blocks of a set, or why they are not known.
    Outline(Arc<Recipe>, Result<Arc<Outline>, String>),
    /// What a model reads of these prompts, or why that is not known.
    Tokens(Vec<String>, Result<Vec<Tokens>, String>),
    /// Why nothing was found.
    Failed(String),
}

/// A picture that was read whole once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPicture {
    /// Its file: within the session's folder from there, else the whole path.
    pub path: String,
    /// SHA-256 of the file, in hex.
    pub hash: String,
    /// The prompt that painted it, where it tells.
    pub prompt: Option<String>,
}

/// Where the thread looks.
pub struct Places {
    /// The session's folder.
    pub session: PathBuf,
    /// The folder of the user's own themes.
    pub themes: Option<PathBuf>,
    /// Those that the interface has.
    pub known: Arc<Themes>,
    /// Of the lists that it has.
    pub lists: Stamps,
}

impl Places {
    /// The themes, if a file of one has changed.
    fn changed_themes(&mut self) -> Option<Found> {
        self.known = Arc::new(self.known.changed(self.themes.as_ref()?)?);
        Some(Found::Themes(self.known.clone()))
    }

    /// The lists, if a file of one has changed.
    fn changed_lists(&mut self) -> Option<Found> {
        let stamps = list_stamps();
        if stamps == self.lists {
            return None;
        }
        self.lists = stamps;
        Some(lists().map_or_else(|e| Found::Failed(e.to_string()), Found::Lists))
    }
}

/// Starts the thread that goes on errands, one after another, and looks after
/// themes and lists meanwhile; another one puts files into words, which takes long.
///
/// # Errors
/// When no thread can be started.
pub fn serve(
    mut places: Places,
    answer: impl Fn(Found) -> bool + Send + Clone + 'static,
) -> std::io::Result<Sender<Errand>> {
    let (sender, inbox) = channel();
    let slow = readers(places.session.clone(), answer.clone())?;
    std::thread::Builder::new().name("errands".into()).spawn(move || {
        loop {
            let found = match inbox.recv_timeout(LOOK) {
                Ok(errand @ Errand::Read(Role::Words | Role::Music, _)) => {
                    slow.send(errand).err().map(|_| Found::Failed("no words can be read".into()))
                }
                Ok(errand) => Some(run(&errand, &places.session)),
                Err(RecvTimeoutError::Timeout) => {
                    places.changed_themes().or_else(|| places.changed_lists())
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if found.is_some_and(|found| !answer(found)) {
                return;
            }
        }
    })?;
    Ok(sender)
}

/// Starts the thread that puts files into words.
fn readers(
    session: PathBuf,
    answer: impl Fn(Found) -> bool + Send + 'static,
) -> std::io::Result<Sender<Errand>> {
    let (sender, inbox) = channel::<Errand>();
    let all = move || inbox.into_iter().all(|errand| answer(run(&errand, &session)));
    std::thread::Builder::new().name("words".into()).spawn(all)?;
    Ok(sender)
}

/// Goes and looks.
pub fn run(errand: &Errand, session: &Path) -> Found {
    match errand {
        Errand::List(role, folder) => {
            let items = match folder.is_empty() {
                true => of_session(session, *role),
                false => of_folder(session, *role, folder),
            };
            Found::Pictures { folder: folder.clone(), items }
        }
        Errand::Read(role, text) => match role.asked() {
            Some(asked) => super::told::look(asked, session, text),
            None => match read(session, text) {
                Ok(read) => Found::Picture(*role, read),
                Err(why) => Found::Failed(why),
            },
        },
        Errand::Copy(images, to) => match copies::copy(session, images, to) {
            Ok(count) => Found::Copied(count, to.clone()),
            Err(why) => Found::Failed(why),
        },
        Errand::Outline(recipe) => {
            Found::Outline(recipe.clone(), lookups::outline(recipe).map(Arc::new))
        }
        Errand::Tokens(model, prompts) => {
            Found::Tokens(prompts.clone(), lookups::tokens(model, prompts))
        }
        Errand::Styles => styles().map_or_else(|e| Found::Failed(e.to_string()), Found::Styles),
        Errand::Style(name) => match Styles::of_user().and_then(|all| all.open(name)) {
            Ok(saved) => Found::Style(name.clone(), Box::new(saved)),
            Err(error) => Found::Failed(error.to_string()),
        },
    }
}

/// The folder that a typed path is in, as it was typed.
pub fn folder_of(typed: &str) -> &str {
    typed.rfind('/').map_or("", |at| &typed[..=at])
}

/// The file that was typed: from the session's folder, unless it says otherwise.
pub fn resolve(session: &Path, typed: &str) -> PathBuf {
    let here = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Some(rest) = typed.strip_prefix("~/") {
        return std::env::home_dir().unwrap_or_default().join(rest);
    }
    match Path::new(typed).components().next() {
        Some(Component::CurDir | Component::ParentDir) => here(Path::new(typed)),
        _ => session.join(typed),
    }
}

fn read(session: &Path, typed: &str) -> Result<ReadPicture, String> {
    let file = resolve(session, typed);
    let (_, hash) = read_picture(&file).map_err(|e| e.to_string())?;
    let record = read_info(&file).ok().and_then(|info| info.record);
    let prompt = record
        .and_then(|record| record.recipe.panels.get(record.panel).map(|p| record.recipe.prompt(p)));
    let inside = file.strip_prefix(session).unwrap_or(&file);
    let path = inside.to_str().ok_or("the file's name is not UTF-8 text")?.to_owned();
    Ok(ReadPicture { path, hash, prompt })
}

fn styles() -> Result<Vec<PickerItem>, crate::config::StyleError> {
    let all = Styles::of_user()?;
    let item = |name: String| {
        let about = all.open(&name).map(|style| {
            let captions = style.references.pictures.into_iter().map(|r| r.caption);
            captions.collect::<Vec<_>>().join("; ")
        });
        PickerItem { value: name, about: about.unwrap_or_default(), hint: String::new() }
    };
    Ok(all.names()?.into_iter().map(item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::encode;
    use crate::util::fs::{create_dir, write_new};

    #[test]
    fn pictures_are_found_where_they_are_and_where_one_types() {
        let home = tempfile::tempdir().unwrap();
        let session = home.path().join("s");
        let png = encode(&image::RgbImage::new(4, 4), None).unwrap();
        create_dir(&session).unwrap();
        for folder in ["images", "trash", "deep"] {
            create_dir(&session.join(folder)).unwrap();
        }
        for file in ["s/images/a.png", "s/trash/b.png", "s/deep/c.JPG", "o.png"] {
            write_new(&home.path().join(file), &png).unwrap();
        }
        write_new(&session.join("notes.txt"), b"a fox").unwrap();
        let listed =
            |role: Role, folder: &str| match run(&Errand::List(role, folder.into()), &session) {
                Found::Pictures { items, .. } => {
                    items.into_iter().map(|i| i.value).collect::<Vec<_>>()
                }
                other => panic!("{other:?}"),
            };
        let names = |folder: &str| listed(Role::Map, folder);
        let mut own = names("");
        own.sort();
        assert_eq!(own, ["deep/c.JPG", "images/a.png"]);
        assert_eq!(names("images/"), ["images/a.png"]);
        let typed = format!("{}/", home.path().display());
        assert_eq!(names(&typed), [format!("{typed}o.png"), format!("{typed}s/")]);
        assert_eq!(names("nowhere/"), [""; 0]);
        let mut words = listed(Role::Words, "");
        words.sort();
        assert_eq!(words, ["deep/c.JPG", "images/a.png", "notes.txt"]);
        assert_eq!(listed(Role::Music, ""), [""; 0]);
        let told = run(&Errand::Read(Role::Words, "notes.txt".into()), &session);
        assert!(matches!(&told, Found::Told(_, Ok(told)) if told.words == "a fox"), "{told:?}");
        let read = |text: &str| run(&Errand::Read(Role::Map, text.into()), &session);
        assert!(matches!(read("images/a.png"), Found::Picture(_, r) if r.path == "images/a.png"));
        let outside = format!("{typed}o.png");
        assert!(matches!(read(&outside), Found::Picture(_, r) if r.path == outside));
        let out = home.path().join("out").display().to_string();
        let copy = Errand::Copy(vec!["a".into()], out.clone());
        assert_eq!(run(&copy, &session), Found::Copied(1, out.clone()));
        assert_eq!(run(&copy, &session), Found::Copied(0, out), "nothing is overwritten");
        for bad in ["notes.txt", "images", "none.png", ""] {
            assert!(matches!(read(bad), Found::Failed(_)), "{bad}");
        }
    }
}
