//! What an arrival that takes several requests comes to besides its own end.

use super::Sample;

/// The part of one step of a session, and the redirects that were followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// The step that is over: its place among the steps of all sessions, and how it ended. Its intended time is when the step
    /// before it ended.
    pub step: Option<(u32, Sample)>,
    /// Redirects that the arrival followed; 0 before it has ended.
    pub redirects: u32,
}

/// Redirects of the measured arrivals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Redirects {
    /// Arrivals that followed one or more.
    pub arrivals: u64,
    /// Redirects followed; each is one more request, whose time is part of the response time.
    pub followed: u64,
}

impl Redirects {
    /// Whether there were none.
    pub(crate) fn is_empty(&self) -> bool {
        self.followed == 0
    }

    pub(super) fn count(&mut self, redirects: u32) {
        self.arrivals += u64::from(redirects > 0);
        self.followed += u64::from(redirects);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.arrivals += other.arrivals;
        self.followed += other.followed;
    }
}
