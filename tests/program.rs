//! The program from outside, in a home of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder to work in that is gone after the test.
pub struct Home(tempfile::TempDir);

/// What a run of the program left.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The smallest model that paints, in noise of its own.
pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/tiny-sdxl")
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file in here with this content.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, content.as_ref());
        path
    }

    /// The program with nothing of this machine's settings.
    pub fn program(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_predella"))
    }

    /// Any command in the same surroundings.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in [
            "COLUMNS",
            "PREDELLA_GRAPHICS",
            "PREDELLA_MODELS",
            "PREDELLA_LOG",
            "RUST_LOG",
            "HF_HOME",
        ] {
            command.env_remove(name);
        }
        for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command.env("HOME", self.path()).env("HF_HUB_CACHE", self.path().join("hub"));
        command.env("HF_HUB_OFFLINE", "1").env("TERM", "xterm-256color");
        command
    }

    /// Runs the program with these arguments.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ran {
        Ran::from(self.program().args(arguments).output().unwrap())
    }

    /// Runs it with a text on standard input.
    pub fn run_with<A: AsRef<OsStr>>(&self, arguments: &[A], input: &[u8]) -> Ran {
        let mut command = self.program();
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }

    /// `paint` with the tiny model, quickly, and then these arguments.
    pub fn paint(&self, arguments: &[&str]) -> Ran {
        let model = tiny();
        let mut all = vec!["paint", "--model", model.to_str().unwrap()];
        all.extend(["--device", "cpu", "--steps", "2", "--size", "64"]);
        all.extend(arguments);
        self.run(&all)
    }

    /// Names in a folder of this home, sorted; none if it is missing.
    pub fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path().join(folder))
    }
}

/// Names in a folder, sorted; none if it is missing.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Tests may write as they like; the program has one door for it.
#[allow(clippy::disallowed_methods)]
pub fn write(path: &Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Everything that it said, for messages of failed tests.
    pub fn all(&self) -> String {
        format!("code {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }

    /// Itself, if it ended well.
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.all());
        self
    }

    /// Its results as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.all()))
    }

    /// Whether anything that it said could steer a terminal.
    pub fn steers(&self) -> bool {
        let bad = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        self.stdout.chars().chain(self.stderr.chars()).any(bad)
    }
}
