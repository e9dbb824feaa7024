//! The verbs, as a person or a script meets them.

mod bench;
mod help;
mod paint;
mod replay;
mod session;
mod signals;
mod verbs;
