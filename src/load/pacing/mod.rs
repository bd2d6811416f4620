//! When an arrival may leave, and when a connection may be opened: the two token buckets.

mod bucket;
mod connect_budget;

pub use bucket::TokenBucket;
pub(crate) use connect_budget::ConnectBudget;
