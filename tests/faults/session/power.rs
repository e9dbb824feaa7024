//! Power that fails at any step, on a disk that keeps no more than it must.
//!
//! The steps of a day are recorded and played to a model of a disk. It keeps
//! what was synced; what was not, it may have kept, lost, or kept in part, and
//! it may have a name before it has the bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use predella::util::fault::{Step, Verdict, watching};

use super::script::{Script, create, open};
use crate::session::kit::*;

/// A recorded step.
#[derive(Debug, Clone)]
enum Op {
    Write(PathBuf, Vec<u8>),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Cut(PathBuf, usize),
    SyncFolder(PathBuf),
    /// The program was told that so many steps of the day are done.
    Done(usize),
}

fn record(step: &Step<'_>) -> Option<Op> {
    let own = |path: &Path| path.to_owned();
    Some(match step {
        Step::Write(path, bytes) => Op::Write(own(path), bytes.to_vec()),
        Step::Sync(path) => Op::Sync(own(path)),
        Step::Rename(from, to) => Op::Rename(own(from), own(to)),
        Step::Remove(path) => Op::Remove(own(path)),
        Step::Cut(path, length) => Op::Cut(own(path), *length as usize),
        Step::SyncFolder(path) => Op::SyncFolder(own(path)),
        Step::Create(_) | Step::Folder(_) => return None,
    })
}

/// The bytes of a file as the program sees them, and as they are on the disk.
#[derive(Debug, Clone, Default)]
struct Bytes {
    seen: Vec<u8>,
    kept: Vec<u8>,
}

/// A disk: files by number, and names of files, seen and kept.
#[derive(Debug, Clone, Default)]
struct Disk {
    files: Vec<Bytes>,
    seen: BTreeMap<PathBuf, usize>,
    kept: BTreeMap<PathBuf, usize>,
}

/// What the disk does with what was not synced.
#[derive(Debug, Clone, Copy)]
enum Mood {
    KeepsAll,
    /// Neither names nor bytes.
    KeepsNothing,
    /// New names with none of the new bytes.
    NamesFirst,
    /// Half of the new bytes at the end of files, and no new names.
    Half,
}

impl Disk {
    fn of(tree: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let mut disk = Self::default();
        for (path, bytes) in tree {
            disk.seen.insert(path, disk.files.len());
            disk.files.push(Bytes { seen: bytes.clone(), kept: bytes });
        }
        disk.kept.clone_from(&disk.seen);
        disk
    }

    fn file(&mut self, path: &Path) -> &mut Bytes {
        let at = *self.seen.entry(path.to_owned()).or_insert_with(|| {
            self.files.push(Bytes::default());
            self.files.len() - 1
        });
        &mut self.files[at]
    }

    fn play(&mut self, op: &Op) {
        match op {
            Op::Write(path, bytes) => self.file(path).seen.extend(bytes),
            Op::Cut(path, length) => self.file(path).seen.truncate(*length),
            Op::Sync(path) => {
                let file = self.file(path);
                file.kept.clone_from(&file.seen);
            }
            Op::Rename(from, to) => {
                let file = self.seen.remove(from).unwrap();
                self.seen.insert(to.clone(), file);
            }
            Op::Remove(path) => drop(self.seen.remove(path)),
            Op::SyncFolder(folder) => {
                self.kept.retain(|path, _| path.parent() != Some(folder));
                let names = self.seen.iter().filter(|(path, _)| path.parent() == Some(folder));
                self.kept.extend(names.map(|(path, file)| (path.clone(), *file)));
            }
            Op::Done(_) => {}
        }
    }

    /// What is found after the power came back, with paths from `from` put under `to`.
    fn wake(&self, mood: Mood, from: &Path, to: &Path) {
        let names = match mood {
            Mood::KeepsAll | Mood::NamesFirst => &self.seen,
            Mood::KeepsNothing | Mood::Half => &self.kept,
        };
        for (path, file) in names {
            let Bytes { seen, kept } = &self.files[*file];
            let half = seen.strip_prefix(&kept[..]).map(|new| &new[..new.len() / 2]);
            let bytes = match mood {
                Mood::KeepsAll => seen.clone(),
                Mood::KeepsNothing | Mood::NamesFirst => kept.clone(),
                Mood::Half => [kept, half.unwrap_or_default()].concat(),
            };
            let path = to.join(path.strip_prefix(from).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// The disk before the day, its steps, and where it was.
fn recorded(script: &Script) -> (Disk, Vec<Op>, tempfile::TempDir) {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let mut session = create(&path).unwrap();
    let before = Disk::of(tree(session.path()));
    let ops = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&ops);
    let watch = move |step: &Step<'_>| {
        seen.borrow_mut().extend(record(step));
        Verdict::Go
    };
    let told = Rc::clone(&ops);
    watching(watch, || {
        for (done, (_, step)) in script.steps.iter().enumerate() {
            step(&mut session).unwrap();
            told.borrow_mut().push(Op::Done(done + 1));
        }
    });
    let ops = ops.borrow().clone();
    (before, ops, dir)
}

#[test]
fn what_was_done_survives_the_power() {
    let script = Script::new();
    let (mut disk, ops, dir) = recorded(&script);
    let from = dir.path().join("s").canonicalize().unwrap();
    assert!(ops.len() > 150, "only {} steps were seen", ops.len());
    let mut done = 0;
    for (at, op) in ops.iter().enumerate() {
        disk.play(op);
        if let Op::Done(steps) = op {
            done = *steps;
        }
        for mood in [Mood::KeepsAll, Mood::KeepsNothing, Mood::NamesFirst, Mood::Half] {
            let woken = fast_dir();
            let path = woken.path().join("s");
            disk.wake(mood, &from, &path);
            let session = open(&path);
            let found = digest(&session);
            let what = format!("{mood:?} at {at}, {op:?}, {done} steps done");
            let fits = [done, done + 1];
            assert!(
                fits.iter().any(|n| script.digests.get(*n) == Some(&found)),
                "{what}:\n{found}\nis neither\n{}\nnor the next",
                script.digests[done]
            );
            assert_eq!(damage(&session), [""; 0], "{what}");
        }
    }
    assert_eq!(done, script.steps.len());
}

#[test]
fn nothing_gets_its_name_before_its_bytes_are_safe() {
    let (mut disk, ops, _dir) = recorded(&Script::new());
    let mut renamed = 0;
    for op in &ops {
        disk.play(op);
        // The holder's note tells of a process; behind a power loss there is none.
        if let Op::Rename(_, to) = op
            && !to.ends_with(".holder.yaml")
        {
            let Bytes { seen, kept } = disk.file(to);
            assert_eq!(seen, kept, "{} is not synced", to.display());
            renamed += 1;
        }
    }
    assert!(renamed > 10, "only {renamed} files were renamed");
}
