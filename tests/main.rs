//! Every integration test, in one program.

mod goldens;
mod invariance;
#[path = "parity/mod.rs"]
mod parity;
