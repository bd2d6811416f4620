//! rpsbench: an open-loop, constant-rate HTTP benchmark.
pub mod load;
pub mod measure;
pub mod plan;
pub mod request;
pub mod schedule;
pub mod transport;
