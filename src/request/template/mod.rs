//! The request of each arrival: an endpoint as it was written, compiled once.
//!
//! [`RequestTemplate`] holds what is the same in every request, ready to be copied, and a text for each place that is
//! not. An endpoint without placeholders is all copies.

mod checks;
mod error;
mod grammar;
mod secrets;
mod text;

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, Entry, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri, Version};

pub use error::{Place, TemplateError, TemplateProblem};
pub use grammar::{LoneBrace, Position};
pub(super) use secrets::Secrets;
pub(super) use text::Values;
use text::{BUILTINS, Encoding, Text, push_hex};

use super::header::is_public;
use super::{DataTable, EndpointSpec, Target};

/// The header of W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Whether a placeholder of this name needs no data.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// What makes the requests of one endpoint. Its `Debug` shows only the method.
#[derive(Clone)]
pub struct RequestTemplate {
    method: Method,
    uri: Part<Uri>,
    /// All headers, those that are made for each request without a value.
    headers: HeaderMap,
    made: Vec<MadeHeader>,
    body: Part<Bytes>,
    /// URL, headers that may hold secrets, and the columns in use: what [`Self::secrets`] looks through.
    url: Text,
    guarded: Vec<(HeaderName, Text)>,
    columns: Vec<usize>,
    needs_moment: bool,
}

/// A part of a request: always the same, or made each time.
#[derive(Clone)]
enum Part<T> {
    Fixed(T),
    Made(Text),
}

/// A header that is made for each request.
#[derive(Clone)]
struct MadeHeader {
    name: HeaderName,
    /// Which one of the headers of this name, from 0.
    nth: usize,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Text(Text),
    Token,
    Traceparent,
}

/// What all endpoints of a workload have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'w> {
    /// The data of columns.
    pub data: Option<&'w DataTable>,
    /// The header that carries a token, where there are tokens.
    pub token_header: Option<&'w HeaderName>,
    /// Whether requests carry a trace id.
    pub traceparent: bool,
    /// Without it the server is told to close.
    pub keepalive: bool,
}

impl RequestTemplate {
    /// The same request each time. `headers` are added to `Host`, `User-Agent` and `Accept`, or stand in their place;
    /// a header given twice is sent twice. Without keep-alive the server is told to close.
    pub fn fixed(
        target: &Target,
        method: Method,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        keepalive: bool,
    ) -> Self {
        let guarded = headers.iter().filter(|(name, _)| !is_public(name));
        let guarded = guarded.map(|(name, value)| (name.clone(), Text::verbatim(value.as_bytes()))).collect();
        Self {
            method,
            uri: Part::Fixed(Uri::from(target.path().clone())),
            headers: with_defaults(target, headers.to_vec(), keepalive),
            made: Vec::new(),
            body: Part::Fixed(body),
            url: Text::verbatim(target.path().as_str().as_bytes()),
            guarded,
            columns: Vec::new(),
            needs_moment: false,
        }
    }

    /// Compiles an endpoint. The header of the token and the one of the trace stand in place of given ones.
    pub(super) fn compile(spec: &EndpointSpec, setting: Setting<'_>) -> Result<Self, TemplateError> {
        let failed = |place: Place| {
            move |problem| TemplateError { endpoint: spec.name.clone(), place, problem: Box::new(problem) }
        };
        let compile = |text: &[u8], may_name| match spec.verbatim {
            true => Ok(Text::verbatim(text)),
            false => Text::compile(text, setting.data, may_name),
        };
        let url = compile(spec.target.path().as_str().as_bytes(), true).map_err(failed(Place::Url))?;
        let uri = checks::uri(&url, &spec.target, setting.data).map_err(failed(Place::Url))?;
        let body = compile(spec.body.expose(), true).map_err(failed(Place::Body))?;

        let overridden = |name: &HeaderName| {
            setting.token_header == Some(name) || (setting.traceparent && *name == TRACEPARENT)
        };
        let mut values = Vec::new();
        let mut made = Vec::new();
        let mut texts = Vec::new();
        for (name, value) in spec.headers.iter().filter(|(name, _)| !overridden(name)) {
            let failed = failed(Place::Header(name.clone()));
            let text = compile(value.expose().as_bytes(), is_public(name))
                .and_then(|text| checks::header(&text, value.expose(), setting.data).map(|()| text))
                .map_err(failed)?;
            let mut fixed = text
                .literal()
                .and_then(|text| HeaderValue::from_bytes(text).ok())
                .unwrap_or(HeaderValue::from_static(""));
            // HTTP/2 compresses what is not sensitive.
            fixed.set_sensitive(!is_public(name));
            if text.literal().is_none() {
                let nth = values.iter().filter(|(other, _)| other == name).count();
                made.push(MadeHeader { name: name.clone(), nth, source: Source::Text(text.clone()) });
            }
            values.push((name.clone(), fixed));
            texts.push((name.clone(), text));
        }
        let token = setting.token_header.map(|name| (name.clone(), Source::Token));
        let trace = setting.traceparent.then_some((TRACEPARENT, Source::Traceparent));
        for (name, source) in token.into_iter().chain(trace) {
            values.push((name.clone(), HeaderValue::from_static("")));
            made.push(MadeHeader { name, nth: 0, source });
        }

        let all = || texts.iter().map(|(_, text)| text).chain([&url, &body]);
        let mut columns: Vec<usize> = all().flat_map(Text::columns).collect();
        columns.sort_unstable();
        columns.dedup();
        let needs_moment = setting.traceparent || all().any(Text::needs_moment);
        let body = match body.literal() {
            // The given bytes are shared; only where escapes were taken out are they others.
            Some(text) if text == &spec.body.expose()[..] => Part::Fixed(spec.body.expose().clone()),
            Some(text) => Part::Fixed(Bytes::copy_from_slice(text)),
            None => Part::Made(body),
        };
        texts.retain(|(name, _)| !is_public(name));
        Ok(Self {
            method: spec.method.clone(),
            uri,
            headers: with_defaults(&spec.target, values, setting.keepalive),
            made,
            body,
            url,
            guarded: texts,
            columns,
            needs_moment,
        })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Whether sending the request twice has the same effect as once (RFC 9110, 9.2.2), so that it may be sent
    /// again when an idle connection turns out to be dead.
    pub fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    /// Whether requests depend on the moment they are made.
    pub(super) fn needs_moment(&self) -> bool {
        self.needs_moment
    }

    /// Whether requests hold cells of the data.
    pub(super) fn uses_data(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The request of an arrival, in origin form.
    pub(super) fn request(&self, values: &Values<'_>, token: Option<&HeaderValue>) -> Request<Bytes> {
        let mut request = Request::new(match &self.body {
            Part::Fixed(body) => body.clone(),
            Part::Made(text) => Bytes::from(text.write(values, Encoding::AsIs)),
        });
        *request.method_mut() = self.method.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = match &self.uri {
            Part::Fixed(uri) => uri.clone(),
            Part::Made(text) => checks::made_uri(text.write(values, Encoding::Percent)),
        };
        let mut headers = self.headers.clone();
        for made in &self.made {
            let value = match (&made.source, token) {
                (Source::Text(text), _) => made_value(text.write(values, Encoding::AsIs)),
                (Source::Traceparent, _) => made_value(traceparent(values)),
                (Source::Token, Some(token)) => token.clone(),
                (Source::Token, None) => continue,
            };
            let place = match made.nth {
                0 => headers.get_mut(&made.name),
                nth => match headers.entry(&made.name) {
                    Entry::Occupied(entry) => entry.into_iter().nth(nth),
                    Entry::Vacant(_) => None,
                },
            };
            if let Some(place) = place {
                *place = value;
            }
        }
        *request.headers_mut() = headers;
        request
    }

    /// Adds what the request of an arrival carries that nobody else may read: values of headers that may be
    /// credentials, query values, and cells. Built-ins are no secrets.
    pub(super) fn secrets(&self, values: &Values<'_>, secrets: &mut Secrets) {
        for (name, text) in &self.guarded {
            secrets.header(name, &text.write_given(values, Encoding::AsIs));
        }
        secrets.query_values(&self.url.write_given(values, Encoding::Percent));
        if let Some((data, row)) = values.row {
            self.columns.iter().for_each(|&column| secrets.cell(data.cell(row, column)));
        }
    }
}

impl fmt::Debug for RequestTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestTemplate({})", self.method)
    }
}

/// The given headers with ours beside them, where none of that name is given.
fn with_defaults(target: &Target, given: Vec<(HeaderName, HeaderValue)>, keepalive: bool) -> HeaderMap {
    let mut all = HeaderMap::new();
    if let Ok(host) = HeaderValue::from_str(target.authority()) {
        all.insert(HOST, host);
    }
    all.insert(USER_AGENT, HeaderValue::from_static(concat!("rpsbench/", env!("CARGO_PKG_VERSION"))));
    all.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if !keepalive {
        all.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    given.iter().for_each(|(name, _)| drop(all.remove(name)));
    for (name, value) in given {
        all.append(name, value);
    }
    all
}

/// A value that was made. Its characters were checked when the template was compiled.
fn made_value(text: Vec<u8>) -> HeaderValue {
    let value = HeaderValue::from_maybe_shared(Bytes::from(text));
    debug_assert!(value.is_ok(), "compiled templates make valid headers");
    let mut value = value.unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The trace id of a request. Zero is no trace id.
pub(super) fn trace_id(values: &Values<'_>) -> u128 {
    values.moment.nonce.max(1)
}

/// `version-trace id-parent id-flags`, sampled.
fn traceparent(values: &Values<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(55);
    text.extend_from_slice(b"00-");
    push_hex(trace_id(values), 32, &mut text);
    text.push(b'-');
    push_hex(u128::from(values.moment.span.max(1)), 16, &mut text);
    text.extend_from_slice(b"-01");
    text
}
