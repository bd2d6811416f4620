//! The engine against closed forms, on a paused clock: a run of a minute takes no time, and its figures are exact.

mod client;
mod closed;
mod connections;
mod harness;
mod replay;
mod service;
mod sessions;
