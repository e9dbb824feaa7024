//! Where the program keeps its things.

pub mod paths;
