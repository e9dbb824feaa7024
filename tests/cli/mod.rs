//! The verbs, as a person or a script meets them.

mod bench;
mod help;
mod paint;
mod signals;
mod verbs;
