//! Agreement with the published reference, by groups so that they run side by side.

use crate::parity::{
    self,
    set::{Place, Set},
};
use candle_core::{DType, Device};
use std::path::PathBuf;

/// The folder of goldens: `ORACLE_DIR`, or the one beside these tests.
pub fn oracle() -> PathBuf {
    std::env::var_os("ORACLE_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle"),
        PathBuf::from,
    )
}

/// Single precision on the CPU.
fn cpu() -> Place {
    Place { device: Device::Cpu, dtype: DType::F32 }
}

/// Runs the goldens whose names hold `only`; all must agree.
fn agree(only: &str, at_least: usize) {
    let set = Set::open(&oracle(), cpu()).unwrap();
    let mut bad = Vec::new();
    let count = parity::run(&set, only, &mut |line| {
        if line.contains("FAIL") {
            bad.push(line);
        }
    });
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(count.ok >= at_least, "only {} comparisons for {only:?}", count.ok);
}

#[test]
fn tokenizers() {
    agree("tokens_", 4);
}

#[test]
fn text_encoders() {
    agree("_text", 8);
    agree("_prompt", 8);
}

#[test]
fn layers_and_schedulers() {
    agree("layer_", 20);
    agree("schedulers", 100);
}

#[test]
fn unet_and_vae() {
    agree("_embed", 4);
    agree("_unet", 50);
    agree("_vae", 20);
}

#[test]
fn one_step_of_every_style() {
    agree("_sa_step", 20);
}

#[test]
fn whole_runs_of_sdxl() {
    agree("sdxl_loop", 20);
}

#[test]
fn whole_runs_of_sd15() {
    agree("sd15_loop", 20);
}

#[test]
fn inversion_and_reference_pictures() {
    agree("inversion", 6);
    agree("reference", 8);
}

#[test]
fn control_nets_and_their_maps() {
    agree("control", 40);
    agree("image_ops", 16);
}

#[test]
fn panoramas() {
    agree("panorama", 2);
}

/// A set with a golden that nobody knows must not pass in silence.
#[test]
fn an_unknown_golden_fails() {
    let dir = tempfile::tempdir().unwrap();
    let golden = "schedulers.safetensors";
    std::fs::copy(oracle().join("golden").join(golden), dir.path().join(golden)).unwrap();
    let meta = format!(r#"{{"files": {{"sdxl_teapot": {{"file": "{golden}", "params": {{}}}}}}}}"#);
    predella::util::fs::write_new(&dir.path().join("meta.json"), meta.as_bytes()).unwrap();
    let count = parity::run(&Set::open(dir.path(), cpu()).unwrap(), "", &mut |_| {});
    assert_eq!((count.ok, count.failed), (0, 1));
}
