//! The program as a user meets it.

mod arguments;
mod closed;
mod compare;
mod hostile;
mod interrupt;
mod interrupt_phases;
mod secrets;
mod sweep;
mod traffic;
