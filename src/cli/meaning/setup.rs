//! What every command that sends requests has to set up, whatever it sends then.

use super::{Requests, TargetChoice};
use crate::transport::WireOptions;

/// Where requests go, over which connections, and what is asked.
#[derive(Debug)]
pub struct Setup {
    /// Where.
    pub target: TargetChoice,
    /// What is asked.
    pub requests: Requests,
    /// Over which connections.
    pub wire: WireOptions,
    /// No live line, no warnings.
    pub quiet: bool,
    /// What the user should know before the first request.
    pub warnings: Vec<String>,
}
