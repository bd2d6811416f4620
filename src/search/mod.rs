//! Which load to try next, and what the tries amount to: pure, no network and no clock.

pub mod ladder;
