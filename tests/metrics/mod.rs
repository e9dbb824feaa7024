//! Judges of pictures: the same numbers as transformers, and what the shipped
//! ones say of pictures.

mod paper;
mod parity;
mod program;

use std::path::{Path, PathBuf};

/// Networks, pictures and recorded values; see tools/metrics/goldens.py.
fn judges() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges")
}
