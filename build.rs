//! Compiles the CUDA kernels with nvcc, only in builds for CUDA.
//!
//! `CUDA_COMPUTE_CAP` (90, say) names the card to compile for; PTX for compute capability 8.0
//! goes along, which the driver compiles for any other card from there on. `NVCC` names the
//! compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = "src/engine/kernels/cuda/source";
const UNITS: [&str; 3] = ["norm", "maps", "attention"];

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["NVCC", "CUDA_COMPUTE_CAP"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    if std::env::var_os("CARGO_FEATURE_CUDA").is_some() {
        let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
        UNITS.iter().try_for_each(|unit| compile(unit, &out))?;
    }
    Ok(())
}

fn compile(unit: &str, out: &Path) -> Result<(), String> {
    let nvcc = std::env::var("NVCC").unwrap_or_else(|_| "nvcc".into());
    let mut command = Command::new(&nvcc);
    command.args(["-O3", "-std=c++17", "--expt-relaxed-constexpr", "-fatbin"]);
    command.arg("-gencode=arch=compute_80,code=compute_80");
    if let Ok(cap) = std::env::var("CUDA_COMPUTE_CAP") {
        command.arg(format!("-gencode=arch=compute_{cap},code=sm_{cap}"));
    }
    command.arg("-o").arg(out.join(format!("{unit}.fatbin")));
    command.arg(format!("{SOURCE}/{unit}.cu"));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{nvcc} could not compile {unit}.cu: {status}")),
        Err(error) => Err(format!("{nvcc} cannot be run: {error}; name CUDA's compiler in NVCC")),
    }
}
