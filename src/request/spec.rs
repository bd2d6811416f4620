//! What a workload is made from, as the user wrote it, and why that may not make one.

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::{DataOrder, DataTable, Expectation, MixError, Secret, Target, TemplateError, TokenList};

/// One endpoint as it was written.
#[derive(Debug, Clone)]
pub struct EndpointSpec {
    /// Its name in reports.
    pub name: String,
    /// Its share of the arrivals, relative to the other endpoints; 0 = none.
    pub weight: u32,
    /// Request method.
    pub method: Method,
    /// Where it goes. Path and query may hold placeholders.
    pub target: Target,
    /// Headers; values may hold placeholders.
    pub headers: Vec<(HeaderName, Secret<String>)>,
    /// The body; it may hold placeholders.
    pub body: Secret<Bytes>,
    /// What counts as a good answer.
    pub expectation: Expectation,
    /// Whether braces are sent as they stand: there are no placeholders.
    pub verbatim: bool,
}

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
    /// Hosts that are spoken of besides those of the targets, such as the name that TLS asks for.
    pub other_hosts: Vec<String>,
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
