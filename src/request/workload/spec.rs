//! What a workload is made from, and why it may not be.

use http::header::HeaderName;

use crate::request::template::TemplateError;
use crate::request::{DataOrder, DataTable, EndpointSpec, MixError, TokenList};

/// What the arrivals are to ask for, all of it.
#[derive(Debug, Clone)]
pub struct WorkloadSpec {
    /// The endpoints; at least one has a weight above 0.
    pub endpoints: Vec<EndpointSpec>,
    /// Tokens in rotation.
    pub tokens: Option<TokenList>,
    /// The header that carries them.
    pub token_header: HeaderName,
    /// What columns stand for.
    pub data: Option<DataTable>,
    /// In which order its rows are used.
    pub data_order: DataOrder,
    /// Chooses the random order.
    pub seed: u64,
    /// Whether each request carries a trace id of its own (W3C Trace Context).
    pub traceparent: bool,
    /// Without it servers are told to close.
    pub keepalive: bool,
    /// Whether reports show hosts, paths and query values. They never show credentials.
    pub show_hosts: bool,
}

/// Why a specification makes no workload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// Nothing to ask for.
    #[error("there is no endpoint; give a URL, or a scenario with at least one endpoint")]
    NoEndpoint,
    /// Weights that make no mix.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// An endpoint whose requests cannot be made.
    #[error(transparent)]
    Template(#[from] TemplateError),
}
