//! What the arrivals of a run ask for.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request};

use super::expectation::Expectation;
use super::targets::group_names;
use super::template::{RequestTemplate, Secrets, Setting, TemplateError, Values, trace_id};
use super::{DataOrder, DataTable, EndpointSpec, Mix, MixError, Origin, Redactor, Secret, Target, TokenList};
use crate::measure::Redact;

/// Makes the request of each arrival from the arrival's place in the sequence alone: the same for any number of
/// threads. Cheap to clone; all clones share one content.
#[derive(Debug, Clone)]
pub struct Workload(Arc<Content>);

#[derive(Debug)]
struct Content {
    endpoints: Vec<Endpoint>,
    /// Several may belong to one endpoint.
    compiled: Vec<Compiled>,
    /// `None` for a single request.
    mix: Option<Mix>,
    redactor: Redactor,
    origins: Vec<Origin>,
    tokens: Option<(HeaderName, TokenList)>,
    data: Option<DataTable>,
    data_order: DataOrder,
    seed: u64,
    traceparent: bool,
    needs_moment: bool,
}

/// A request ready to be made.
#[derive(Debug)]
struct Compiled {
    template: RequestTemplate,
    route: Route,
}

/// What the arrivals are to ask for, all of it.
#[derive(Debug, Clone)]
pub struct WorkloadSpec {
    /// The endpoints; at least one has a weight above 0.
    pub endpoints: Vec<EndpointSpec>,
    /// Tokens in rotation.
    pub tokens: Option<TokenList>,
    /// The header that carries them.
    pub token_header: HeaderName,
    /// What columns stand for.
    pub data: Option<DataTable>,
    /// In which order its rows are used.
    pub data_order: DataOrder,
    /// Chooses the random order.
    pub seed: u64,
    /// Whether each request carries a trace id of its own (W3C Trace Context).
    pub traceparent: bool,
    /// Without it servers are told to close.
    pub keepalive: bool,
    /// Whether reports show hosts, paths and query values. They never show credentials.
    pub show_hosts: bool,
}

/// Why a specification makes no workload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// Nothing to ask for.
    #[error("there is no endpoint; give a URL, or a scenario with at least one endpoint")]
    NoEndpoint,
    /// Weights that make no mix.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// An endpoint whose requests cannot be made.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// What reports say of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Its share of the arrivals, relative to the other endpoints; 0 = none.
    pub weight: u64,
    /// Request method.
    pub method: Method,
    /// Where its requests go, or the first of them; [`Workload::label`] may be shown.
    pub target: Target,
    /// What counts as a good answer.
    pub expectation: Expectation,
}

/// Where an arrival goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Route {
    /// The endpoint, a place in [`Workload::endpoints`].
    pub endpoint: u32,
    /// The origin, a place in [`Workload::origins`].
    pub origin: u32,
}

/// What is new at each request: made outside, because this room has neither clock nor chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// 128 random bits.
    pub nonce: u128,
    /// 64 more.
    pub span: u64,
}

/// The request of one arrival, and what identifies it later. Its `Debug` does not show the request.
pub struct Outgoing {
    /// In origin form, with a `Host` header.
    pub request: Request<Bytes>,
    /// The data row it was made from, counted from 1 as an editor counts the rows below the header.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, trace_id, .. } = self;
        f.debug_struct("Outgoing").field("row", row).field("trace_id", trace_id).finish_non_exhaustive()
    }
}

impl Workload {
    /// Compiles a workload. Everything that could keep a request from being made is found here, for all rows.
    ///
    /// # Errors
    /// [`WorkloadError`]; it never repeats text of a header or a cell.
    pub fn build(spec: WorkloadSpec) -> Result<Self, WorkloadError> {
        let setting = Setting {
            data: spec.data.as_ref(),
            token_header: spec.tokens.as_ref().map(|_| &spec.token_header),
            traceparent: spec.traceparent,
            keepalive: spec.keepalive,
        };
        if spec.endpoints.is_empty() {
            return Err(WorkloadError::NoEndpoint);
        }
        let weights: Vec<u32> = spec.endpoints.iter().map(|endpoint| endpoint.weight).collect();
        let mix = Some(Mix::new(&weights)?).filter(|_| weights.len() > 1);
        let mut origins = Origins::default();
        let mut compiled = Vec::with_capacity(spec.endpoints.len());
        for endpoint in &spec.endpoints {
            let route = Route { endpoint: 0, origin: origins.number(endpoint.target.origin()) };
            compiled.push(Compiled { template: RequestTemplate::compile(endpoint, setting)?, route });
        }
        let mut endpoints = Vec::new();
        for (name, members) in group_names(&spec.endpoints) {
            let Some(first) = members.first().and_then(|first| spec.endpoints.get(*first)) else { continue };
            let weight = members.iter().map(|member| u64::from(spec.endpoints[*member].weight)).sum();
            for member in members {
                compiled[member].route.endpoint = endpoints.len() as u32;
            }
            endpoints.push(Endpoint {
                name,
                weight,
                method: first.method.clone(),
                target: first.target.clone(),
                expectation: first.expectation.clone(),
            });
        }
        let redactor = Redactor::new(&origins.list, spec.show_hosts);
        Ok(Self(Arc::new(Content {
            endpoints,
            needs_moment: compiled.iter().any(|endpoint| endpoint.template.needs_moment()),
            compiled,
            mix,
            redactor,
            origins: origins.list,
            tokens: spec.tokens.map(|tokens| (spec.token_header, tokens)),
            data: spec.data,
            data_order: spec.data_order,
            seed: spec.seed,
            traceparent: spec.traceparent,
        })))
    }

    /// The same request for every arrival, without placeholders.
    pub fn single(
        target: &Target,
        method: Method,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        keepalive: bool,
    ) -> Self {
        let template = RequestTemplate::fixed(target, method.clone(), headers, body, keepalive);
        Self(Arc::new(Content {
            endpoints: vec![Endpoint {
                name: "request".to_owned(),
                weight: 1,
                method,
                target: target.clone(),
                expectation: Expectation::default(),
            }],
            compiled: vec![Compiled { template, route: Route::default() }],
            mix: None,
            redactor: Redactor::new(std::slice::from_ref(target.origin()), false),
            origins: vec![target.origin().clone()],
            tokens: None,
            data: None,
            data_order: DataOrder::Rotate,
            seed: 0,
            traceparent: false,
            needs_moment: false,
        }))
    }

    /// The endpoints, in the order they were given.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.0.endpoints
    }

    /// How many endpoints there are.
    pub fn endpoint_count(&self) -> usize {
        self.0.endpoints.len()
    }

    /// The origins, in order of first use.
    pub fn origins(&self) -> &[Origin] {
        &self.0.origins
    }

    /// Whether any request holds cells of the data. If there is data and none does, the user should be told.
    pub fn uses_data(&self) -> bool {
        self.0.compiled.iter().any(|endpoint| endpoint.template.uses_data())
    }

    /// How many origins there are.
    pub fn origin_count(&self) -> usize {
        self.0.origins.len()
    }

    /// Where the arrival at `sequence` goes. The sequence counts the warm-up's arrivals first, then the measured ones.
    pub fn route(&self, sequence: u64) -> Route {
        self.0.compiled(sequence).route
    }

    /// How many arrivals of a part of the sequence go to each endpoint.
    pub fn planned(&self, sequence: Range<u64>) -> Vec<u64> {
        let Some(mix) = &self.0.mix else { return vec![sequence.end.saturating_sub(sequence.start)] };
        let mut planned = vec![0; self.0.endpoints.len()];
        for (compiled, count) in self.0.compiled.iter().zip(mix.planned(sequence)) {
            planned[compiled.route.endpoint as usize] += count;
        }
        planned
    }

    /// Whether requests depend on the moment they are made.
    pub fn needs_moment(&self) -> bool {
        self.0.needs_moment
    }

    /// The request of the arrival at `sequence`.
    pub fn request(&self, sequence: u64, moment: Moment) -> Outgoing {
        let template = &self.0.compiled(sequence).template;
        let values = self.0.values(template, sequence, moment);
        let token = self.0.tokens.as_ref().map(|(_, tokens)| tokens.at(sequence));
        Outgoing {
            request: template.request(&values, token),
            row: values.row.map(|(_, row)| row + 1),
            trace_id: self.0.traceparent.then(|| trace_id(&values)),
        }
    }

    /// Every text in the request of the arrival at `sequence` that nobody else may read, each once, longer ones first:
    /// the token, values of headers that may be credentials, query values, and the cells in use; with their encoded
    /// or decoded form where that is another. What a built-in placeholder stands for is not secret; nor are query values and
    /// cells where hosts are shown.
    pub fn secrets(&self, sequence: u64) -> Vec<Secret<String>> {
        let template = &self.0.compiled(sequence).template;
        let mut secrets = Secrets::credentials_only(self.0.redactor.shows_hosts());
        if let Some((_, tokens)) = &self.0.tokens {
            secrets.token(tokens.at(sequence).as_bytes());
        }
        template.secrets(&self.0.values(template, sequence, Moment::default()), &mut secrets);
        secrets.into_texts().map(Secret::new).collect()
    }

    /// Whether sending the request of an arrival twice has the same effect as once (RFC 9110, 9.2.2), so that it may
    /// be sent again when an idle connection turns out to be dead.
    pub fn is_idempotent(&self, sequence: u64) -> bool {
        self.0.compiled(sequence).template.is_idempotent()
    }

    /// What counts as a good answer of an endpoint.
    pub fn expectation(&self, endpoint: u32) -> &Expectation {
        &self.0.endpoints[endpoint as usize].expectation
    }

    /// What may be shown of a target.
    pub fn label(&self, target: &Target) -> String {
        self.0.redactor.target(target)
    }

    /// What may be shown of the name of an endpoint.
    pub fn name(&self, endpoint: &Endpoint) -> String {
        self.0.redactor.name(&endpoint.name)
    }

    /// What may be shown of a text that may hold hosts, tokens or data: for causes of failures.
    pub fn redact(&self, text: &str) -> String {
        self.0.redactor.text(text)
    }
}

impl Content {
    fn compiled(&self, sequence: u64) -> &Compiled {
        &self.compiled[self.mix.as_ref().map_or(0, |mix| mix.endpoint(sequence)) as usize]
    }

    fn values(&self, template: &RequestTemplate, sequence: u64, moment: Moment) -> Values<'_> {
        let data = self.data.as_ref().filter(|_| template.uses_data());
        let row = |data: &DataTable| self.data_order.row_at(sequence, self.seed, data.row_count());
        Values { row: data.map(|data| (data, row(data))), sequence, moment }
    }
}

/// Origins in order of first use.
#[derive(Default)]
struct Origins {
    list: Vec<Origin>,
    numbers: HashMap<Origin, u32>,
}

impl Origins {
    /// The number of an origin; a new one joins the list.
    fn number(&mut self, origin: &Origin) -> u32 {
        if let Some(number) = self.numbers.get(origin) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(origin.clone());
        self.numbers.insert(origin.clone(), number);
        number
    }
}

/// What may be shown of answers: for samples.
impl Redact for Workload {
    fn header(&self, sequence: u64, name: &str, value: &[u8]) -> String {
        self.0.redactor.header(name, value, &self.secrets(sequence))
    }

    fn body(&self, sequence: u64, bytes: &[u8]) -> String {
        self.0.redactor.body(bytes, &self.secrets(sequence))
    }
}
