//! predella
fn main() {}
