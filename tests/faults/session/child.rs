//! This test program as another process, to be killed or starved.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use predella::session::*;

use super::script;
use crate::session::kit::*;

/// What a child does, and where.
const TASK: &str = "PREDELLA_TEST_TASK";
const FOLDER: &str = "PREDELLA_TEST_FOLDER";

/// A child that does a task in a folder; its `acks` file there grows by a byte
/// for each step that was done.
pub fn command(task: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    prepare(&mut command, task, folder);
    command
}

/// [`command`], through a shell that first does something.
pub fn command_after(shell: &str, task: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\""));
    command.arg(std::env::current_exe().unwrap());
    prepare(&mut command, task, folder);
    command
}

fn prepare(command: &mut Command, task: &str, folder: &Path) {
    command.args(["--exact", "faults::session::child::child", "--ignored", "--nocapture"]);
    command.env(TASK, task).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
}

/// How many steps a child has done.
pub fn acks(folder: &Path) -> usize {
    std::fs::metadata(folder.join("acks")).map_or(0, |meta| meta.len() as usize)
}

fn ack(folder: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).open(folder.join("acks")).unwrap().write_all(b".").unwrap();
}

#[test]
#[ignore = "the other tests run it as a process of its own"]
fn child() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("a folder to work in"));
    let path = folder.join("s");
    match &*std::env::var(TASK).unwrap() {
        "day" => {
            let mut session = script::create(&path).unwrap();
            ack(&folder);
            for (_, step) in script::steps() {
                step(&mut session).unwrap();
                ack(&folder);
            }
        }
        "hold" => {
            let _session = script::open(&path);
            ack(&folder);
            std::thread::sleep(Duration::from_secs(120));
        }
        "fill" => {
            let mut session = script::open(&path);
            for _ in 0..1000 {
                match session.queue(recipe(2), None) {
                    Ok(_) => ack(&folder),
                    Err(error) => {
                        std::fs::write(folder.join("error"), format!("{error}")).unwrap();
                        assert_eq!(damage(&session), [""; 0]);
                        return;
                    }
                }
            }
        }
        "look" => {
            let session = Session::open(&path, Access::Write).unwrap();
            let why = session.why_read_only().map(ToString::to_string).unwrap_or_default();
            let text = format!("{why}\n{}", digest(&session));
            std::fs::write(folder.join("seen"), text).unwrap();
        }
        writer => write_in_turns(&path, writer),
    }
}

/// Appends two hundred runs, each in a session of its own, whenever the other
/// does not hold it.
fn write_in_turns(path: &Path, writer: &str) {
    let mut left = 200;
    while left > 0 {
        let mut session = Session::open(path, Access::Write).unwrap();
        match session.why_read_only() {
            None => {
                let mut recipe = recipe(1);
                recipe.panels[0].subject = format!("{writer} {left}");
                session.queue(recipe, None).unwrap();
                left -= 1;
            }
            Some(ReadOnly::Held(_)) => {}
            Some(other) => panic!("{other}"),
        }
        drop(session);
        std::thread::yield_now();
    }
}
