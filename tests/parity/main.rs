//! `cargo run --release --example parity -- DIR [--only PATTERN] [--device cuda]
//! [--precision f16]`: compares the engine with any folder of golden tensors.

#[path = "mod.rs"]
mod parity;

use parity::set::{Fallible, Place, Set};
use predella::engine::{DeviceChoice, Precision};
use std::path::PathBuf;
use std::process::ExitCode;

/// What the command line asks for.
struct Asked {
    dir: PathBuf,
    only: String,
    device: DeviceChoice,
    precision: Precision,
}

impl Asked {
    fn parse(args: &[String]) -> Fallible<Self> {
        let (mut dir, mut only) = (None, String::new());
        let (mut device, mut precision) = (DeviceChoice::Cpu, Precision::Auto);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--only" => only = value()?.clone(),
                "--device" => device = value()?.parse()?,
                "--precision" => precision = value()?.parse()?,
                path => dir = Some(PathBuf::from(path)),
            }
        }
        Ok(Self { dir: dir.ok_or("no folder")?, only, device, precision })
    }

    fn open(&self) -> Fallible<Set> {
        let device = self.device.open()?;
        let dtype = self.precision.dtype(&device)?;
        predella::engine::kernels::allow_tf32(dtype != candle_core::DType::F32);
        Set::open(&self.dir, Place { device, dtype })
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked = match Asked::parse(&args) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("parity: {error}");
            eprintln!("usage: parity DIR [--only PATTERN] [--device DEVICE] [--precision TYPE]");
            return ExitCode::from(2);
        }
    };
    let set = match asked.open() {
        Ok(set) => set,
        Err(error) => {
            eprintln!("parity: {error}");
            return ExitCode::from(2);
        }
    };
    let only = asked.only.as_str();
    let count = parity::run(&set, only, &mut |line| println!("{line}"));
    // Nothing is ever skipped: a golden that is not known fails.
    println!("{} ok, {} FAIL, 0 skip", count.ok, count.failed);
    // A pattern that matches nothing has shown nothing.
    if count.failed == 0 && count.ok > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
