//! The terminal: taking it over, its keys, and pictures in plain command output.

mod aside;
pub mod budget;
mod far;
pub mod graphics;
pub mod guard;
pub mod input;
pub mod kitty;
pub mod late;
pub mod probe;
mod rows;
pub mod screen;
pub mod tmux;
mod written;
