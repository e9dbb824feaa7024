//! What tmux knows of the terminal around it.

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Longest wait: tmux asks its terminal when it is attached, which may be now.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two looks.
const NAP: Duration = Duration::from_millis(60);
/// What is asked: name and version, as the terminal writes them.
const QUESTION: &str = "#{client_termtype}";

/// Name and version of the terminal around tmux, by asking tmux; nothing is
/// changed there. `None` where it does not tell, as behind a connection to
/// another machine.
pub fn outer() -> Option<String> {
    std::env::var_os("TMUX")?;
    let (sender, answer) = channel();
    // A server that hangs must hang nobody else.
    let ask = move || {
        let start = Instant::now();
        let mut told = ask();
        while told.as_ref().is_some_and(String::is_empty) && start.elapsed() < PATIENCE {
            std::thread::sleep(NAP);
            told = ask();
        }
        let _ = sender.send(told);
    };
    std::thread::Builder::new().name("tmux".into()).spawn(ask).ok()?;
    answer.recv_timeout(2 * PATIENCE).ok()?
}

fn ask() -> Option<String> {
    let mut command = Command::new("tmux");
    command.args(["display-message", "-p", QUESTION]).stdin(Stdio::null()).stderr(Stdio::null());
    let told = command.output().ok().filter(|told| told.status.success())?;
    Some(read(&String::from_utf8_lossy(&told.stdout)))
}

fn read(told: &str) -> String {
    told.trim().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_not_long() {
        assert_eq!(read("kitty(0.41.1)\n"), "kitty(0.41.1)");
        assert_eq!(read("\n"), "");
        assert_eq!(read(&"x".repeat(999)).len(), 80);
    }
}
