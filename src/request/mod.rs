//! What is asked: targets, tokens, data and the request of each arrival, as pure data.
//!
//! ```text
//! EndpointSpec ----> RequestTemplate --.
//! TokenList, DataTable ----------------+--> Workload -> sequence, Moment -> Outgoing
//! Mix ---------------------------------'
//! ```
//!
//! A [`Workload`] makes the request of each arrival from its place in the sequence alone, so that requests are the
//! same for any number of threads. Everything that could keep a request from being made is found when it is built.
//! What may be shown of all this is made here too, so that no host, query value or header reaches a report
//! ([`Target::label`], [`Secret`], [`Workload::secrets`]).

mod data;
mod expectation;
mod feed_error;
mod header;
mod in_file;
mod mix;
mod origin;
mod redactor;
mod rotation;
mod rows;
mod scenario;
mod secret;
mod spec;
mod target;
mod targets;
mod template;
mod tokens;
mod workload;

pub use data::{DataOrder, DataTable};
pub use expectation::{BodyWatch, Expectation};
pub use feed_error::FeedError;
pub use header::{HeaderError, parse_header, parse_header_text};
pub use in_file::InFile;
pub use mix::{Mix, MixError};
pub use origin::Origin;
pub use origin::Scheme;
pub use redactor::Redactor;
pub use scenario::{Defaults, ScenarioProblem, parse_scenario};
pub use secret::Secret;
pub use spec::EndpointSpec;
pub use target::Target;
pub use target::TargetError;
pub use targets::{TARGETS_MAX, TargetsProblem, group_names, parse_targets};
pub use template::{LoneBrace, Place, Position, RequestTemplate, TemplateError, TemplateProblem};
pub use tokens::TokenList;
pub use workload::{Endpoint, Outgoing, WorkloadError};
pub use workload::{Moment, Route, Workload, WorkloadSpec};
