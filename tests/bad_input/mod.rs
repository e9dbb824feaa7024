//! Input that is wrong: each is refused with its exit code and one clear line,
//! before anything was painted.

mod control;
mod disk;
mod metrics;
mod models;
mod modes;
mod odd;
mod panorama;
mod paper;
mod references;
mod sessions;
mod table;
mod words;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{Home, Ran};

/// One wrong input.
pub struct Case {
    pub name: &'static str,
    /// Prepares the home and gives the arguments.
    pub arrange: fn(&Home) -> Vec<String>,
    pub code: i32,
    /// Words that the message must hold.
    pub words: &'static [&'static str],
}

/// Runs a case and lists what is wrong with the answer.
pub fn faults(case: &Case) -> Vec<String> {
    let home = Home::new();
    let arguments = (case.arrange)(&home);
    let start = Instant::now();
    let ran = home.run(&arguments);
    let mut faults = Vec::new();
    let mut check = |good: bool, what: &str| {
        if !good {
            faults.push(format!("{}: {what}\n{}", case.name, ran.all()));
        }
    };
    check(ran.code == Some(case.code), &format!("the code is not {}", case.code));
    check(one_error(&ran), "there is not one error line");
    for word in case.words {
        check(ran.stderr.contains(word), &format!("it does not say {word:?}"));
    }
    check(!ran.stderr.contains("panicked"), "it panicked");
    check(!ran.steers(), "it steers the terminal");
    check(ran.stdout.is_empty(), "it printed results");
    check(home.names("predella-out").is_empty(), "it left files");
    check(start.elapsed() < Duration::from_secs(30), "it took long");
    faults
}

/// One line says what is wrong; the parser of arguments adds its usage.
fn one_error(ran: &Ran) -> bool {
    ran.stderr.lines().filter(|line| line.starts_with("error: ")).count() == 1
}

/// Fails with everything that is wrong with a table of cases.
pub fn assert_refused(cases: &[Case]) {
    let faults: Vec<String> = cases.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Copies a folder and everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
