//! How often the verdicts and the search are right, on simulated runs whose truth is known.

mod error_rates;
mod error_rates_of_ramps;
mod knee_interval;
mod overload;
mod search;
