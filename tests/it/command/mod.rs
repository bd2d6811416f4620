//! The program as a user meets it.

mod arguments;
mod as_typed;
mod checks;
mod closed;
mod compare;
mod conclusions;
mod config;
mod course;
mod first_request;
mod help;
mod hostile;
mod interrupt;
mod interrupt_phases;
mod live_screen;
mod odd_answers;
mod partial;
mod profiles;
mod refusals;
mod request_log;
mod secrets;
mod sigv4;
mod sweep;
mod token_command;
mod traffic;
mod words;
