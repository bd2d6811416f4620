//! The request of each arrival: an endpoint as the user wrote it, compiled once.
//!
//! A [`RequestTemplate`] holds what is the same in every request, ready to be copied, and a [`Text`] for each part that
//! is not. The requests of an endpoint without placeholders are plain copies.

mod body;
mod checks;
mod error;
pub(super) mod grammar;
mod text;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, Entry, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use http::{Method, Request, Uri, Version};

pub(crate) use error::{RequestPart, TemplateError, TemplateProblem};
pub use text::Moment;
use text::{Encoding, Field, Names, Text, push_hex};
pub(super) use text::{Later, Values};

use self::body::{Body, Piece};
use super::body_coding::BodyCoding;
use super::data::DataTable;
use super::header::is_public;
use super::recording::RecordedRequest;
use super::row_bodies::RowBodies;
use super::secret::Secrets;
use super::sigv4::{Fixed, Signer};
use super::spec::{EndpointSpec, Placeholders};
use super::target::Target;

/// The length of a body that is not there.
const NOTHING: HeaderValue = HeaderValue::from_static("0");
/// The header of W3C Trace Context.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What makes the requests of one endpoint. Its `Debug` shows only the method.
#[derive(Clone)]
pub(crate) struct RequestTemplate {
    method: Method,
    uri: Field<Uri>,
    /// All headers; those that are made for each request have no value yet.
    headers: HeaderMap,
    made: Vec<MadeHeader>,
    body: Body,
    coding: Option<BodyCoding>,
    /// The URL, the headers that may hold secrets, and the columns in use: what [`Self::secrets`] collects from.
    url: Text,
    guarded: Vec<(HeaderName, Text)>,
    columns: Vec<usize>,
    needs_moment: bool,
    signed: Option<(Arc<Signer>, Fixed)>,
}

/// A header that is made for each request.
#[derive(Clone)]
struct MadeHeader {
    name: HeaderName,
    /// Which of the headers of this name it is, from 0.
    nth: usize,
    source: ValueSource,
}

#[derive(Clone)]
enum ValueSource {
    Text(Text),
    Token,
    Traceparent,
}

/// What all endpoints of a workload have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'w> {
    /// The data of columns.
    pub data: Option<&'w DataTable>,
    /// The names of what was taken from the answers before.
    pub taken: &'w [String],
    /// What the answer to this request and those after it tell.
    pub later: &'w [Later],
    /// The header that carries a token, where there are tokens.
    pub token_header: Option<&'w HeaderName>,
    /// The bodies of the rows, in place of the endpoint's own.
    pub row_bodies: Option<&'w RowBodies>,
    /// How bodies are compressed.
    pub coding: Option<BodyCoding>,
    /// What signs the requests.
    pub signer: Option<&'w Arc<Signer>>,
    /// Whether requests carry a trace id.
    pub traceparent: bool,
    /// Without it, the server is told to close the connection after each answer.
    pub keepalive: bool,
}

impl RequestTemplate {
    /// Compiles an endpoint. The headers for the token and for the trace replace those that the user gave.
    pub(super) fn compile(spec: &EndpointSpec, setting: Setting<'_>) -> Result<Self, TemplateError> {
        let failed = |place: RequestPart| {
            move |problem| TemplateError { endpoint: spec.name.clone(), place, problem: Box::new(problem) }
        };
        let compile = |text: &[u8], may_name| match spec.placeholders {
            Placeholders::Nowhere => Ok(Text::verbatim(text)),
            _ => {
                let Setting { data, taken, later, .. } = setting;
                Text::compile(text, Names { data, taken, later }, may_name)
            }
        };
        let url = compile(spec.target.path().as_str().as_bytes(), true).map_err(failed(RequestPart::Url))?;
        let uri = checks::uri(&url, &spec.target, setting.data).map_err(failed(RequestPart::Url))?;
        let body = match (setting.row_bodies, spec.placeholders) {
            (Some(bodies), _) => Body::of_rows(bodies, setting.data, setting.coding).map_err(|problem| {
                let (part, problem) = *problem;
                failed(part)(problem)
            })?,
            (None, placeholders) => {
                let text = match placeholders {
                    Placeholders::Everywhere => compile(spec.body.expose(), true),
                    _ => Ok(Text::verbatim(spec.body.expose())),
                };
                let piece = text.and_then(|text| {
                    Piece::new(text, spec.body.expose(), setting.coding)
                        .map_err(|_| TemplateProblem::Compression)
                });
                Body::One(piece.map_err(failed(RequestPart::Body))?)
            }
        };
        let sent_length = body.fixed().filter(|_| setting.coding.is_none()).map(Bytes::len);

        checks::coding(spec, setting.coding.is_some())
            .map_err(|(name, problem)| failed(RequestPart::Header(name))(problem))?;
        checks::signing(spec, setting.signer.is_some())
            .map_err(|(name, problem)| failed(RequestPart::Header(name))(problem))?;
        checks::framing(spec, sent_length)
            .map_err(|(name, problem)| failed(RequestPart::Header(name))(problem))?;
        let overridden = |name: &HeaderName| {
            setting.token_header == Some(name) || (setting.traceparent && *name == TRACEPARENT)
        };
        let mut values = Vec::new();
        let mut made = Vec::new();
        let mut texts = Vec::new();
        for (name, value) in spec.headers.iter().filter(|(name, _)| !overridden(name)) {
            let failed = failed(RequestPart::Header(name.clone()));
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
                made.push(MadeHeader { name: name.clone(), nth, source: ValueSource::Text(text.clone()) });
            }
            values.push((name.clone(), fixed));
            texts.push((name.clone(), text));
        }
        let token = setting.token_header.map(|name| (name.clone(), ValueSource::Token));
        let trace = setting.traceparent.then_some((TRACEPARENT, ValueSource::Traceparent));
        for (name, source) in token.into_iter().chain(trace) {
            values.push((name.clone(), HeaderValue::from_static("")));
            made.push(MadeHeader { name, nth: 0, source });
        }

        let all = || texts.iter().map(|(_, text)| text).chain([&url]);
        let mut columns: Vec<usize> = all().flat_map(Text::columns).chain(body.columns()).collect();
        columns.sort_unstable();
        columns.dedup();
        let needs_moment = setting.traceparent
            || setting.signer.is_some()
            || body.needs_moment()
            || all().any(Text::needs_moment);
        texts.retain(|(name, _)| !is_public(name));
        let signed =
            setting.signer.map(|signer| (Arc::clone(signer), signer.prepare(uri.fixed(), body.fixed())));
        let says_empty = is_body_meant(&spec.method) && body.fixed().is_some_and(Bytes::is_empty);
        Ok(Self {
            method: spec.method.clone(),
            uri,
            headers: with_defaults(&spec.target, values, setting.keepalive, says_empty),
            made,
            body,
            coding: setting.coding,
            url,
            guarded: texts,
            columns,
            needs_moment,
            signed,
        })
    }

    /// Whether sending the request twice has the same effect as once (RFC 9110, 9.2.2), so that it may be sent
    /// again when an idle connection turns out to be dead.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    /// The method of its requests.
    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Whether requests depend on the moment they are made.
    pub(super) fn needs_moment(&self) -> bool {
        self.needs_moment
    }

    /// Whether requests hold cells of the data.
    pub(super) fn uses_data(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether requests hold cells that a login told.
    pub(super) fn uses_told(&self, data: &DataTable) -> bool {
        self.columns.iter().any(|&column| data.is_told(column))
    }

    /// Whether a header holds what an answer told, to this arrival or to the login.
    pub(super) fn tells(&self, name: &HeaderName, data: Option<&DataTable>) -> bool {
        let is_told = |column| data.is_some_and(|data| data.is_told(column));
        self.made.iter().any(|made| match &made.source {
            ValueSource::Text(text) => {
                made.name == name && (text.taken_count() > 0 || text.columns().any(is_told))
            }
            ValueSource::Token | ValueSource::Traceparent => false,
        })
    }

    /// The request of an arrival, in origin form: neither compressed nor signed, which [`Self::finish`] does.
    pub(super) fn request(&self, values: &Values<'_>, token: Option<&HeaderValue>) -> Request<Bytes> {
        let mut request = Request::new(self.body.plain(values));
        *request.method_mut() = self.method.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = match &self.uri {
            Field::Fixed(uri) => uri.clone(),
            Field::Made(text) => checks::made_uri(text.write(values, Encoding::Percent)),
        };
        let mut headers = self.headers.clone();
        if self.body.fixed().is_none() && request.body().is_empty() && is_body_meant(&self.method) {
            headers.insert(CONTENT_LENGTH, NOTHING);
        }
        for made in &self.made {
            let value = match (&made.source, token) {
                (ValueSource::Text(text), _) => made_value(text.write(values, Encoding::AsIs)),
                (ValueSource::Traceparent, _) => made_value(traceparent(values)),
                (ValueSource::Token, Some(token)) => token.clone(),
                (ValueSource::Token, None) => continue,
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

    /// Compresses and signs a request that is complete otherwise. `row` has put something in the place of what the template
    /// made.
    pub(super) fn finish(
        &self,
        request: &mut Request<Bytes>,
        values: &Values<'_>,
        row: Option<&RecordedRequest>,
    ) {
        if let Some(coding) = self.coding
            && !request.body().is_empty()
            && !request.headers().contains_key(CONTENT_ENCODING)
        {
            let prepared = match row.is_some_and(RecordedRequest::has_body) {
                true => None,
                false => self.body.coded(values),
            };
            // Without memory for it, it goes as it is and says so.
            if let Some(coded) = prepared.or_else(|| coding.encode(request.body()).ok()) {
                *request.body_mut() = coded;
                request.headers_mut().insert(CONTENT_ENCODING, coding.header());
            }
        }
        if let Some((signer, fixed)) = &self.signed {
            match row {
                None => signer.sign(request, fixed, values.moment.unix_ms),
                Some(_) => signer.sign(request, &Fixed::default(), values.moment.unix_ms),
            }
        }
    }

    /// Whether any request has a body.
    pub(super) fn has_body(&self) -> bool {
        self.body.fixed().is_none_or(|body| !body.is_empty())
    }

    /// Adds what the request of an arrival carries that nobody else may read: values of headers that may be
    /// credentials, query values, and cells. Built-ins are no secrets.
    pub(super) fn secrets(&self, values: &Values<'_>, secrets: &mut Secrets) {
        for (name, text) in &self.guarded {
            secrets.header(name, &text.write_given(values, Encoding::AsIs));
        }
        secrets.query_values(&self.url.write_given(values, Encoding::Percent));
        if let Some((data, row)) = values.row {
            for &column in &self.columns {
                // Those that a login told are hidden in any case.
                if !data.is_told(column) {
                    secrets.cell(data.cell(row, column));
                }
            }
        }
        self.body.secrets(values, secrets);
    }
}

impl fmt::Debug for RequestTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestTemplate({})", self.method)
    }
}

/// Whether a server expects a body with this method: where there is none, it is told so (RFC 9110, 8.6).
pub(super) fn is_body_meant(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// The given headers with ours beside them, where none of that name is given.
fn with_defaults(
    target: &Target,
    given: Vec<(HeaderName, HeaderValue)>,
    keepalive: bool,
    says_empty: bool,
) -> HeaderMap {
    let mut all = HeaderMap::new();
    if says_empty {
        all.insert(CONTENT_LENGTH, NOTHING);
    }
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
