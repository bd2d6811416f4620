//! What the arrivals are to ask for, as it was written: before placeholders are found and rows are joined.

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::{Expectation, Secret, Target};

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
