//! Every integration test, in one program.

mod faults;
mod goldens;
mod invariance;
mod layering;
#[path = "parity/mod.rs"]
mod parity;
mod session;
