//! Where requests come from: the flags, a file of targets, or a scenario.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::super::args::RequestArgs;
use super::super::invocation::Typed;
use super::UsageError;
use super::body::{Asked, headers_of};
use super::files::{open_file, read_file};
use crate::request::{
    Check, DataTable, Defaults, EndpointSpec, Expectation, InFile, LoginSpec, Placeholders, RowBodies,
    Scenario, ScenarioProblem, Secret, Target, parse_scenario, parse_targets,
};

/// Where the requests come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The flags: one request to the URL.
    Flags {
        method: Method,
        body: Secret<Bytes>,
        row_bodies: Option<RowBodies>,
        defaults: Defaults,
        placeholders: Placeholders,
    },
    /// A file whose endpoints have URLs.
    Endpoints(Vec<EndpointSpec>),

    /// A scenario whose paths need a URL.
    Scenario { file: PathBuf, text: Secret<String>, defaults: Defaults },
}

fn checks_of(args: &RequestArgs) -> Arc<[Check]> {
    let headers = args.expect_header.iter().cloned().map(Check::Header);
    let sizes = args.expect_size.iter().copied().map(Check::Size);
    let patterns = args.expect_regex.iter().cloned().map(Check::Pattern);
    let values = args.expect_json.iter().cloned().map(Check::Json);
    headers.chain(sizes).chain(patterns).chain(values).collect()
}

/// Where the requests come from, and what is sent before them.
pub(super) fn source_of(
    args: &RequestArgs,
    base: Option<&Target>,
    typed: &Typed,
    data: Option<&DataTable>,
) -> Result<(Source, Option<LoginSpec>), UsageError> {
    let headers = headers_of(args, typed)?;
    let expectation = Expectation {
        statuses: args.expect_status.clone().map_or_else(Vec::new, |statuses| statuses.0),
        body: args.expect_body.as_ref().map(|text| Bytes::from(text.clone())),
        checks: checks_of(args),
    };
    let defaults = Defaults { headers, expectation };
    let (file, flag) = match (&args.scenario, &args.targets) {
        (Some(_), Some(_)) => return Err(UsageError::Exclusive("--scenario", "--targets")),
        (Some(file), None) => (file, "--scenario"),
        (None, Some(file)) => (file, "--targets"),
        (None, None) => {
            let Asked { method, headers, body, row_bodies } = Asked::of(args, typed, data)?;
            let placeholders = match () {
                () if args.curl.is_some() => Placeholders::Nowhere,
                // Whoever brings data wants to see it in the requests.
                () if args.template || args.data.is_some() => Placeholders::Everywhere,
                () => Placeholders::NotInTheBody,
            };
            let (body, defaults) = (Secret::new(body), Defaults { headers, ..defaults });
            return Ok((Source::Flags { method, body, row_bodies, defaults, placeholders }, None));
        }
    };
    let words = &args.words;
    let of_one_request = [
        ("--form", !words.form.is_empty() || !words.form_string.is_empty()),
        ("--json", words.json.is_some()),
        ("--data-raw", !words.data_raw.is_empty()),
        ("--data-binary", !words.data_binary.is_empty()),
        ("--data-urlencode", !words.data_urlencode.is_empty()),
        ("--method", args.method.is_some()),
        ("--curl", args.curl.is_some()),
        ("--body", args.body.is_some()),
        ("--body-file", args.body_file.is_some()),
    ];
    if let Some((other, _)) = of_one_request.into_iter().find(|(_, given)| *given) {
        return Err(UsageError::Exclusive(flag, other));
    }
    if flag == "--targets" {
        return Ok((Source::Endpoints(targets(file, base, &defaults)?), None));
    }
    let text = String::from_utf8(read_file("scenario", file)?)
        .map_err(|_| UsageError::NotText { what: "scenario", path: file.clone() })?;
    match scenario(file, &text, base, &defaults) {
        Ok(Scenario { endpoints, login }) => Ok((Source::Endpoints(endpoints), login)),
        // The paths lead to the built-in service.
        Err(UsageError::Scenario(InFile { problem: ScenarioProblem::NoBase, .. })) => {
            Ok((Source::Scenario { file: file.clone(), text: Secret::new(text), defaults }, None))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn scenario(
    file: &Path,
    text: &str,
    base: Option<&Target>,
    defaults: &Defaults,
) -> Result<Scenario, UsageError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let read = |name: &str| fs::read(folder.join(name));
    Ok(parse_scenario(&file.display().to_string(), text, base, defaults, read)?)
}

fn targets(file: &Path, base: Option<&Target>, defaults: &Defaults) -> Result<Vec<EndpointSpec>, UsageError> {
    let reader = BufReader::new(open_file("targets", file)?);
    // As vegeta does: bodies are looked for from where the program runs.
    let read = |name: &str| fs::read(name);
    Ok(parse_targets(&file.display().to_string(), reader, base, defaults, read)?)
}
