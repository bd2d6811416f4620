//! The tokens that are sent now, which may be others in a while.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use http::header::HeaderValue;

use super::rotation::Rotation;
use super::tokens::TokenList;

/// How many lists of before are remembered, so that an answer that repeats one of their tokens does not show it. A request
/// that was sent with an older one knows its own.
const REMEMBERED: usize = 16;

/// A text is searched for so many tokens of one list: that takes a time for each.
const MOST_LISTED: usize = 1_000;

/// Tokens in rotation. All workers read them while somebody else renews them: the lock is held to copy one token, or to put
/// one list in the place of another, and never while new tokens are awaited.
pub(super) struct CurrentTokens {
    /// Arrivals after which the endpoints repeat.
    period: u64,
    lists: RwLock<Lists>,
}

struct Lists {
    current: InTurn,
    before: VecDeque<InTurn>,
}

struct InTurn {
    list: TokenList,
    turns: Rotation,
}

impl InTurn {
    fn at(&self, sequence: u64) -> &HeaderValue {
        self.list.at(self.turns.at(sequence))
    }
}

impl CurrentTokens {
    /// Tokens beside endpoints whose pattern repeats after `period` arrivals.
    pub(super) fn new(list: TokenList, period: u64) -> Self {
        let turns = Rotation::new(list.count() as u64, period);
        let lists = Lists { current: InTurn { list, turns }, before: VecDeque::new() };
        Self { period, lists: RwLock::new(lists) }
    }

    /// The token that the arrival at `sequence` carries if its request is made now.
    pub(super) fn at(&self, sequence: u64) -> HeaderValue {
        self.read(|lists| lists.current.at(sequence).clone())
    }

    /// From now on these are sent.
    pub(super) fn renew(&self, list: TokenList) {
        let turns = Rotation::new(list.count() as u64, self.period);
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        let last = std::mem::replace(&mut lists.current, InTurn { list, turns });
        lists.before.push_front(last);
        lists.before.truncate(REMEMBERED);
    }

    /// The tokens that the arrival at `sequence` could have carried, as far as they are remembered; the newest first.
    pub(super) fn known_at(&self, sequence: u64) -> Vec<HeaderValue> {
        self.read(|lists| {
            let all = std::iter::once(&lists.current).chain(&lists.before);
            all.map(|list| list.at(sequence).clone()).collect()
        })
    }

    /// Every token that is remembered, up to [`MOST_LISTED`] of a list.
    pub(super) fn each_known(&self, mut see: impl FnMut(&HeaderValue)) {
        self.read(|lists| {
            for InTurn { list, .. } in std::iter::once(&lists.current).chain(&lists.before) {
                (0..list.count().min(MOST_LISTED) as u64).for_each(|place| see(list.at(place)));
            }
        });
    }

    fn read<R>(&self, look: impl FnOnce(&Lists) -> R) -> R {
        look(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for CurrentTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|lists| lists.current.list.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(period: u64) -> CurrentTokens {
        CurrentTokens::new(list("a\nb"), period)
    }

    fn list(output: &str) -> TokenList {
        TokenList::of_output(output.as_bytes(), false).unwrap()
    }

    #[test]
    fn what_is_renewed_takes_turns_by_its_own_number() {
        let tokens = tokens(1);
        let at = |sequence| tokens.at(sequence).to_str().unwrap().to_owned();
        assert_eq!([at(0), at(1), at(2)], ["a", "b", "a"]);
        tokens.renew(list("c\nd\ne"));
        assert_eq!([at(0), at(1), at(2), at(3)], ["c", "d", "e", "c"]);
        assert_eq!(tokens.known_at(1), ["d", "b"]);
        assert_eq!(format!("{tokens:?}"), "TokenList(3 tokens)");
    }

    #[test]
    fn memory_does_not_grow_with_renewals() {
        let tokens = tokens(2);
        (0..100).for_each(|i| tokens.renew(list(&format!("t{i}"))));
        assert_eq!(tokens.known_at(0).len(), 1 + REMEMBERED);
        assert_eq!(tokens.known_at(0)[0], "t99");
    }
}
