//! What may befall the program, and what must be left afterwards.

mod pty;
mod session;
mod studio;
mod words;
