//! What is asked: the target and the request, as pure data.
//!
//! A [`Target`] is a validated URL. A [`RequestTemplate`] makes the request of each arrival; today every arrival
//! sends the same one. What may be shown of either is made here too, so that no host, query value or header
//! reaches a report ([`Target::label`]).

mod expectation;
mod secret;
mod spec;
mod target;
mod template;
mod workload;

pub use expectation::{BodyWatch, Expectation};
pub use secret::Secret;
pub use spec::EndpointSpec;
pub use target::{Target, TargetError};
pub use template::{HeaderError, RequestTemplate, parse_header};
pub use workload::{Moment, Outgoing, Route, Workload};
