//! What a workload is made from, as the user wrote it.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::body_coding::BodyCoding;
use super::data::{DataOrder, DataTable};
use super::expectation::Expectation;
use super::row_bodies::RowBodies;
use super::secret::Secret;
use super::sigv4::Signer;
use super::target::Target;
use super::tokens::TokenList;
use super::walk::Take;

/// One endpoint as it was written.
#[derive(Debug, Clone)]
pub struct EndpointSpec {
    /// Its name in reports.
    pub name: String,
    /// Its share of the arrivals, relative to the other endpoints; with 0 it gets none.
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
    /// Where braces stand for values; elsewhere they are sent as they are.
    pub placeholders: Placeholders,
    /// Where an arrival is a session: this is its first request, and there the others follow.
    pub chain: Option<ChainSpec>,
}

/// The steps of a session as they were written.
#[derive(Debug, Clone)]
pub struct ChainSpec {
    /// Whether it keeps the cookies that answers set.
    pub cookies: bool,
    /// The first step, whose request is that of the endpoint.
    pub first: StepSpec,
    /// The others, each with its request.
    pub more: Vec<(EndpointSpec, StepSpec)>,
}

/// What a step is besides a request.
#[derive(Debug, Clone)]
pub struct StepSpec {
    /// Its name in reports.
    pub name: String,
    /// What is taken from its answer.
    pub takes: Vec<Take>,
}

/// What is sent before the load, once for each row of the data.
#[derive(Debug, Clone)]
pub(crate) struct LoginSpec {
    /// The request.
    pub request: EndpointSpec,
    /// What is taken from its answer: columns of the data from then on.
    pub takes: Vec<Take>,
}

/// Where a request may hold placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholders {
    /// In the URL, in headers and in the body.
    Everywhere,
    /// In the URL and in headers: the body is sent byte for byte.
    NotInTheBody,
    /// Nowhere.
    Nowhere,
}

/// Everything that a workload is made from.
#[derive(Debug, Clone)]
pub struct WorkloadSpec {
    /// The endpoints; at least one has a weight above 0.
    pub endpoints: Vec<EndpointSpec>,
    /// Tokens in rotation.
    pub tokens: Option<TokenList>,
    /// The header that carries them.
    pub token_header: HeaderName,
    /// A body for each row of the data, in place of those of the endpoints.
    pub row_bodies: Option<RowBodies>,
    /// How bodies are compressed.
    pub body_coding: Option<BodyCoding>,
    /// Signs each request for AWS.
    pub signer: Option<Arc<Signer>>,
    /// The values of the columns.
    pub data: Option<DataTable>,
    /// The order in which its rows are used.
    pub data_order: DataOrder,
    /// Seed of the random order.
    pub seed: u64,
    /// Whether each request carries a trace id of its own (W3C Trace Context).
    pub traceparent: bool,
    /// Whether redirects are followed.
    pub follows_redirects: bool,
    /// Whether connections are kept; without it, servers are told to close them.
    pub keepalive: bool,
    /// Whether reports show hosts, paths and query values. They never show credentials.
    pub show_hosts: bool,
    /// The header whose value good answers are counted by.
    pub count_by: Option<HeaderName>,
    /// Other hosts that texts may name, such as the server name that TLS verifies.
    pub other_hosts: Vec<String>,
    /// Other secrets that texts may hold, such as the password of a proxy.
    pub other_secrets: Vec<Secret<String>>,
}
