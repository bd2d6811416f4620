//! What a workload says of arrivals that take more than one request.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_ENCODING;

use super::Workload;
use crate::request::expectation::Expectation;
use crate::request::redactor::HIDDEN;
use crate::request::secret::{Secret, Secrets};
use crate::request::walk::{Answered, Chain, Ground, Step, StepOfSession, Unshown, Walk, Way};

impl Workload {
    /// Whether an arrival may take more than one request.
    pub(crate) fn has_walks(&self) -> bool {
        self.0.has_walks
    }

    /// Whether redirects are followed.
    pub(crate) fn follows_redirects(&self) -> bool {
        self.0.follows_redirects
    }

    /// How many sessions there are, of all that were given.
    pub(crate) fn session_count(&self) -> usize {
        self.0.sessions
    }

    /// Whether the arrival at `sequence` is a session.
    pub(crate) fn is_session(&self, sequence: u64) -> bool {
        self.chain(sequence).is_some()
    }

    /// The beginning of an arrival's way.
    pub(crate) fn walk(&self, sequence: u64) -> Walk {
        Walk::new(self.chain(sequence))
    }

    /// The steps of all sessions, each at its place.
    pub(crate) fn steps(&self) -> Vec<StepOfSession> {
        let sessions =
            self.0.compiled.iter().filter_map(|one| Some((one.route.endpoint, one.chain.as_ref()?)));
        let steps =
            sessions.flat_map(|(endpoint, chain)| chain.steps.iter().map(move |step| (endpoint, step)));
        let steps = steps.map(|(endpoint, step)| StepOfSession {
            endpoint,
            name: step.name.clone(),
            method: step.template.method().clone(),
            target: step.target.clone(),
        });
        steps.collect()
    }

    /// How many steps all sessions have.
    pub(crate) fn step_count(&self) -> usize {
        self.0.compiled.iter().filter_map(|one| Some(one.chain.as_ref()?.steps.len())).sum()
    }

    /// The place of a step of an arrival among the steps of all sessions; `None` where the arrival is no session.
    pub(crate) fn step_place(&self, sequence: u64, step: u16) -> Option<u32> {
        self.chain(sequence).map(|chain| chain.first_place + u32::from(step))
    }

    /// What counts as a good answer to a step of an arrival, and whether its body is to be held.
    pub(crate) fn expectation_at(&self, sequence: u64, endpoint: u32, step: u16) -> (&Expectation, bool) {
        match self.step(sequence, step) {
            Some(step) => (&step.expectation, step.holds_body()),
            None => (self.expectation(endpoint), false),
        }
    }

    /// Takes in the answer to the last request of an arrival, and says what follows.
    pub(crate) fn advance(
        &self,
        walk: &mut Walk,
        sequence: u64,
        endpoint: u32,
        answered: Answered<'_>,
    ) -> Way {
        let (expectation, _) = self.expectation_at(sequence, endpoint, walk.step());
        let ground = Ground {
            chain: self.chain(sequence),
            follows: self.0.follows_redirects,
            wanted: &expectation.statuses,
            origins: &self.0.origins,
        };
        walk.advance(ground, answered)
    }

    /// The value of a header of an answer without what answers of the same arrival told: when it is written, that is long gone.
    pub(crate) fn without_taken(&self, value: &[u8], walk: &Walk) -> Vec<u8> {
        match walk.knows_all() {
            true => self.0.redactor.without(value, &told(walk)).into_bytes(),
            false => HIDDEN.as_bytes().to_vec(),
        }
    }

    /// The same of the body that an arrival has ended with.
    pub(crate) fn body_without_taken(&self, sequence: u64, body: &[u8], walk: &Walk) -> Vec<u8> {
        match walk.unshown_at_the_end(self.chain(sequence)) {
            Some(why) if !body.is_empty() => shape(why, body).into_bytes(),
            _ => self.without_taken(body, walk),
        }
    }

    /// A request of an arrival as it may be shown to whoever typed it: without tokens, keys, and what answers told.
    pub(crate) fn shown_request(&self, sequence: u64, walk: &Walk, request: &Request<Bytes>) -> String {
        let mut own = self.own_credentials(sequence);
        own.extend(told(walk));
        // What is compressed cannot be read.
        let is_plain = !request.headers().contains_key(CONTENT_ENCODING);
        let readable = if is_plain { request.body().clone() } else { Bytes::new() };
        self.shown_with(request, &readable, &own)
    }

    /// What may be shown of a header of an answer to it.
    pub(crate) fn shown_header(&self, sequence: u64, walk: &Walk, name: &str, value: &[u8]) -> String {
        match walk.knows_all() {
            true => self.0.redactor.header(name, value, &self.all_secrets(sequence, walk)),
            false => HIDDEN.to_owned(),
        }
    }

    /// What may be shown of the body of an answer to it.
    pub(crate) fn shown_of(&self, sequence: u64, walk: &Walk, body: &[u8]) -> String {
        match walk.unshown(self.chain(sequence)) {
            Some(why) if !body.is_empty() => shape(why, body),
            _ => self.0.redactor.body(body, &self.all_secrets(sequence, walk)),
        }
    }

    fn all_secrets(&self, sequence: u64, walk: &Walk) -> Vec<Secret<String>> {
        told(walk).into_iter().chain(self.secrets(sequence, None)).collect()
    }

    fn chain(&self, sequence: u64) -> Option<&Chain> {
        self.0.compiled(sequence).chain.as_ref()
    }

    fn step(&self, sequence: u64, step: u16) -> Option<&Step> {
        self.chain(sequence)?.steps.get(usize::from(step))
    }
}

/// What stands for a body that is not shown; `body` is what there is of it.
fn shape(why: Unshown<'_>, body: &[u8]) -> String {
    match why {
        Unshown::Unfound { name, bytes } => {
            let bytes = bytes.unwrap_or(body.len());
            format!(
                "({bytes} bytes, not shown: no value for {{{name}}} was found there, but it may hold one)"
            )
        }
        Unshown::TooMuch => {
            format!("({} bytes, not shown: the answers told more than can be hidden)", body.len())
        }
    }
}

/// Everything secret that answers have told an arrival, longer ones first.
fn told(walk: &Walk) -> Vec<Secret<String>> {
    let mut secrets = Secrets::default();
    walk.secrets().iter().for_each(|value| secrets.taken(value));
    secrets.into_texts().map(Secret::new).collect()
}
