//! rpsbench: an open-loop, constant-rate HTTP benchmark.
pub mod measure;
pub mod schedule;
