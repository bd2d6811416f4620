//! Arrivals that take more than one request: the steps of a session, and redirects.
//!
//! ```text
//! Chain (what each step sends and takes) ----.
//! Answered (what the last request got) -------+--> advance(Walk) -> Way: over, or one more request
//! ```
//!
//! A [`Walk`] is what one arrival has come to: the step that is under way, what answers told, its cookies, and the
//! redirect that it follows. Nothing here sends; time and the answer come in as arguments.

mod chain;
mod cookies;
mod json;
mod redirect;
mod take;
mod told;

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};

pub(crate) use chain::{Chain, Step, StepOfSession};
use cookies::Jar;
use redirect::{Hop, MOST_REDIRECTS, is_redirect, location, method_after};
pub(crate) use take::MOST_TAKEN;
use take::{Source, is_usable};
pub use take::{Take, TakeFrom};
use told::{Told, secrets_of_url};

use super::origin::Origin;
use super::secret::Secret;
use crate::measure::NotFollowed;

/// What one arrival has come to.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The step that is under way, from 0.
    step: u16,
    /// What was taken so far, in the order of [`Chain::names`]; empty where it was not taken yet.
    taken: Vec<Secret<Bytes>>,
    /// Its cookies, where it keeps any.
    jar: Option<Secret<Jar>>,
    /// The redirect that it follows.
    hop: Option<Hop>,
    /// Redirects that this step has followed.
    hops: u8,
    /// Whatever answers told, taken or not.
    told: Told,
    /// Of the last answer: the first of the values that were looked for in its body and not found there, a place in
    /// [`Chain::names`]; and how many bytes that body has.
    unfound: Option<(usize, usize)>,
    /// Whether no further request follows.
    is_over: bool,
}

/// Why a body is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unshown<'w> {
    /// A value of this name was looked for in it and not found: it may stand there all the same, where nobody looked.
    Unfound {
        name: &'w str,
        /// The length of the body, where it came to its end.
        bytes: Option<usize>,
    },
    /// Answers told more than can be remembered, so that nobody knows what it may repeat.
    TooMuch,
}

/// The answer to the last request of an arrival.
pub(crate) struct Answered<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    /// The body, decoded, where something is taken from it; empty otherwise.
    pub body: Cow<'a, [u8]>,
    /// Whether it is as expected.
    pub is_good: bool,
    /// Path and query of the request.
    pub uri: &'a Uri,
    /// The method of the request.
    pub method: &'a Method,
    /// The origin that answered, a place in the workload's origins.
    pub origin: u32,
    /// Now, in seconds since 1970 (UTC).
    pub unix_s: i64,
}

/// What follows an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing: the arrival ended as the answer says.
    Over,
    /// Nothing: the answer is a redirect that is not followed although redirects are.
    NotFollowed(NotFollowed),
    /// Nothing: the answer was good, but does not hold what this value is taken from.
    Missing(String),
    /// One more request to this origin: where a redirect leads.
    Redirected(u32),
    /// One more request to this origin: the next step.
    Step(u32),
}

/// What all walks of a workload have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'w> {
    /// The steps of the arrival's session; `None` where it is one request.
    pub chain: Option<&'w Chain>,
    /// Whether redirects are followed.
    pub follows: bool,
    /// Statuses that are good answers by name: such a redirect is not followed.
    pub wanted: &'w [u16],
    pub origins: &'w [Origin],
}

impl Walk {
    /// The beginning of an arrival's way.
    pub(crate) fn new(chain: Option<&Chain>) -> Self {
        let taken = chain.map_or(0, |chain| chain.names.len());
        let jar = chain.filter(|chain| chain.cookies).map(|_| Secret::new(Jar::default()));
        Self { taken: vec![Secret::default(); taken], jar, ..Self::default() }
    }

    /// The step that is under way, from 0.
    pub(crate) fn step(&self) -> u16 {
        self.step
    }

    /// What was taken so far.
    pub(super) fn taken(&self) -> &[Secret<Bytes>] {
        &self.taken
    }

    /// What was taken, when it is over.
    pub(crate) fn into_taken(self) -> Vec<Secret<Bytes>> {
        self.taken
    }

    /// The method of the request, where a redirect changed it.
    pub(super) fn method(&self) -> Option<&Method> {
        self.hop.as_ref()?.method.as_ref()
    }

    /// Makes of the request of the step the one that is to be sent to `origin`. `is_secret`: of one of its headers, whether
    /// it is for nobody but the origin that the step names.
    pub(super) fn apply(
        &self,
        request: &mut Request<Bytes>,
        origin: &Origin,
        is_secret: impl Fn(&HeaderName) -> bool,
    ) {
        if let Some(hop) = &self.hop {
            hop.apply(request, is_secret);
        }
        if let Some(jar) = &self.jar {
            let path = request.uri().path().to_owned();
            jar.expose().add_to(request.headers_mut(), origin, &path);
        }
    }

    /// Everything secret that answers have told, also what was of no use and what was replaced.
    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = self.told.values().map(<[u8]>::to_vec).collect();
        // What is sent is known even where not all that was told is.
        all.extend(self.taken.iter().map(|value| value.expose().to_vec()));
        all.extend(
            self.jar.iter().flat_map(|jar| jar.expose().values()).map(|value| value.as_bytes().to_vec()),
        );
        if let Some(hop) = &self.hop {
            all.extend(secrets_of_url(hop.uri.to_string().as_bytes()).map(<[u8]>::to_vec));
        }
        all.retain(|value| !value.is_empty());
        all
    }

    /// Whether all of that is known.
    pub(super) fn knows_all(&self) -> bool {
        !self.told.is_cut()
    }

    /// Why the body of the last answer is not shown.
    pub(super) fn unshown<'w>(&self, chain: Option<&'w Chain>) -> Option<Unshown<'w>> {
        if self.told.is_cut() {
            return Some(Unshown::TooMuch);
        }
        let (place, bytes) = self.unfound?;
        Some(Unshown::Unfound { name: chain?.names.get(place)?, bytes: Some(bytes) })
    }

    /// The same of what came last of an arrival that has ended: that may be the beginning of an answer to a later request.
    pub(super) fn unshown_at_the_end<'w>(&self, chain: Option<&'w Chain>) -> Option<Unshown<'w>> {
        if self.is_over || self.told.is_cut() {
            return self.unshown(chain);
        }
        let chain = chain?;
        let mut takes = chain.steps.get(usize::from(self.step))?.takes.iter();
        let (place, _) = takes.find(|(_, from)| from.wants_body())?;
        Some(Unshown::Unfound { name: chain.names.get(*place)?, bytes: None })
    }

    /// Remembers all that an answer tells, good or not. Returns what the step takes from it, and of what it could not take the
    /// first.
    fn hear(&mut self, step: Option<&Step>, answered: &Answered<'_>) -> (Vec<(usize, Bytes)>, Option<usize>) {
        let source = Source::new(answered.headers, &answered.body);
        let (mut found, mut missing) = (Vec::new(), None);
        self.unfound = None;
        for (place, from) in step.iter().flat_map(|step| &step.takes) {
            let value = from.find(source);
            if let Some(value) = &value {
                self.told.add(value);
            }
            match value.filter(|value| is_usable(value)) {
                Some(value) => found.push((*place, value)),
                None => {
                    missing = missing.or(Some(*place));
                    if from.wants_body() {
                        self.unfound = self.unfound.or(Some((*place, answered.body.len())));
                    }
                }
            }
        }
        self.told.hear(answered.headers);
        (found, missing)
    }

    /// Takes in an answer, and says what follows.
    pub(super) fn advance(&mut self, ground: Ground<'_>, answered: Answered<'_>) -> Way {
        let way = self.after(ground, answered);
        self.is_over = matches!(way, Way::Over | Way::Missing(_));
        way
    }

    fn after(&mut self, ground: Ground<'_>, answered: Answered<'_>) -> Way {
        let step = ground.chain.and_then(|chain| chain.steps.get(usize::from(self.step)));
        let (found, missing) = self.hear(step, &answered);
        let origin = ground.origins.get(answered.origin as usize);
        if let (Some(jar), Some(origin)) = (&mut self.jar, origin) {
            jar.expose_mut().store(origin, answered.uri.path(), answered.headers, answered.unix_s);
        }
        match origin.and_then(|origin| self.redirected(ground, &answered, origin)) {
            Some(Ok(hop)) => {
                self.hops += 1;
                return Way::Redirected(self.hop.insert(hop).origin);
            }
            Some(Err(reason)) => return Way::NotFollowed(reason),
            None => {}
        }
        self.hop = None;
        self.hops = 0;
        let Some(chain) = ground.chain.filter(|_| answered.is_good) else { return Way::Over };
        if let Some(place) = missing {
            return Way::Missing(chain.names.get(place).cloned().unwrap_or_default());
        }
        for (place, value) in found {
            if let Some(taken) = self.taken.get_mut(place) {
                *taken = Secret::new(value);
            }
        }
        match chain.steps.get(usize::from(self.step) + 1) {
            None => Way::Over,
            Some(next) => {
                self.step += 1;
                Way::Step(next.origin)
            }
        }
    }

    /// The request that a redirect asks for, where redirects are followed. One to an origin that no URL of the workload names
    /// is not: nobody asked to load that.
    fn redirected(
        &self,
        ground: Ground<'_>,
        answered: &Answered<'_>,
        origin: &Origin,
    ) -> Option<Result<Hop, NotFollowed>> {
        let is_followed =
            ground.follows && is_redirect(answered.status) && !ground.wanted.contains(&answered.status);
        is_followed.then(|| self.hop_after(ground, answered, origin))
    }

    fn hop_after(
        &self,
        ground: Ground<'_>,
        answered: &Answered<'_>,
        origin: &Origin,
    ) -> Result<Hop, NotFollowed> {
        if self.hops >= MOST_REDIRECTS {
            return Err(NotFollowed::TooMany);
        }
        let target = location(origin, answered.uri, answered.headers).ok_or(NotFollowed::NoLocation)?;
        let number = ground.origins.iter().position(|known| known == target.origin());
        let number = number.ok_or(NotFollowed::Elsewhere)? as u32;
        let was_elsewhere = self.hop.as_ref().is_some_and(|hop| hop.elsewhere.is_some());
        let elsewhere = (was_elsewhere || number != answered.origin)
            .then(|| HeaderValue::from_str(target.authority()).ok())
            .flatten();
        let method = method_after(answered.status, answered.method).or_else(|| self.method().cloned());
        Ok(Hop { origin: number, uri: Uri::from(target.path().clone()), method, elsewhere })
    }
}

#[cfg(test)]
mod tests;
