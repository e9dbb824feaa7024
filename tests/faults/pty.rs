//! The program in a terminal of our own: a pseudo-terminal with a screen
//! behind it, that answers as it is told to.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::program::Home;

/// Longest wait for anything; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the terminal answers the question that is put to it at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// At once.
    Prompt,
    /// Not at all.
    Never,
    /// After everybody has stopped waiting, as a kitty.
    Late,
    /// Twice.
    Twice,
    /// With these words.
    Says(&'static str),
}

/// A terminal with the program in it.
pub struct Terminal {
    pub master: Option<Box<dyn MasterPty + Send>>,
    writer: Arc<Mutex<Option<Box<dyn Write + Send>>>>,
    child: Box<dyn Child + Send + Sync>,
    output: Arc<Mutex<Vec<u8>>>,
    /// Ends the reader with the next byte, so that nobody holds the terminal.
    closing: Arc<AtomicBool>,
    reader: Option<std::thread::JoinHandle<()>>,
    /// Nothing is read while this is set, as on a link that hangs.
    pub blocked: Arc<AtomicBool>,
    size: (u16, u16),
    /// The settings of the terminal before the program came.
    pub before: String,
}

impl Terminal {
    /// The studio in this home with these arguments.
    pub fn studio(home: &Home, arguments: &[&str], answer: Answer) -> Self {
        Self::with(home, arguments, answer, &[])
    }

    /// The same with more variables.
    pub fn with(home: &Home, arguments: &[&str], answer: Answer, more: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_predella"));
        command.args(arguments);
        Self::run(home, command, answer, more)
    }

    /// A shell line in this home; `$PREDELLA` is the program.
    pub fn shell(home: &Home, line: &str) -> Self {
        Self::shell_in(home, line, Answer::Prompt)
    }

    /// The same in a terminal that answers so.
    pub fn shell_in(home: &Home, line: &str, answer: Answer) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", line]);
        let program = [("PREDELLA", env!("CARGO_BIN_EXE_predella"))];
        Self::run(home, command, answer, &program)
    }

    fn run(
        home: &Home,
        mut command: CommandBuilder,
        answer: Answer,
        more: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows: 36, cols: 120, pixel_width: 1080, pixel_height: 648 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.cwd(home.path());
        command.env_clear();
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", home.path());
        command.env("HF_HUB_CACHE", home.path().join("hub"));
        command.env("TERM", "xterm-256color");
        more.iter().for_each(|(name, value)| command.env(name, value));
        let before = settings(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = Arc::new(Mutex::new(Some(pair.master.take_writer().unwrap())));
        let flag = || Arc::new(AtomicBool::new(false));
        let (output, blocked, closing) = (Arc::default(), flag(), flag());
        let switches = (blocked.clone(), closing.clone());
        let reader = Some(listen(reader, writer.clone(), Arc::clone(&output), switches, answer));
        let (master, size) = (Some(pair.master), (120, 36));
        Self { master, writer, child, output, closing, reader, blocked, size, before }
    }

    /// Types bytes.
    pub fn keys(&self, keys: &str) {
        if let Some(writer) = self.writer.lock().unwrap().as_mut() {
            writer.write_all(keys.as_bytes()).unwrap();
            writer.flush().unwrap();
        }
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
        self.size = (columns, rows);
    }

    /// Everything that was written to the terminal.
    pub fn output(&self) -> Vec<u8> {
        self.output.lock().unwrap().clone()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        let size = |n| NonZeroU16::new(n).unwrap();
        let mut parser = vt100::Parser::new(size(self.size.1), size(self.size.0), 0);
        parser.process(&self.output());
        parser.screen().contents()
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?}"), || self.screen().contains(text));
    }

    pub fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "no {what} on\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let id = self.pid().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// The state letter and the processor time in ticks, as Linux tells them.
    pub fn process(&self) -> (char, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |i: usize| fields[i].parse::<u64>().unwrap();
        (fields[0].chars().next().unwrap(), ticks(11) + ticks(12))
    }

    /// The terminal is closed, as when a connection breaks.
    pub fn hang_up(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        self.keys("\x0c");
        self.reader.take().unwrap().join().unwrap();
        *self.writer.lock().unwrap() = None;
        self.master = None;
    }

    /// Waits for the end; gives the exit code.
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was written last is still on its way.
                std::thread::sleep(Duration::from_millis(100));
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fails unless the terminal is as it was before, once all is read that is on its way.
    pub fn assert_restored(&self) {
        let start = Instant::now();
        while let Err(fault) = self.restored() {
            assert!(start.elapsed() < PATIENCE, "{fault}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn restored(&self) -> Result<(), String> {
        let out = String::from_utf8_lossy(&self.output()).into_owned();
        for (taken, given) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1004h", "\x1b[?1004l"),
            ("\x1b[?1000h", "\x1b[?1000l"),
            ("\x1b[?25l", "\x1b[?25h"),
        ] {
            let (last_taken, last_given) = (out.rfind(taken), out.rfind(given));
            if last_taken.is_some() && last_given <= last_taken {
                return Err(format!("{taken:?} at {last_taken:?}, {given:?} at {last_given:?}"));
            }
        }
        match &self.master {
            Some(master) if settings(master.as_ref()) != self.before => {
                Err("the settings are others".into())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Reads what the program writes, and answers.
fn listen(
    mut reader: Box<dyn Read + Send>,
    writer: Arc<Mutex<Option<Box<dyn Write + Send>>>>,
    output: Arc<Mutex<Vec<u8>>>,
    (blocked, closing): (Arc<AtomicBool>, Arc<AtomicBool>),
    answer: Answer,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut asked = false;
        let mut bytes = [0; 4096];
        loop {
            while blocked.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let Ok(count) = reader.read(&mut bytes) else { return };
            if count == 0 || closing.load(Ordering::SeqCst) {
                return;
            }
            let mut seen = output.lock().unwrap();
            seen.extend_from_slice(&bytes[..count]);
            if !asked && seen.windows(3).any(|w| w == b"\x1b[c") {
                asked = true;
                reply(&writer, answer);
            }
        }
    })
}

fn reply(writer: &Arc<Mutex<Option<Box<dyn Write + Send>>>>, answer: Answer) {
    let said = "\x1bP>|Probe(1)\x1b\\\x1b[6;18;9t\x1b[?62c";
    let writer = writer.clone();
    let say = move |text: &str| {
        if let Some(writer) = writer.lock().unwrap().as_mut() {
            let _ = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
        }
    };
    match answer {
        Answer::Prompt => say(said),
        Answer::Says(words) => say(words),
        Answer::Twice => say(&said.repeat(2)),
        Answer::Never => {}
        Answer::Late => drop(std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(1200));
            say("\x1bP>|kitty(0.41.1)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62c");
        })),
    }
}

/// Whether a folder's history holds a text.
pub fn history_holds(session: &Path, text: &str) -> bool {
    std::fs::read_to_string(session.join("history.yaml")).is_ok_and(|h| h.contains(text))
}
