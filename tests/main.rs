//! Every integration test, in one program.

mod bad_input;
mod cli;
mod control;
mod faults;
mod goldens;
mod invariance;
mod layering;
mod metrics;
mod modes;
mod panorama;
#[path = "parity/mod.rs"]
mod parity;
mod program;
mod prompts;
mod references;
mod screens;
mod session;
