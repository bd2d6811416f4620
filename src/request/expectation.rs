//! What counts as a good answer.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::check::Check;
use super::coding::{Coding, Held};
use super::text_search::TextSearch;

use crate::measure::{HttpFault, Outcome};

/// Statuses and body of a good answer. By default any 2xx, with any body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The statuses that are good; empty means 200 to 299.
    pub statuses: Vec<u16>,
    /// A text that the body of a good answer holds.
    pub body: Option<Bytes>,
    /// What else holds of a good answer.
    pub checks: Arc<[Check]>,
}

impl Expectation {
    /// Judges a complete answer by its status, by whether it has `Retry-After`, and by whether its body is as expected.
    pub fn judge(&self, status: u16, retry_after: bool, body_is_good: bool) -> Outcome {
        let expected = if self.statuses.is_empty() {
            (200..300).contains(&status)
        } else {
            self.statuses.contains(&status)
        };
        if expected && body_is_good {
            return Outcome::Ok { status };
        }
        let throttled = status == 429 || (status == 503 && retry_after);
        let fault = match (expected, throttled) {
            (true, _) => HttpFault::Body,
            (false, true) => HttpFault::Throttled,
            (false, false) => HttpFault::Status,
        };
        Outcome::HttpError { status, fault }
    }
}

/// Most bytes of a body that are held to be checked.
const MOST_HELD: usize = 4 << 20;

/// Room for a body that is kept for the next one, in bytes.
const KEPT_ROOM: usize = 64 << 10;

/// Searches a body for a text while its parts arrive, and keeps the beginning of the body. It holds no more than that, unless
/// a compressed body is to be searched, or a check looks into it.
#[derive(Debug, Default)]
pub struct BodyWatch {
    /// What else is to hold; empty for most.
    checks: Arc<[Check]>,
    /// Whether the headers passed.
    head_is_good: bool,
    /// Whether the body is held whatever the checks want.
    holds: bool,
    /// Bytes of the body so far, as they came.
    size: u64,
    /// The body, where a check looks into it and it is not compressed.
    whole: Vec<u8>,
    /// Looks for the expected text, where one is expected.
    search: Option<TextSearch>,
    head: Vec<u8>,
    keep: usize,
    /// The whole body, where it is compressed and to be searched.
    held: Option<Held>,
    /// Bytes that came out of it, where it was decompressed to its end.
    decoded_size: Option<u64>,
}

impl BodyWatch {
    /// Keeps the first `keep` bytes of each body.
    pub fn new(keep: usize) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Starts over for the next answer; with `holds` the body is kept whole for [`Self::body`].
    pub fn begin(&mut self, expectation: &Expectation, holds: bool) {
        self.holds = holds;
        self.search = expectation.body.clone().map(TextSearch::new);
        self.head.clear();
        self.held = None;
        self.decoded_size = None;
        self.head_is_good = true;
        self.whole.clear();
        // One large body must not be paid for until the connection ends.
        self.whole.shrink_to(KEPT_ROOM);
        if !self.checks.is_empty() || !expectation.checks.is_empty() {
            self.checks = Arc::clone(&expectation.checks);
            self.size = 0;
        }
    }

    fn wants_body(&self) -> bool {
        self.holds || self.checks.iter().any(Check::wants_body)
    }

    /// The head of the answer: says how the body is compressed that follows.
    pub fn head_has_come(&mut self, headers: &HeaderMap) {
        if self.search.is_some() || self.wants_body() {
            self.held = Coding::of(headers).map(Held::new);
        }
        self.head_is_good = self.checks.iter().all(|check| check.passes_head(headers));
    }

    /// Takes the next part of the body.
    pub fn part(&mut self, part: &[u8]) {
        let room = self.keep - self.head.len();
        if room > 0 {
            self.head.extend_from_slice(&part[..part.len().min(room)]);
        }
        if !self.checks.is_empty() {
            self.size += part.len() as u64;
        }
        if let Some(held) = &mut self.held {
            return held.part(part);
        }
        if self.wants_body() {
            let room = MOST_HELD.saturating_sub(self.whole.len());
            self.whole.extend_from_slice(&part[..part.len().min(room)]);
        }
        if let Some(search) = &mut self.search {
            search.part(part);
        }
    }

    /// Whether the answer holds all that is expected besides its status; true where nothing is. A body is decoded and taken
    /// apart here, when the answer has ended.
    pub fn is_good(&mut self) -> bool {
        self.has_text() && self.passes_checks()
    }

    /// Bytes of the body before it was compressed, where it was decompressed to its end to be judged.
    pub fn decoded_size(&self) -> Option<u64> {
        self.decoded_size
    }

    fn passes_checks(&mut self) -> bool {
        if self.checks.is_empty() {
            return true;
        }
        let (body, is_whole) = if self.wants_body() { self.decoded() } else { (Cow::default(), false) };
        let passes = self.head_is_good && self.checks.iter().all(|check| check.passes_body(self.size, &body));
        let size = body.len() as u64;
        if self.held.is_some() && is_whole {
            self.decoded_size = Some(size);
        }
        passes
    }

    /// The body that was held, decoded; of a long one its beginning.
    pub fn body(&self) -> Cow<'_, [u8]> {
        self.decoded().0
    }

    /// That body, and whether it was decoded to its end.
    fn decoded(&self) -> (Cow<'_, [u8]>, bool) {
        match &self.held {
            Some(held) => {
                let (body, is_whole) = held.decoded();
                (Cow::Owned(body), is_whole)
            }
            None => (Cow::Borrowed(&self.whole), true),
        }
    }

    fn has_text(&mut self) -> bool {
        match (&self.held, &self.search) {
            (_, None) => true,
            (Some(held), Some(search)) => {
                let mut search = TextSearch::new(search.wanted().clone());
                self.decoded_size = held.search(&mut search);
                search.has_found()
            }
            (None, Some(search)) => search.has_found(),
        }
    }

    /// The beginning of the body.
    pub fn head(&self) -> &[u8] {
        &self.head
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_default_2xx_is_good() {
        let any = Expectation::default();
        assert_eq!(any.judge(204, false, true), Outcome::Ok { status: 204 });
        let error = |status, fault| Outcome::HttpError { status, fault };
        assert_eq!(any.judge(301, false, true), error(301, HttpFault::Status));
        assert_eq!(any.judge(429, false, true), error(429, HttpFault::Throttled));
        assert_eq!(any.judge(503, true, true), error(503, HttpFault::Throttled));
        assert_eq!(any.judge(503, false, true), error(503, HttpFault::Status));
        assert_eq!(any.judge(200, false, false), error(200, HttpFault::Body));
        let teapot = Expectation { statuses: vec![418, 429], ..Expectation::default() };
        assert_eq!(teapot.judge(429, true, true), Outcome::Ok { status: 429 });
        assert_eq!(teapot.judge(200, false, true), error(200, HttpFault::Status));
    }

    #[test]
    fn a_large_body_is_given_back_when_the_next_exchange_begins() {
        let mut watch = BodyWatch::new(0);
        for (size, room) in [(2 * MOST_HELD, KEPT_ROOM), (1_000, KEPT_ROOM), (10, 1_000)] {
            watch.begin(&Expectation::default(), true);
            assert!(watch.whole.capacity() <= KEPT_ROOM);
            watch.part(&vec![b'a'; size]);
            assert_eq!(watch.body().len(), size.min(MOST_HELD));
            watch.begin(&Expectation::default(), true);
            // What is small enough is kept: it need not be asked for again.
            assert!(watch.body().is_empty() && watch.whole.capacity() >= size.min(room));
            assert!(watch.whole.capacity() <= KEPT_ROOM);
        }
    }

    proptest! {
        /// However the body is cut into parts, the text is found exactly when it is there.
        #[test]
        fn a_text_is_found_across_parts(
            body in "[ab]{0,40}", wanted in "[ab]{1,6}", cuts in prop::collection::vec(0_usize..40, 0..8), keep in 0_usize..50,
        ) {
            let expectation = Expectation { body: Some(Bytes::from(wanted.clone())), ..Expectation::default() };
            let mut watch = BodyWatch::new(keep);
            watch.begin(&expectation, false);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            cuts.windows(2).for_each(|pair| watch.part(&body.as_bytes()[pair[0]..pair[1]]));
            prop_assert_eq!(watch.is_good(), body.contains(&wanted));
            prop_assert_eq!(watch.head(), &body.as_bytes()[..body.len().min(keep)]);
        }
    }
}
