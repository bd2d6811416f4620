//! What is requested: targets, tokens, data and the request of each arrival, as pure data.
//!
//! ```text
//! EndpointSpec ----> RequestTemplate --.
//! CurrentTokens, Signer, DataTable -----+--> Workload -> sequence, Moment -> Outgoing
//! Mix ---------------------------------'
//! ```
//!
//! A [`Recording`] says when arrivals came and what each of them asked: its rows are read while the run goes on, and a row
//! replaces what it names of the one request.
//!
//! An arrival may take more than one request: the steps of a session, redirects. A [`Walk`] is what it has come to, and says what
//! follows an answer.
//!
//! A [`Workload`] makes the request of each arrival from the arrival's place in the sequence alone, so requests are the
//! same for any number of threads. Whatever could keep a request from being made is found when the workload is built.
//! Tokens and keys may be renewed while requests are made ([`Workload::renew`]); a signature for AWS is made with its request.
//! This room also decides what may be shown of all this, so that no host, query value or header reaches a report
//! ([`Redactor`], [`Secret`], [`Workload::secrets`]).

mod body_coding;
mod check;
mod coding;
mod current_tokens;
mod data;
mod expectation;
mod file_errors;
mod header;
mod mix;
mod multipart;
mod origin;
mod recording;
mod redactor;
mod rotation;
mod row_bodies;
mod rows;
mod scenario;
mod secret;
mod sigv4;
mod spec;
mod target;
mod targets;
mod template;
mod text_search;
mod tokens;
mod walk;
mod workload;

pub use body_coding::BodyCoding;
pub(crate) use check::{Check, HeaderCheck, JsonCheck, PatternCheck, SizeCheck};
pub use data::{DataOrder, DataTable};
pub use expectation::{BodyWatch, Expectation};
pub(crate) use file_errors::{FeedError, InFile};
pub(crate) use header::{HeaderError, parse_header_text};
pub(crate) use multipart::{Part, multipart};
pub use origin::Origin;
pub(crate) use origin::Scheme;
pub(crate) use recording::{
    LeftOut, RecordedArrival, RecordedRequest, Recording, RecordingError, RecordingFormat,
};
pub(crate) use redactor::Redactor;
pub use row_bodies::RowBodies;
pub(crate) use row_bodies::{RowBodiesError, names_rows};
pub(crate) use scenario::{Defaults, Scenario, ScenarioProblem, parse_scenario};
pub use secret::Secret;
pub(crate) use sigv4::AwsKeysError;
pub use sigv4::{AwsKeys, ScopeError, Signer, SigningScope};
pub(crate) use spec::LoginSpec;
pub use spec::{ChainSpec, EndpointSpec, Placeholders, StepSpec, WorkloadSpec};
pub use target::Target;
pub(crate) use target::TargetError;
pub(crate) use targets::{TargetsProblem, parse_targets};
pub use template::Moment;
pub use tokens::TokenList;
pub(crate) use tokens::TokenOutputError;
pub(crate) use walk::{Answered, Walk, Way};
pub use walk::{Take, TakeFrom};
pub(crate) use workload::{Fresh, Outgoing, WorkloadError};
pub use workload::{Route, Workload};
