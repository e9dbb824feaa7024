//! The terminal: what it can show, and leaving it as it was found.

pub mod graphics;
