//! What may befall the program, and what must be left afterwards.

mod pty;
mod session;
mod shown;
mod studio;
mod words;
