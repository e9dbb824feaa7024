//! `cargo run --release --example parity -- DIR [--only PATTERN]`: compares the
//! engine with any folder of golden tensors.

#[path = "mod.rs"]
mod parity;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (dir, only) = match args.as_slice() {
        [dir] => (dir, ""),
        [dir, "--only", pattern] | ["--only", pattern, dir] => (dir, *pattern),
        _ => {
            eprintln!("usage: parity DIR [--only PATTERN]");
            return ExitCode::from(2);
        }
    };
    let set = match parity::set::Set::open(Path::new(dir)) {
        Ok(set) => set,
        Err(error) => {
            eprintln!("parity: {error}");
            return ExitCode::from(2);
        }
    };
    let count = parity::run(&set, only, &mut |line| println!("{line}"));
    println!("{} ok, {} FAIL, {} skipped", count.ok, count.failed, count.skipped);
    // A pattern that matches nothing has shown nothing.
    let ran = count.ok + count.skipped > 0;
    if count.failed == 0 && ran { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
