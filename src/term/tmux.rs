//! What tmux knows of the terminal around it.

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Longest wait: tmux asks its terminal when it is attached, which may be now.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two looks.
const NAP: Duration = Duration::from_millis(60);
/// What is asked: features, then name and version as the terminal writes them.
const QUESTION: &str = "#{client_termfeatures}\t#{client_termtype}";

/// The terminal around tmux.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outer {
    /// Its name and version, as it writes them.
    pub name: String,
    /// Whether it knows sixel.
    pub sixel: bool,
}

/// Asks tmux; nothing is changed there. `None` where it does not tell, as behind
/// a connection to another machine.
pub fn outer() -> Option<Outer> {
    std::env::var_os("TMUX")?;
    let (sender, answer) = channel();
    // A server that hangs must hang nobody else.
    let ask = move || {
        let start = Instant::now();
        let mut told = ask();
        while told.as_ref().is_some_and(|outer| outer.name.is_empty()) && start.elapsed() < PATIENCE
        {
            std::thread::sleep(NAP);
            told = ask();
        }
        let _ = sender.send(told);
    };
    std::thread::Builder::new().name("tmux".into()).spawn(ask).ok()?;
    answer.recv_timeout(2 * PATIENCE).ok()?
}

fn ask() -> Option<Outer> {
    let mut command = Command::new("tmux");
    command.args(["display-message", "-p", QUESTION]).stdin(Stdio::null()).stderr(Stdio::null());
    let told = command.output().ok().filter(|told| told.status.success())?;
    Some(read(&String::from_utf8_lossy(&told.stdout)))
}

fn read(told: &str) -> Outer {
    let (features, name) = told.trim_end_matches('\n').split_once('\t').unwrap_or((told, ""));
    Outer {
        name: name.chars().take(80).collect(),
        sixel: features.split(',').any(|feature| feature == "sixel"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_and_name_are_told_apart() {
        let outer = read("256,RGB,sixel,title\tXTerm(398)\n");
        assert_eq!(outer, Outer { name: "XTerm(398)".into(), sixel: true });
        assert_eq!(read("bpaste,title\tkitty(0.41.1)\n").name, "kitty(0.41.1)");
        assert_eq!(read("\t\n"), Outer::default());
        assert_eq!(read(""), Outer::default());
    }
}
