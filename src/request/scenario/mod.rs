//! Scenario files: several endpoints, each with its share of the load.
//!
//! ```toml
//! [[endpoint]]
//! name = "search"
//! weight = 3                      # 1 where it is missing; 0 = none
//! path = "/search?q={word}"       # or url = "https://HOST/..."
//! headers = { Accept = "application/json", X-Tag = ["a", "b"] }
//! expect_status = [200, 404]      # or one number
//! expect_body = "results"
//!
//! [[endpoint]]
//! name = "save"
//! method = "PUT"                  # GET where it is missing, POST with a body
//! path = "/items/{id}"
//! body_file = "item.json"         # or body = '...'
//! ```

mod problem;

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::expectation::Expectation;
use super::file_errors::{InFile, line_at};
use super::mix::Mix;
use super::secret::Secret;
use super::spec::{EndpointSpec, Placeholders};
use super::target::Target;
pub(crate) use problem::ScenarioProblem;
use problem::ScenarioProblem as Problem;

/// What the command line sets for every endpoint that does not set its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    /// Headers; an endpoint's header of the same name replaces them.
    pub headers: Vec<(HeaderName, Secret<String>)>,
    /// Statuses and body of a good answer, each unless the endpoint has its own.
    pub expectation: Expectation,
}

impl Defaults {
    /// The default headers that an endpoint does not replace, followed by its own.
    pub(super) fn with_headers(
        &self,
        own: Vec<(HeaderName, Secret<String>)>,
    ) -> Vec<(HeaderName, Secret<String>)> {
        let kept = self.headers.iter().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
        kept.cloned().chain(own.iter().cloned()).collect()
    }
}

/// Reads a scenario. `file` names it in errors; `base` is where an endpoint's `path` leads; `read_file` reads a
/// `body_file`, whose name is relative to the scenario's directory.
///
/// # Errors
/// The first problem with its line. No value of a header, a body or a query is ever repeated.
pub(crate) fn parse_scenario(
    file: &str,
    text: &str,
    base: Option<&Target>,
    defaults: &Defaults,
    read_file: impl Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Vec<EndpointSpec>, InFile<ScenarioProblem>> {
    let scenario = Scenario { base, defaults, read_file: &read_file };
    scenario.endpoints(text).map_err(|Fault { place, problem }| InFile {
        file: file.to_owned(),
        line: line_at(text, place),
        problem,
    })
}

/// A problem, and where in the text.
struct Fault {
    place: usize,
    problem: Problem,
}

type Parsed<T> = Result<T, Fault>;
type Value<'t> = Spanned<DeValue<'t>>;

fn fault<T>(span: Range<usize>, problem: Problem) -> Parsed<T> {
    Err(Fault { place: span.start, problem })
}

struct Scenario<'a> {
    base: Option<&'a Target>,
    defaults: &'a Defaults,
    read_file: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
}

impl Scenario<'_> {
    fn endpoints(&self, text: &str) -> Parsed<Vec<EndpointSpec>> {
        // The parser's message is left out: what it shows depends on the text.
        let document = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            // The one message that a reader could not guess from the line itself.
            let twice = error.message().starts_with("duplicate key");
            Fault { place, problem: if twice { Problem::Twice } else { Problem::Syntax } }
        })?;
        let mut tables = None;
        for (key, value) in in_order(document.get_ref()) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("endpoint", DeValue::Array(array)) => tables = Some(array),
                ("endpoint", _) => return fault(value.span(), Problem::NotTables),
                _ => return fault(key.span(), Problem::Key { known: "[[endpoint]]" }),
            }
        }
        let Some(tables) = tables.filter(|tables| !tables.is_empty()) else {
            return fault(0..0, Problem::Empty);
        };
        self.all(text, tables)
    }

    fn all(&self, text: &str, tables: &DeArray<'_>) -> Parsed<Vec<EndpointSpec>> {
        let mut specs: Vec<EndpointSpec> = Vec::with_capacity(tables.len());
        let mut lines: HashMap<String, u64> = HashMap::new();
        for value in tables.iter() {
            let DeValue::Table(table) = value.get_ref() else {
                return fault(value.span(), Problem::NotTables);
            };
            let spec = self.endpoint(value.span(), table)?;
            let line = line_at(text, value.span().start);
            if let Some(first) = lines.insert(spec.name.clone(), line) {
                return fault(value.span(), Problem::Name { name: spec.name, first });
            }
            specs.push(spec);
        }
        let weights: Vec<u32> = specs.iter().map(|spec| spec.weight).collect();
        let start = tables.iter().next().map_or(0..0, Spanned::span);
        Mix::new(&weights).or_else(|error| fault(start, Problem::Mix(error)))?;
        Ok(specs)
    }

    fn endpoint(&self, span: Range<usize>, table: &DeTable<'_>) -> Parsed<EndpointSpec> {
        let mut spec = Draft::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "name" => spec.name = Some(name(value)?),
                "weight" => spec.weight = Some(weight(value)?),
                "method" => spec.method = Some(method(value)?),
                "url" | "path" if spec.target.is_some() => return fault(key.span(), Problem::TwoTargets),
                "url" => spec.target = Some(url(value)?),
                "path" => spec.target = Some(self.path(value)?),
                "headers" => spec.headers = headers(value)?,
                "body" | "body_file" if spec.body.is_some() => return fault(key.span(), Problem::TwoBodies),
                "body" => spec.body = Some(Bytes::copy_from_slice(string(value, "body")?.as_bytes())),
                "body_file" => spec.body = Some(self.body_file(value)?),
                "expect_status" => spec.statuses = Some(statuses(value)?),
                "expect_body" => spec.expect_body = Some(expect_body(value)?),
                _ => return fault(key.span(), Problem::Key { known: KEYS }),
            }
        }
        let Some(name) = spec.name else { return fault(span, Problem::NoName) };
        let Some(target) = spec.target else { return fault(span, Problem::NoTarget) };
        let default = if spec.body.is_some() { Method::POST } else { Method::GET };
        Ok(EndpointSpec {
            name,
            weight: spec.weight.unwrap_or(1),
            method: spec.method.unwrap_or(default),
            target,
            headers: self.defaults.with_headers(spec.headers),
            body: Secret::new(spec.body.unwrap_or_default()),
            expectation: Expectation {
                statuses: spec.statuses.unwrap_or_else(|| self.defaults.expectation.statuses.clone()),
                body: spec.expect_body.or_else(|| self.defaults.expectation.body.clone()),
                checks: Arc::clone(&self.defaults.expectation.checks),
            },
            placeholders: Placeholders::Everywhere,
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

const KEYS: &str = "name, weight, method, url, path, headers, body, body_file, expect_status and expect_body";

/// An endpoint while its keys are read.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    weight: Option<u32>,
    method: Option<Method>,
    target: Option<Target>,
    headers: Vec<(HeaderName, Secret<String>)>,
    body: Option<Bytes>,
    statuses: Option<Vec<u16>>,
    expect_body: Option<Bytes>,
}

/// The entries as they stand in the file, so that headers are sent in the order they are written.
fn in_order<'a, 't>(table: &'a DeTable<'t>) -> Vec<(&'a Spanned<toml::de::DeString<'t>>, &'a Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn string<'a>(value: &'a Value<'_>, key: &'static str) -> Parsed<&'a str> {
    value.get_ref().as_str().map_or_else(|| fault(value.span(), Problem::Text { key }), Ok)
}

fn name(value: &Value<'_>) -> Parsed<String> {
    let name = string(value, "name")?.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return fault(value.span(), Problem::BadName);
    }
    Ok(name.to_owned())
}

fn number<T: TryFrom<i64>>(value: &Value<'_>) -> Option<T> {
    let integer = value.get_ref().as_integer()?;
    T::try_from(i64::from_str_radix(integer.as_str(), integer.radix()).ok()?).ok()
}

fn weight(value: &Value<'_>) -> Parsed<u32> {
    number(value).map_or_else(|| fault(value.span(), Problem::Weight), Ok)
}

fn method(value: &Value<'_>) -> Parsed<Method> {
    let text = string(value, "method")?;
    Method::from_bytes(text.as_bytes()).or_else(|_| fault(value.span(), Problem::Method))
}

fn url(value: &Value<'_>) -> Parsed<Target> {
    string(value, "url")?.parse().or_else(|error| fault(value.span(), Problem::Target(error)))
}

fn statuses(value: &Value<'_>) -> Parsed<Vec<u16>> {
    let one = |value: &Value<'_>| {
        let status = number(value).filter(|status| (100..=599).contains(status));
        status.map_or_else(|| fault(value.span(), Problem::Status), Ok)
    };
    match value.get_ref() {
        DeValue::Array(list) if !list.is_empty() => list.iter().map(one).collect(),
        _ => Ok(vec![one(value)?]),
    }
}

fn expect_body(value: &Value<'_>) -> Parsed<Bytes> {
    let text = string(value, "expect_body")?;
    if text.is_empty() {
        return fault(value.span(), Problem::ExpectBody);
    }
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}

fn headers(value: &Value<'_>) -> Parsed<Vec<(HeaderName, Secret<String>)>> {
    let DeValue::Table(table) = value.get_ref() else { return fault(value.span(), Problem::Headers) };
    let mut headers = Vec::new();
    for (key, value) in in_order(table) {
        let Ok(name) = HeaderName::from_bytes(key.get_ref().as_bytes()) else {
            return fault(key.span(), Problem::HeaderName);
        };
        let mut add = |value: &Value<'_>| {
            let Some(text) = value.get_ref().as_str() else { return fault(value.span(), Problem::Headers) };
            if HeaderValue::from_str(text.trim()).is_err() {
                return fault(value.span(), Problem::HeaderValue(name.clone()));
            }
            headers.push((name.clone(), Secret::new(text.trim().to_owned())));
            Ok(())
        };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().try_for_each(&mut add)?,
            _ => add(value)?,
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
