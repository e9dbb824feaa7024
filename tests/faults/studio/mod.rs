//! The studio in a terminal, and everything that may go wrong around it.

// Files are damaged here on purpose.
#![allow(clippy::disallowed_methods)]
#![cfg(target_os = "linux")]

mod broken;
mod crash;
mod disk;
mod ends;
mod kit;
mod poison;
mod strange;
mod terminal;
