//! vegeta's target files: one request each, sent in turn and exactly as written.
//!
//! Two formats, told apart by the first line that is neither empty nor a comment: `http` (a line `METHOD URL`, then header lines and
//! `@FILE` for a body, an empty line in between, `#` for comments) and `json` (one object a line with `method`, `url`,
//! `header` as lists of values under their names, and `body` in base64).

mod problem;

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::file_errors::InFile;
use super::origin::Origin;
use super::scenario::Defaults;
use super::secret::Secret;
use super::spec::{EndpointSpec, Placeholders};
use super::target::Target;
pub(crate) use problem::TargetsProblem;

/// The most targets of a file.
pub(crate) const TARGETS_MAX: usize = 1_000_000;

/// The longest line, in bytes: a JSON target holds its whole body in one.
const LINE_MAX: usize = 16 << 20;

/// The most bytes that all lines and body files of a run may add up to: they are held in memory.
const TOTAL_MAX: u64 = 1 << 30;

/// The most groups that a report shows apart.
const GROUPS_MAX: usize = 100;

/// Reads targets. `file` names them in errors; a URL that is only a path leads to `base`; `read_file` reads a body,
/// once for all targets that share it. Every target has weight 1 and is named `METHOD /path`; braces stand as they are.
///
/// # Errors
/// The first problem with its line.
pub(crate) fn parse_targets(
    file: &str,
    reader: impl BufRead,
    base: Option<&Target>,
    defaults: &Defaults,
    read_file: impl Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Vec<EndpointSpec>, InFile<TargetsProblem>> {
    let mut lines = Lines { reader, number: 0, total: 0, buffer: Vec::new() };
    let mut list = List {
        base,
        defaults,
        read_file: &read_file,
        specs: Vec::new(),
        origins: HashSet::new(),
        bodies: HashMap::new(),
        body_bytes: 0,
    };
    list.read(&mut lines).map_err(|problem| InFile {
        file: file.to_owned(),
        line: lines.number.max(1),
        problem,
    })?;
    Ok(list.specs)
}

/// Which requests a report shows together: those of one name, in the order they first appear. Where there would be more
/// than 100 groups, and all expect the same, the largest 99 stand alone and the others are one. The numbers are places in
/// `specs`.
pub(crate) fn group_names(specs: &[EndpointSpec]) -> Vec<(String, Vec<usize>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let group = *places.entry(&spec.name).or_insert(groups.len());
        if group == groups.len() {
            groups.push((spec.name.clone(), Vec::new()));
        }
        groups[group].1.push(index);
    }
    let alike = specs.windows(2).all(|pair| pair[0].expectation == pair[1].expectation);
    if alike && groups.len() > GROUPS_MAX { with_the_rest_as_one(groups, specs) } else { groups }
}

fn with_the_rest_as_one(
    groups: Vec<(String, Vec<usize>)>,
    specs: &[EndpointSpec],
) -> Vec<(String, Vec<usize>)> {
    let weight =
        |members: &[usize]| members.iter().map(|member| u64::from(specs[*member].weight)).sum::<u64>();
    let mut by_weight: Vec<usize> = (0..groups.len()).collect();
    // Stable: of equal ones those that come first.
    by_weight.sort_by_key(|place| std::cmp::Reverse(weight(&groups[*place].1)));
    by_weight.truncate(GROUPS_MAX - 1);
    let (mut shown, mut rest, mut others) = (Vec::with_capacity(GROUPS_MAX), Vec::new(), 0);
    for (place, (name, members)) in groups.into_iter().enumerate() {
        if by_weight.contains(&place) {
            shown.push((name, members));
        } else {
            others += 1;
            rest.extend(members);
        }
    }
    shown.push((format!("{others} others"), rest));
    shown
}

/// Lines of bounded length, counted.
struct Lines<R> {
    reader: R,
    number: u64,
    total: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The next line, trimmed.
    fn next(&mut self) -> Result<Option<&str>, TargetsProblem> {
        self.buffer.clear();
        let limit = LINE_MAX as u64 + 1;
        let read = io::Read::take(&mut self.reader, limit).read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|error| TargetsProblem::Read(error.kind()))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.total += read as u64;
        if read > LINE_MAX {
            return Err(TargetsProblem::Line);
        }
        if self.total > TOTAL_MAX {
            return Err(TargetsProblem::TooLarge);
        }
        let text = std::str::from_utf8(&self.buffer).map_err(|_| TargetsProblem::Utf8)?;
        // Some editors begin a file with a byte order mark.
        Ok(Some(text.trim_start_matches('\u{feff}').trim()))
    }
}

/// A target while its lines are read.
struct Draft {
    method: Method,
    target: Target,
    headers: Vec<(HeaderName, Secret<String>)>,
    body: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonTarget {
    method: String,
    url: String,
    #[serde(default)]
    header: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    body: Option<String>,
}

struct List<'a> {
    base: Option<&'a Target>,
    defaults: &'a Defaults,
    read_file: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
    specs: Vec<EndpointSpec>,
    origins: HashSet<Arc<Origin>>,
    bodies: HashMap<String, Bytes>,
    body_bytes: u64,
}

impl List<'_> {
    fn read<R: BufRead>(&mut self, lines: &mut Lines<R>) -> Result<(), TargetsProblem> {
        let mut is_json = None;
        let mut draft: Option<Draft> = None;
        while let Some(line) = lines.next()? {
            if line.starts_with('#') {
                continue;
            }
            if line.is_empty() {
                self.finish(&mut draft)?;
                continue;
            }
            if *is_json.get_or_insert_with(|| line.starts_with('{')) {
                self.finish(&mut Some(self.json(line)?))?;
            } else if is_request(line) {
                self.finish(&mut draft)?;
                draft = Some(self.request(line)?);
            } else {
                self.detail(line, draft.as_mut().ok_or(TargetsProblem::NoRequest)?)?;
            }
        }
        self.finish(&mut draft)?;
        if self.specs.is_empty() { Err(TargetsProblem::Empty) } else { Ok(()) }
    }

    fn request(&self, line: &str) -> Result<Draft, TargetsProblem> {
        let (method, url) = line.split_once(char::is_whitespace).ok_or(TargetsProblem::NoRequest)?;
        Ok(Draft {
            method: parse_method(method)?,
            target: self.target(url)?,
            headers: Vec::new(),
            body: None,
        })
    }

    /// A header line, or the file of the body.
    fn detail(&mut self, line: &str, draft: &mut Draft) -> Result<(), TargetsProblem> {
        if let Some(path) = line.strip_prefix('@') {
            if draft.body.is_some() {
                return Err(TargetsProblem::TwoBodies);
            }
            draft.body = Some(self.body_file(path.trim())?);
            return Ok(());
        }
        let (name, value) = line.split_once(':').ok_or(TargetsProblem::Header)?;
        draft.headers.push(header(name.trim(), value)?);
        Ok(())
    }

    fn json(&self, line: &str) -> Result<Draft, TargetsProblem> {
        // The parser's message may repeat a value.
        let json: JsonTarget = serde_json::from_str(line).map_err(|_| TargetsProblem::Json)?;
        let mut headers = Vec::new();
        for (name, values) in json.header.iter().flatten() {
            for value in values.as_array().ok_or(TargetsProblem::Json)? {
                headers.push(header(name, value.as_str().ok_or(TargetsProblem::Json)?)?);
            }
        }
        let body = json.body.map(|text| BASE64_STANDARD.decode(text)).transpose();
        Ok(Draft {
            method: parse_method(&json.method)?,
            target: self.target(&json.url)?,
            headers,
            body: body.map_err(|_| TargetsProblem::Base64)?.map(Bytes::from),
        })
    }

    fn target(&self, url: &str) -> Result<Target, TargetsProblem> {
        match self.base {
            Some(base) => base.join(url),
            None => url.parse(),
        }
        .map_err(TargetsProblem::Target)
    }

    fn body_file(&mut self, path: &str) -> Result<Bytes, TargetsProblem> {
        if let Some(body) = self.bodies.get(path) {
            return Ok(body.clone());
        }
        let body = (self.read_file)(path)
            .map_err(|error| TargetsProblem::BodyFile { path: path.to_owned(), kind: error.kind() })?;
        self.body_bytes += body.len() as u64;
        if self.body_bytes > TOTAL_MAX {
            return Err(TargetsProblem::TooLarge);
        }
        let body = Bytes::from(body);
        self.bodies.insert(path.to_owned(), body.clone());
        Ok(body)
    }

    fn finish(&mut self, draft: &mut Option<Draft>) -> Result<(), TargetsProblem> {
        let Some(mut draft) = draft.take() else { return Ok(()) };
        if self.specs.len() == TARGETS_MAX {
            return Err(TargetsProblem::TooMany);
        }
        match self.origins.get(draft.target.origin()) {
            Some(origin) => draft.target.share_origin(origin),
            None => drop(self.origins.insert(Arc::clone(draft.target.shared_origin()))),
        }
        self.specs.push(EndpointSpec {
            name: format!("{} {}", draft.method, draft.target.path().path()),
            weight: 1,
            method: draft.method,
            target: draft.target,
            headers: self.defaults.with_headers(draft.headers),
            body: Secret::new(draft.body.unwrap_or_default()),
            expectation: self.defaults.expectation.clone(),
            placeholders: Placeholders::Nowhere,
            chain: None,
        });
        Ok(())
    }
}

/// vegeta's rule: capitals and a blank. A header name has its colon before any blank.
fn is_request(line: &str) -> bool {
    let method = line.split(char::is_whitespace).next().unwrap_or("");
    method.len() < line.len() && !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn parse_method(text: &str) -> Result<Method, TargetsProblem> {
    Method::from_bytes(text.as_bytes()).map_err(|_| TargetsProblem::Method)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, Secret<String>), TargetsProblem> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| TargetsProblem::Header)?;
    let value = value.trim();
    if HeaderValue::from_str(value).is_err() {
        return Err(TargetsProblem::HeaderValue(name));
    }
    Ok((name, Secret::new(value.to_owned())))
}

#[cfg(test)]
mod tests;
