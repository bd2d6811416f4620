//! rpsbench: an open-loop, constant-rate HTTP benchmark.
pub mod load;
pub mod measure;
pub mod report;
pub mod schedule;
