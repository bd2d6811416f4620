//! What is asked, read from the arguments and their files.

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::super::args::{DataOrderArg, RequestArgs};
use super::super::invocation::Typed;
use super::{UsageError, files};
use crate::request::{
    DataOrder, DataTable, EndpointSpec, Expectation, Secret, Target, TokenList, Workload, WorkloadSpec,
    parse_header_text,
};

/// What is asked, without the target: that of the built-in service is known only when it runs.
#[derive(Debug)]
pub struct Requests {
    method: Method,
    headers: Vec<(HeaderName, Secret<String>)>,
    body: Secret<Bytes>,
    expectation: Expectation,
    tokens: Option<TokenList>,
    token_header: HeaderName,
    data: Option<DataTable>,
    data_order: DataOrder,
    seed: u64,
    traceparent: bool,
    keepalive: bool,
}

impl Requests {
    /// Reads every file that the arguments name.
    pub(super) fn new(
        args: &RequestArgs,
        seed: u64,
        keepalive: bool,
        typed: &Typed,
    ) -> Result<Self, UsageError> {
        let headers = args.header.iter().map(|text| parse_header_text(text)).collect::<Result<_, _>>()?;
        let tokens = args.tokens.as_deref().map(|path| {
            let tokens = TokenList::read(files::open("token", path)?, &path.display().to_string());
            tokens.map_err(UsageError::from)
        });
        let data = args.data.as_deref().map(|path| {
            let data = DataTable::read(files::open("data", path)?, &path.display().to_string());
            data.map_err(UsageError::from)
        });
        let expectation = Expectation {
            statuses: args.expect_status.clone().map_or_else(Vec::new, |statuses| statuses.0),
            body: args.expect_body.as_ref().map(|text| Bytes::from(text.clone())),
        };
        Ok(Self {
            method: method_of(args)?,
            headers,
            body: Secret::new(body_of(args, typed)?),
            expectation,
            tokens: tokens.transpose()?,
            token_header: HeaderName::from_bytes(args.token_header.as_bytes())
                .map_err(|_| UsageError::TokenHeader)?,
            data: data.transpose()?,
            data_order: match args.data_order {
                DataOrderArg::Rotate => DataOrder::Rotate,
                DataOrderArg::Random => DataOrder::Random,
            },
            seed,
            traceparent: args.traceparent,
            keepalive,
        })
    }

    /// How many tokens are in rotation.
    pub fn token_count(&self) -> u64 {
        self.tokens.as_ref().map_or(0, |tokens| tokens.count() as u64)
    }

    /// How many rows of data there are.
    pub fn row_count(&self) -> u64 {
        self.data.as_ref().map_or(0, DataTable::row_count)
    }

    /// The requests, to a target.
    ///
    /// # Errors
    /// [`UsageError`] where a request could not be made.
    pub fn into_workload(self, base: Option<&Target>) -> Result<Workload, UsageError> {
        let endpoint = EndpointSpec {
            name: "request".to_owned(),
            weight: 1,
            method: self.method,
            target: base.cloned().ok_or(UsageError::NoTarget)?,
            headers: self.headers,
            body: self.body,
            expectation: self.expectation,
            verbatim: false,
        };
        let spec = WorkloadSpec {
            endpoints: vec![endpoint],
            tokens: self.tokens,
            token_header: self.token_header,
            data: self.data,
            data_order: self.data_order,
            seed: self.seed,
            traceparent: self.traceparent,
            keepalive: self.keepalive,
        };
        Ok(Workload::build(spec)?)
    }
}

fn method_of(args: &RequestArgs) -> Result<Method, UsageError> {
    match &args.method {
        None if args.body.is_some() || args.body_file.is_some() => Ok(Method::POST),
        None => Ok(Method::GET),
        Some(name) => {
            Method::from_bytes(name.to_uppercase().as_bytes()).map_err(|_| UsageError::Method(name.clone()))
        }
    }
}

fn body_of(args: &RequestArgs, typed: &Typed) -> Result<Bytes, UsageError> {
    if typed.has("body") && typed.has("body_file") {
        return Err(UsageError::Exclusive("--body", "--body-file"));
    }
    // A flag beats the environment.
    let from_file = args.body_file.as_ref().filter(|_| !typed.has("body"));
    match (from_file, &args.body) {
        (Some(path), _) => files::read("body", path).map(Bytes::from),
        (None, Some(text)) => Ok(Bytes::from(text.clone())),
        (None, None) => Ok(Bytes::new()),
    }
}
