//! Being interrupted.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Home, Ran, tiny};

/// A run that would take very long, with its first picture already there.
fn long_run(home: &Home, prefix: &[&str]) -> Child {
    let model = tiny();
    let mut command = match prefix {
        [] => home.program(),
        [wrapper, rest @ ..] => {
            let mut command = home.command(wrapper);
            command.args(rest).arg(env!("CARGO_BIN_EXE_predella"));
            command
        }
    };
    command.args(["paint", "a fox", "a bear", "-n", "500", "--chunk", "1", "--steps", "5"]);
    command.args(["--size", "64", "--seed", "1", "--threads", "1", "--model"]).arg(model);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| !home.names("predella-out").iter().all(|n| !n.ends_with(".png")));
    child
}

fn wait_until(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "it did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn kill(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

/// Whether a signal waits to be taken, where the system tells.
fn is_pending(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let masks =
        status.lines().filter_map(|l| l.strip_prefix("SigPnd:").or(l.strip_prefix("ShdPnd:")));
    masks.into_iter().any(|mask| mask.trim().chars().any(|c| c != '0'))
}

#[test]
fn a_signal_stops_within_a_step_and_keeps_what_is_done() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let home = Home::new();
        let child = long_run(&home, &["env", "--default-signal"]);
        let start = Instant::now();
        kill(&child, signal);
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(code), "{}", ran.all());
        assert!(start.elapsed() < Duration::from_secs(10), "{signal} took too long");
        assert!(ran.stderr.contains("kept"), "{}", ran.all());
        let names = home.names("predella-out");
        assert!(
            (1..1000).contains(&names.len()) && names.iter().all(|n| n.ends_with(".png")),
            "{names:?}"
        );
        assert_eq!(ran.stdout.lines().count(), names.len(), "each is printed: {}", ran.all());
        for name in names {
            let path = home.path().join("predella-out").join(name);
            image::ImageReader::open(path).unwrap().decode().unwrap();
        }
    }
}

/// The first signal waits for the step to end, the second for nothing.
#[test]
fn a_second_signal_quits_at_once() {
    let home = Home::new();
    let mut command = home.command("env");
    command.arg("--default-signal").arg(env!("CARGO_BIN_EXE_predella"));
    // Each step of this size takes many seconds.
    command.args(["paint", "a fox", "--size", "2048", "--steps", "1000", "--threads", "1"]);
    command.args(["--seed", "1", "--device", "cpu", "--model"]).arg(tiny());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("painting ") {}
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(200));
        kill(&child, "-INT");
        // Two that are not yet taken count as one.
        wait_until(|| !is_pending(&child));
    }
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("kept")), "it ended in order: {rest:?}");
}

#[test]
fn nohup_is_respected() {
    let home = Home::new();
    let mut child = long_run(&home, &["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    kill(&child, "-HUP");
    let before = home.names("predella-out").len();
    wait_until(|| home.names("predella-out").len() > before + 1);
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
