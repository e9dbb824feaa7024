//! Things to test sessions with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use predella::imaging::{self, RgbImage};
use predella::recipe::{Recipe, yaml};
use predella::session::*;
use predella::util::clock::Clock;

/// Prompts, names and tags that have broken other programs.
pub const POISON: [&str; 22] = [
    "...",
    "---\n...\n---",
    "\n...\n",
    "a\r\nb\r...\r\n",
    "\x1b[2J\x1b]52;c;aGk=\x07",
    "\u{202e}gnp.exe",
    "nul\0nul",
    "\u{85}...\u{2028}---\u{2029}...",
    "\u{feff}bom",
    "- a\n- b",
    "&a *a",
    "* one\n* two & three",
    "{a|b} [c] (d:1.2)",
    "18446744073709551615",
    "~",
    "key: value # no comment",
    "'\"\\",
    "  lead\n    and trail  \n\n",
    "日本語のプロンプト\n...",
    "👩\u{200d}🎨",
    "../../etc/passwd",
    "%TAG ! tag:x\n!!python/object:os.system",
];

/// A small valid recipe with this many panels.
pub fn recipe(panels: usize) -> Recipe {
    let text = "version: 1\nengine: 0.1.0\nmodel: {name: mini}\nanchor: first_panel\n\
        panels: [{subject: a fox, seed: 18446744073709551615}]\nstyle_prompt: watercolour\n\
        size: {width: 64, height: 64}\nsteps: 2\nguidance_scale: 5.0\nscheduler: {}\nstyle: {}\n";
    let mut recipe: Recipe = yaml::from_str(text).unwrap();
    recipe.panels = vec![recipe.panels[0].clone(); panels];
    recipe
}

/// A whole PNG that differs from every other number's.
pub fn png(number: u32) -> Vec<u8> {
    let [a, b, c, d] = number.to_le_bytes();
    imaging::encode(&RgbImage::from_raw(2, 1, vec![a, b, c, d, 0, 0]).unwrap(), None).unwrap()
}

/// A clock that goes on by a second at each look.
#[derive(Default)]
pub struct Ticking(Mutex<u64>);

impl Clock for Ticking {
    fn now(&self) -> SystemTime {
        let mut seconds = self.0.lock().unwrap();
        *seconds += 1;
        UNIX_EPOCH + Duration::from_secs(1_700_000_000 + *seconds)
    }
}

/// Everything that people see of a session, without numbers of entries.
pub fn digest(session: &Session) -> String {
    let (state, mut text) = (session.state(), String::new());
    writeln!(text, "name {:?} queue {:?}", session.name(), state.queue().collect::<Vec<_>>())
        .unwrap();
    writeln!(text, "draft {:?} view {:?}", session.head().draft, session.head().view).unwrap();
    for run in state.runs() {
        let Run { id, parent, status, attempts, panels, .. } = run;
        let status = match status {
            Status::Ended(ended) => format!("{:?}", ended.outcome),
            other => format!("{other:?}"),
        };
        writeln!(text, "run {id} {parent:?} {status} {attempts} {panels:?}").unwrap();
    }
    text + &pictures(session)
}

/// The part of [`digest`] that undo brings back, with the bytes of the pictures.
pub fn pictures(session: &Session) -> String {
    let mut text = format!("name {:?}\n", session.name());
    for image in session.state().images() {
        let Image { id, sha256, marks, place, .. } = image;
        let length = session.read_image(id).map(|bytes| bytes.len()).ok();
        writeln!(text, "image {id} {sha256} {marks:?} {place:?} {length:?}").unwrap();
    }
    text
}

/// Every file below a folder with its bytes, but for the lock and its note.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match std::fs::symlink_metadata(&path).unwrap().file_type() {
            kind if kind.is_dir() => files.extend(tree(&path)),
            kind if kind.is_file() && !matches!(name, ".lock" | ".holder.yaml") => {
                files.insert(path.clone(), std::fs::read(&path).unwrap());
            }
            _ => {}
        }
    }
    files
}

/// A new folder, in memory where there is such a disk: many syncs take long.
pub fn fast_dir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

/// What a full check calls damage.
pub fn damage(session: &Session) -> Vec<String> {
    session.check(Depth::Full).unwrap().damage().map(Finding::to_string).collect()
}

/// A reproducible row of numbers (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// A finished run with this many pictures.
pub fn paint(session: &mut Session, panels: u32) -> Vec<ImageId> {
    let run = session.queue(recipe(panels as usize), None).unwrap();
    session.start(run).unwrap();
    let store = |panel| {
        let png = png(run.0 as u32 * 1000 + panel);
        session.store_panel(run, panel, &png, Some(0.5)).unwrap()
    };
    let images = (0..panels).map(store).collect();
    session.end(RunEnded::new(run, Outcome::Done)).unwrap();
    images
}
