//! Where tests make the disk fail.
//!
//! Every durable step of this room asks here before it is taken. A test
//! installs a watch for its own thread with [`watching`], or starts a program
//! with `PREDELLA_FAIL_AT` set to the number of the step, from 1:
//!
//! - `7`: the program dies before its seventh step, as by `kill -9`;
//! - `7:full`, `7:eio`, `7:stale`, `7:readonly`: that step fails;
//! - `7+:full`: that step and every later one fail.
//!
//! With neither, a step costs one look at a flag.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// One durable step, about to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A temporary file for this path is made.
    Create(&'a Path),
    /// Bytes are added at the end of a file.
    Write(&'a Path, &'a [u8]),
    /// A file's bytes are synced.
    Sync(&'a Path),
    /// A file or folder gets another name.
    Rename(&'a Path, &'a Path),
    /// A file is removed.
    Remove(&'a Path),
    /// A file is shortened to this length.
    Cut(&'a Path, u64),
    /// A folder is made.
    Folder(&'a Path),
    /// The names in a folder are synced.
    SyncFolder(&'a Path),
}

/// What a watch wants to happen.
#[derive(Debug)]
pub enum Verdict {
    /// The step is taken.
    Go,
    /// The step fails with this error.
    Fail(io::Error),
    /// The program ends here.
    Die,
}

type Watch = Box<dyn FnMut(&Step<'_>) -> Verdict>;

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Does some work while a watch decides over each of its durable steps on this
/// thread. Steps that the watch itself causes are not watched.
pub fn watching<T>(
    watch: impl FnMut(&Step<'_>) -> Verdict + 'static,
    work: impl FnOnce() -> T,
) -> T {
    /// Takes the watch off again, also when the work panics.
    struct Off(Option<Watch>);
    impl Drop for Off {
        fn drop(&mut self) {
            WATCH.set(self.0.take());
        }
    }
    let _off = Off(WATCH.replace(Some(Box::new(watch))));
    work()
}

/// Asks whether a step may be taken.
pub(super) fn before(step: Step<'_>) -> io::Result<()> {
    let verdict = match WATCH.take() {
        Some(mut watch) => {
            let verdict = watch(&step);
            WATCH.set(Some(watch));
            verdict
        }
        None => plan().map_or(Verdict::Go, Plan::next),
    };
    match verdict {
        Verdict::Go => Ok(()),
        Verdict::Fail(error) => Err(error),
        // No destructor and no buffer runs after this, so to the files it is
        // the same as SIGKILL.
        Verdict::Die => std::process::abort(),
    }
}

/// Writes all bytes: at once, or in two halves where a test may stop between.
pub(super) fn write_all(mut file: &File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_watched = plan().is_some() || WATCH.with_borrow(Option::is_some);
    let (first, second) = bytes.split_at(if is_watched { bytes.len() / 2 } else { 0 });
    if !first.is_empty() {
        before(Step::Write(path, first))?;
        file.write_all(first)?;
    }
    before(Step::Write(path, second))?;
    file.write_all(second)
}

/// What `PREDELLA_FAIL_AT` asks for.
#[derive(Debug)]
struct Plan {
    at: u64,
    and_later: bool,
    /// `None` dies.
    error: Option<fn() -> io::Error>,
    taken: AtomicU64,
}

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    PLAN.get_or_init(|| Plan::parse(&std::env::var("PREDELLA_FAIL_AT").ok()?)).as_ref()
}

impl Plan {
    fn parse(text: &str) -> Option<Self> {
        let (at, mode) = text.split_once(':').unwrap_or((text, ""));
        let (at, and_later) = at.strip_suffix('+').map_or((at, false), |at| (at, true));
        let error: Option<fn() -> io::Error> = match mode {
            "" => None,
            "full" => Some(|| ErrorKind::StorageFull.into()),
            "readonly" => Some(|| ErrorKind::ReadOnlyFilesystem.into()),
            "stale" => Some(|| ErrorKind::StaleNetworkFileHandle.into()),
            "eio" => Some(|| io::Error::other("input/output error")),
            _ => return None,
        };
        Some(Self { at: at.parse().ok()?, and_later, error, taken: AtomicU64::new(0) })
    }

    fn next(&self) -> Verdict {
        let step = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        let hit = step == self.at || self.and_later && step > self.at;
        match (hit, self.error) {
            (false, _) => Verdict::Go,
            (true, None) => Verdict::Die,
            (true, Some(error)) => Verdict::Fail(error()),
        }
    }
}

/// Breaks the thread that asks, as a fault in its code would, where a program
/// was started with `PREDELLA_BREAK` set to its name. Tests see by it that a
/// broken part takes nothing else along.
pub fn trip(part: &str) {
    static BROKEN: OnceLock<Option<String>> = OnceLock::new();
    let broken = BROKEN.get_or_init(|| std::env::var("PREDELLA_BREAK").ok());
    if broken.as_deref() == Some(part) {
        std::panic::panic_any(format!("{part} was broken on purpose"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str) -> Option<Vec<u64>> {
        let plan = Plan::parse(text)?;
        Some((1..=5).filter(|_| !matches!(plan.next(), Verdict::Go)).collect())
    }

    #[test]
    fn a_plan_hits_its_steps() {
        assert_eq!(hits("3").map(|hits| hits.len()), Some(1));
        assert_eq!(hits("3+:full").map(|hits| hits.len()), Some(3));
        assert_eq!(hits("9:eio").map(|hits| hits.len()), Some(0));
        for nonsense in ["", "x", "3:often", "-1", "3++"] {
            assert!(Plan::parse(nonsense).is_none(), "{nonsense}");
        }
        let full = Plan::parse("1:full").unwrap().next();
        assert!(matches!(full, Verdict::Fail(e) if e.kind() == ErrorKind::StorageFull));
        assert!(matches!(Plan::parse("1").unwrap().next(), Verdict::Die));
    }

    #[test]
    fn a_watch_sees_the_steps_of_its_work_alone() {
        let go = |_: &Step<'_>| Verdict::Fail(ErrorKind::StorageFull.into());
        let path = Path::new("x");
        assert!(watching(go, || before(Step::Sync(path))).is_err());
        assert!(before(Step::Sync(path)).is_ok());
        let caught = std::panic::catch_unwind(|| watching(go, || panic!("work")));
        assert!(caught.is_err() && before(Step::Sync(path)).is_ok());
    }
}
