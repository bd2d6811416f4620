//! Tests that measure real time: each waits until no other loads the machine, and keeps it free while it runs.
//!
//! Their names come first in the order in which tests are started, so that nobody has to wait for a long one elsewhere.

mod pacing;
mod study;
mod whose_limit;
