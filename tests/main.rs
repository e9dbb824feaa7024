//! Every integration test, in one program.

mod bad_input;
mod cli;
mod control;
mod depth;
mod explain;
mod faults;
mod goldens;
mod invariance;
mod judging;
mod layering;
mod metrics;
mod modes;
mod music;
mod panorama;
#[path = "parity/mod.rs"]
mod parity;
mod perceive;
mod program;
mod prompts;
mod references;
mod screens;
mod session;
mod swaps;
mod told;
