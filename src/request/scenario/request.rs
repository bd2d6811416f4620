//! One request of a scenario: an endpoint, or a step of a session.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;
use toml::de::DeTable;

use super::problem::{Kind, ScenarioProblem as Problem};
use super::values::{expect_body, headers, in_order, method, name, statuses, string, url, weight};
use super::{Parsed, Reader, Value, fault};
use crate::request::expectation::Expectation;
use crate::request::secret::Secret;
use crate::request::spec::{EndpointSpec, Placeholders};
use crate::request::target::Target;
use crate::request::walk::Take;

/// The keys of an endpoint.
pub(super) const KEYS: &str =
    "name, weight, method, url, path, headers, body, body_file, expect_status and expect_body";
/// The keys of a step, and of a login, whose name nobody asks for.
const STEP_KEYS: &str =
    "name, method, url, path, headers, body, body_file, expect_status, expect_body and take";

/// A request while its keys are read.
pub(super) struct Draft {
    kind: Kind,
    pub name: Option<String>,
    weight: Option<u32>,
    method: Option<Method>,
    target: Option<Target>,
    headers: Vec<(HeaderName, Secret<String>)>,
    body: Option<Bytes>,
    statuses: Option<Vec<u16>>,
    expect_body: Option<Bytes>,
    pub takes: Vec<Take>,
}

impl Draft {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            name: None,
            weight: None,
            method: None,
            target: None,
            headers: Vec::new(),
            body: None,
            statuses: None,
            expect_body: None,
            takes: Vec::new(),
        }
    }
}

impl Reader<'_> {
    pub(super) fn endpoint(&self, span: Range<usize>, table: &DeTable<'_>) -> Parsed<EndpointSpec> {
        let draft = self.draft(table, Kind::Endpoint)?;
        let Some(name) = draft.name.clone() else { return fault(span, Problem::NoName(Kind::Endpoint)) };
        self.finished(span, draft, name)
    }

    /// Reads the keys of one request.
    pub(super) fn draft(&self, table: &DeTable<'_>, kind: Kind) -> Parsed<Draft> {
        let is_step = kind != Kind::Endpoint;
        let known = if is_step { STEP_KEYS } else { KEYS };
        let mut draft = Draft::of(kind);
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "name" => draft.name = Some(name(value)?),
                "weight" if !is_step => draft.weight = Some(weight(value)?),
                "method" => draft.method = Some(method(value)?),
                "url" | "path" if draft.target.is_some() => {
                    return fault(key.span(), Problem::TwoTargets(kind));
                }
                "url" => draft.target = Some(url(value)?),
                "path" => draft.target = Some(self.path(value)?),
                "headers" => draft.headers = headers(value)?,
                "body" | "body_file" if draft.body.is_some() => {
                    return fault(key.span(), Problem::TwoBodies(kind));
                }
                "body" => draft.body = Some(Bytes::copy_from_slice(string(value, "body")?.as_bytes())),
                "body_file" => draft.body = Some(self.body_file(value)?),
                "expect_status" => draft.statuses = Some(statuses(value)?),
                "expect_body" => draft.expect_body = Some(expect_body(value)?),
                "take" if is_step => draft.takes = super::session::takes(value)?,
                _ => return fault(key.span(), Problem::Key { known }),
            }
        }
        Ok(draft)
    }

    /// The request that was read, under a name.
    pub(super) fn finished(&self, span: Range<usize>, draft: Draft, name: String) -> Parsed<EndpointSpec> {
        let Some(target) = draft.target else { return fault(span, Problem::NoTarget(draft.kind)) };
        let default = if draft.body.is_some() { Method::POST } else { Method::GET };
        let ours = &self.defaults.expectation;
        Ok(EndpointSpec {
            name,
            weight: draft.weight.unwrap_or(1),
            method: draft.method.unwrap_or(default),
            target,
            headers: self.defaults.with_headers(draft.headers),
            body: Secret::new(draft.body.unwrap_or_default()),
            expectation: Expectation {
                statuses: draft.statuses.unwrap_or_else(|| ours.statuses.clone()),
                body: draft.expect_body.or_else(|| ours.body.clone()),
                checks: Arc::clone(&ours.checks),
            },
            placeholders: Placeholders::Everywhere,
            chain: None,
        })
    }

    fn path(&self, value: &Value<'_>) -> Parsed<Target> {
        let path = string(value, "path")?;
        let Some(base) = self.base else { return fault(value.span(), Problem::NoBase) };
        if !path.starts_with('/') {
            return fault(value.span(), Problem::NotAPath);
        }
        base.join(path).or_else(|error| fault(value.span(), Problem::Target(error)))
    }

    fn body_file(&self, value: &Value<'_>) -> Parsed<Bytes> {
        let path = string(value, "body_file")?;
        let read = (self.read_file)(path).map(Bytes::from);
        // The kind alone: the system's text may hold more than the cause.
        read.or_else(|error| {
            fault(value.span(), Problem::BodyFile { path: path.to_owned(), kind: error.kind() })
        })
    }
}
