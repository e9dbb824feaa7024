//! The terminal: taking it over, its keys, its pictures.

pub mod guard;
pub mod input;
