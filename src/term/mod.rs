//! The terminal: taking it over, its keys, and pictures in plain command output.

pub mod graphics;
pub mod guard;
pub mod input;
pub mod kitty;
pub mod late;
pub mod probe;
pub mod screen;
