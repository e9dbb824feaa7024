//! A session under everything that stops, fills or poisons it.

// Files are damaged here on purpose.
#![allow(clippy::disallowed_methods)]

mod child;
mod clock;
mod disk;
mod hostile;
mod kill;
mod power;
mod script;
mod torn;
mod writers;
