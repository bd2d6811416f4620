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
//!
//! [[session]]                     # one arrival, several requests, each after the answer to the one before
//! name = "buy"
//! cookies = true                  # false where it is missing
//!
//! [[session.step]]                # the keys of an endpoint, but for weight
//! name = "cart"
//! method = "POST"
//! path = "/carts"
//! take = { cart = { json = "/id" } }   # or header = "...", regex = "...", cookie = "..."
//!
//! [[session.step]]
//! name = "order"
//! method = "POST"
//! path = "/carts/{cart}/order"
//!
//! [login]                         # sent before the load, once for each row of the data
//! path = "/login"
//! body = '{"user": "{user}"}'
//! take = { token = { json = "/access_token" } }   # a column of the data from then on
//! ```

mod login;
mod problem;
mod request;
mod session;
mod values;

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use http::header::HeaderName;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::expectation::Expectation;
use super::file_errors::{InFile, line_at};
use super::mix::Mix;
use super::secret::Secret;
use super::spec::{EndpointSpec, LoginSpec};
use super::target::Target;
pub(crate) use problem::ScenarioProblem;
use problem::ScenarioProblem as Problem;
use values::in_order;

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

/// What a scenario says.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Endpoints and sessions, in the order of the file.
    pub endpoints: Vec<EndpointSpec>,
    /// What is sent before the load.
    pub login: Option<LoginSpec>,
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
) -> Result<Scenario, InFile<ScenarioProblem>> {
    let reader = Reader { base, defaults, read_file: &read_file };
    reader.scenario(text).map_err(|Fault { place, problem }| InFile {
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

/// What is needed to read a scenario.
struct Reader<'a> {
    base: Option<&'a Target>,
    defaults: &'a Defaults,
    read_file: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
}

/// What stands at the top of a scenario.
const TABLES: &str = "[[endpoint]], [[session]] and [login]";

impl Reader<'_> {
    fn scenario(&self, text: &str) -> Parsed<Scenario> {
        // The parser's message is left out: what it shows depends on the text.
        let document = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            // The one message that a reader could not guess from the line itself.
            let twice = error.message().starts_with("duplicate key");
            Fault { place, problem: if twice { Problem::Twice } else { Problem::Syntax } }
        })?;
        let (mut tables, mut login) = (Vec::new(), None);
        for (key, value) in in_order(document.get_ref()) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("endpoint", DeValue::Array(array)) => tables.extend(array.iter().map(|one| (false, one))),
                ("session", DeValue::Array(array)) => tables.extend(array.iter().map(|one| (true, one))),
                ("endpoint" | "session", _) => return fault(value.span(), Problem::NotTables),
                ("login", DeValue::Table(table)) => login = Some(self.login(value.span(), table)?),
                ("login", _) => return fault(value.span(), Problem::NotATable),
                _ => return fault(key.span(), Problem::Key { known: TABLES }),
            }
        }
        if tables.is_empty() {
            return fault(0..0, Problem::Empty);
        }
        tables.sort_by_key(|(_, value)| value.span().start);
        Ok(Scenario { endpoints: self.all(text, &tables)?, login })
    }

    /// `tables`: whether each is a session.
    fn all(&self, text: &str, tables: &[(bool, &Value<'_>)]) -> Parsed<Vec<EndpointSpec>> {
        let mut specs: Vec<EndpointSpec> = Vec::with_capacity(tables.len());
        let mut lines: HashMap<String, u64> = HashMap::new();
        for (is_session, value) in tables {
            let DeValue::Table(table) = value.get_ref() else {
                return fault(value.span(), Problem::NotTables);
            };
            let spec = match is_session {
                false => self.endpoint(value.span(), table)?,
                true => self.session(value.span(), table)?,
            };
            let line = line_at(text, value.span().start);
            if let Some(first) = lines.insert(spec.name.clone(), line) {
                return fault(value.span(), Problem::Name { name: spec.name, first });
            }
            specs.push(spec);
        }
        let weights: Vec<u32> = specs.iter().map(|spec| spec.weight).collect();
        let start = tables.first().map_or(0..0, |(_, value)| value.span());
        Mix::new(&weights).or_else(|error| fault(start, Problem::Mix(error)))?;
        Ok(specs)
    }
}

#[cfg(test)]
mod tests;
