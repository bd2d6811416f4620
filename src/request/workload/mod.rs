//! What the arrivals of a run request.

mod build;
mod shown;
mod walks;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request};

use super::body_coding::BodyCoding;
use super::current_tokens::CurrentTokens;
use super::data::{DataOrder, DataTable};
use super::expectation::Expectation;
use super::mix::{Mix, MixError};
use super::origin::Origin;
use super::recording::{RecordedRequest, Recording};
use super::redactor::Redactor;
use super::rotation::Rotation;
use super::secret::Secrets;
use super::sigv4::{self, AwsKeys, Signer};
use super::target::Target;
use super::template::{Moment, RequestTemplate, TRACEPARENT, TemplateError, Values, trace_id};
use super::tokens::TokenList;
use super::walk::{Chain, Walk};
use crate::schedule::Shard;

/// Makes the request of each arrival from the arrival's place in the sequence alone, so requests are the same for any
/// number of threads. Cheap to clone; all clones share one content.
#[derive(Debug, Clone)]
pub struct Workload(Arc<Content>);

#[derive(Debug)]
struct Content {
    /// Of the bodies as they were given, in bytes.
    largest_body: usize,
    /// Distinct names of endpoints.
    names: usize,
    /// How many of them are those of sessions.
    sessions: usize,
    endpoints: Vec<Endpoint>,
    /// Several of these may belong to one endpoint.
    compiled: Vec<Compiled>,
    /// `None` for a single request.
    mix: Option<Mix>,
    redactor: Redactor,
    origins: Vec<Origin>,
    /// The header that carries them, where there are any.
    token_header: Option<HeaderName>,
    tokens: Option<CurrentTokens>,
    signer: Option<Arc<Signer>>,
    row_turns: Rotation,
    data: Option<DataTable>,
    data_order: DataOrder,
    seed: u64,
    traceparent: bool,
    count_by: Option<HeaderName>,
    body_coding: Option<BodyCoding>,
    needs_moment: bool,
    follows_redirects: bool,
    /// Whether an arrival may take more than one request.
    has_walks: bool,
    /// Whose rows replace what they name of the request.
    recording: Option<Arc<Recording>>,
}

/// A request ready to be made.
#[derive(Debug)]
struct Compiled {
    /// Of a session, its first request.
    template: RequestTemplate,
    route: Route,
    /// The steps, where it is a session.
    chain: Option<Chain>,
}

impl Compiled {
    /// All requests that an arrival may send.
    fn templates(&self) -> impl Iterator<Item = &RequestTemplate> {
        let steps = self.chain.iter().flat_map(|chain| chain.steps.iter().map(|step| &step.template));
        std::iter::once(&self.template).chain(steps)
    }

    fn needs_moment(&self) -> bool {
        self.templates().any(RequestTemplate::needs_moment)
    }

    fn uses_data(&self) -> bool {
        self.templates().any(RequestTemplate::uses_data)
    }
}

/// What reports show of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
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

/// The request of one arrival, and what identifies it in reports. Its `Debug` does not show the request.
pub struct Outgoing {
    /// In origin form, with a `Host` header.
    pub request: Request<Bytes>,
    /// The data row it was made from: 1 is the first row below the header.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
    /// The token that it carries: by the time of its answer there may be others.
    pub token: Option<HeaderValue>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, trace_id, .. } = self;
        f.debug_struct("Outgoing").field("row", row).field("trace_id", trace_id).finish_non_exhaustive()
    }
}

/// What a command has printed for the requests that follow.
#[derive(Debug, Clone)]
pub(crate) enum Fresh {
    /// Tokens that they carry.
    Tokens(TokenList),
    /// Keys that they are signed with.
    Keys(AwsKeys),
}

/// Why a specification makes no workload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    #[error("there is no endpoint; give a URL, or a scenario with at least one endpoint")]
    NoEndpoint,
    /// Weights that cannot be mixed.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// An endpoint whose requests cannot be made.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl Workload {
    /// The same for recorded arrivals: the rows of the recording replace what they name of the one request.
    #[must_use]
    pub(crate) fn replaying(mut self, recording: Arc<Recording>) -> Self {
        // Nobody else has it yet.
        if let Some(content) = Arc::get_mut(&mut self.0) {
            content.largest_body = content.largest_body.max(recording.largest_body());
            content.recording = Some(recording);
        }
        self
    }

    /// The recording that the arrivals come from, where there is one.
    pub(crate) fn recording(&self) -> Option<&Arc<Recording>> {
        self.0.recording.as_ref()
    }

    /// Bytes of the largest body, as it was given.
    pub fn largest_body(&self) -> usize {
        self.0.largest_body
    }

    /// The header whose value good answers are counted by.
    pub(crate) fn count_by(&self) -> Option<&HeaderName> {
        self.0.count_by.as_ref()
    }

    /// How bodies are compressed.
    pub(crate) fn body_coding(&self) -> Option<BodyCoding> {
        self.0.body_coding
    }

    /// The endpoints, in the order they were given.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.0.endpoints
    }

    /// How many endpoints were given, those included that reports show as one.
    pub fn name_count(&self) -> usize {
        self.0.names
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
        self.0.compiled.iter().any(Compiled::uses_data)
    }

    /// Whether any request holds what a login told.
    pub(crate) fn uses_told(&self) -> bool {
        let mut templates = self.0.compiled.iter().flat_map(Compiled::templates);
        self.0.data.as_ref().is_some_and(|data| templates.any(|template| template.uses_told(data)))
    }

    /// Whether any request has a body.
    pub fn has_body(&self) -> bool {
        self.0.compiled.iter().any(|endpoint| endpoint.template.has_body())
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
        self.planned_of(sequence, Shard::WHOLE)
    }

    /// How many of one shard's arrivals in a part of the sequence go to each endpoint; where there is only one, nobody
    /// asks how many.
    pub(crate) fn planned_of(&self, sequence: Range<u64>, shard: Shard) -> Vec<u64> {
        let Some(mix) = &self.0.mix else { return vec![sequence.end.saturating_sub(sequence.start)] };
        let mut planned = vec![0; self.0.endpoints.len()];
        for (compiled, count) in self.0.compiled.iter().zip(mix.planned_of(sequence, shard)) {
            planned[compiled.route.endpoint as usize] += count;
        }
        planned
    }

    /// Whether requests depend on the moment they are made.
    pub fn needs_moment(&self) -> bool {
        self.0.needs_moment
    }

    /// The request of the arrival at `sequence`. Before a recording is replayed, these are its first ones, in turn.
    pub fn request(&self, sequence: u64, moment: Moment) -> Outgoing {
        self.request_of(sequence, None, None, moment)
    }

    /// The same for an arrival whose row says what is requested, and for one that has come to another request than its first.
    pub(crate) fn request_of(
        &self,
        sequence: u64,
        row: Option<&RecordedRequest>,
        walk: Option<(&Walk, u32)>,
        moment: Moment,
    ) -> Outgoing {
        // Before a recording is replayed, arrivals are its first rows, whichever of their requests this is.
        let row = row.or_else(|| self.0.opening(sequence));
        let template = self.0.template(sequence, walk.map(|(walk, _)| walk));
        let taken = walk.map_or(&[][..], |(walk, _)| walk.taken());
        let values = Values { taken, ..self.0.values(template, sequence, moment) };
        let token = self.0.tokens.as_ref().map(|tokens| tokens.at(sequence));
        let mut request = self.0.unfinished(template, &values, token.as_ref(), row);
        if let Some((walk, origin)) = walk
            && let Some(origin) = self.0.origins.get(origin as usize)
        {
            walk.apply(&mut request, origin, |name| {
                self.0.token_header.as_ref() == Some(name) || template.tells(name, self.0.data.as_ref())
            });
        }
        template.finish(&mut request, &values, row);
        Outgoing {
            request,
            row: values.row.map(|(_, row)| row + 1),
            trace_id: self.0.traceparent.then(|| trace_id(&values)),
            token,
        }
    }

    /// Requests that are made from now on carry these tokens, or are signed with these keys. Without such from the beginning
    /// there is no place for them.
    pub(crate) fn renew(&self, fresh: Fresh) {
        match (fresh, &self.0.tokens, &self.0.signer) {
            (Fresh::Tokens(list), Some(tokens), _) => tokens.renew(list),
            (Fresh::Keys(keys), _, Some(signer)) => signer.renew(keys),
            _ => {}
        }
    }

    /// Whether sending the request of an arrival twice has the same effect as once (RFC 9110, 9.2.2), so that it may
    /// be sent again when an idle connection turns out to be dead.
    pub fn is_idempotent(&self, sequence: u64) -> bool {
        self.is_idempotent_of(sequence, None, None)
    }

    /// The same for an arrival whose row says what is requested, and for one that has come to another request than its first.
    pub(crate) fn is_idempotent_of(
        &self,
        sequence: u64,
        row: Option<&RecordedRequest>,
        walk: Option<&Walk>,
    ) -> bool {
        let row = row.or_else(|| self.0.opening(sequence));
        walk.and_then(Walk::method)
            .map(Method::is_idempotent)
            .or_else(|| row.and_then(RecordedRequest::is_idempotent))
            .unwrap_or_else(|| self.0.template(sequence, walk).is_idempotent())
    }

    /// What counts as a good answer of an endpoint.
    pub fn expectation(&self, endpoint: u32) -> &Expectation {
        &self.0.endpoints[endpoint as usize].expectation
    }
}

impl Content {
    /// The row of an arrival before the replay.
    fn opening(&self, sequence: u64) -> Option<&RecordedRequest> {
        self.recording.as_ref()?.opening(sequence)
    }

    /// What makes the request of the step that an arrival has come to.
    fn template(&self, sequence: u64, walk: Option<&Walk>) -> &RequestTemplate {
        let compiled = self.compiled(sequence);
        let step = walk.and_then(|walk| compiled.chain.as_ref()?.steps.get(usize::from(walk.step())));
        step.map_or(&compiled.template, |step| &step.template)
    }

    /// The request of an arrival, neither compressed nor signed.
    fn unfinished(
        &self,
        template: &RequestTemplate,
        values: &Values<'_>,
        token: Option<&HeaderValue>,
        row: Option<&RecordedRequest>,
    ) -> Request<Bytes> {
        let mut request = template.request(values, token);
        if let Some(row) = row {
            let trace = self.traceparent.then_some(TRACEPARENT);
            let signature = if self.signer.is_some() { &sigv4::OURS[..] } else { &[] };
            let ours: Vec<&HeaderName> = self.token_header.iter().chain(&trace).chain(signature).collect();
            row.apply(&mut request, &ours);
        }
        request
    }

    fn compiled(&self, sequence: u64) -> &Compiled {
        &self.compiled[self.mix.as_ref().map_or(0, |mix| mix.endpoint(sequence)) as usize]
    }

    /// Adds the tokens that the arrival at `sequence` may carry, what requests are signed with, and what a login told its row.
    fn credentials(&self, sequence: u64, secrets: &mut Secrets) {
        let tokens = self.tokens.iter().flat_map(|tokens| tokens.known_at(sequence));
        tokens.for_each(|token| secrets.token(token.as_bytes()));
        if let Some(signer) = &self.signer {
            signer.secrets(secrets);
        }
        let mut values =
            self.compiled(sequence).templates().map(|one| self.values(one, sequence, Moment::default()));
        if let Some((data, row)) = values.find_map(|values| values.row) {
            data.told_columns().for_each(|column| secrets.taken(data.cell(row, column)));
        }
    }

    fn values(&self, template: &RequestTemplate, sequence: u64, moment: Moment) -> Values<'_> {
        let data = self.data.as_ref().filter(|_| template.uses_data());
        // Random rows cannot fall into step with the endpoints.
        let place = match self.data_order {
            DataOrder::Rotate => self.row_turns.at(sequence),
            DataOrder::Random => sequence,
        };
        let row = |data: &DataTable| self.data_order.row_at(place, self.seed, data.row_count());
        Values { row: data.map(|data| (data, row(data))), sequence, moment, taken: &[] }
    }
}

#[cfg(test)]
pub(super) mod tests;
