//! What is asked, read from the arguments and their files.

use bytes::Bytes;
use http::Method;

use super::super::args::RequestArgs;
use super::super::invocation::Typed;
use super::{UsageError, files};
use crate::request::{Target, Workload, parse_header};

/// What is asked, without the target: that of the built-in service is known only when it runs.
#[derive(Debug)]
pub(super) struct RequestParts {
    method: Method,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    body: Bytes,
    keepalive: bool,
}

impl RequestParts {
    pub(super) fn new(args: &RequestArgs, keepalive: bool, typed: &Typed) -> Result<Self, UsageError> {
        let body = body_of(args, typed)?;
        let headers = args.header.iter().map(|text| parse_header(text)).collect::<Result<_, _>>()?;
        Ok(Self { method: method_of(args)?, headers, body, keepalive })
    }

    pub(super) fn workload(&self, target: &Target) -> Workload {
        Workload::single(target, self.method.clone(), &self.headers, self.body.clone(), self.keepalive)
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
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
