//! When a run starts: at once, or at a moment that was agreed on.

use jiff::Timestamp;

use super::error::CommandError;
use crate::load::Session;
use crate::schedule::NANOS_PER_S;
use crate::time::Clock;

/// The start of a run on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// On the monotonic clock, in nanoseconds.
    pub origin_ns: u64,
    /// By the clock on the wall, in nanoseconds since 1970.
    pub unix_ns: u64,
}

impl Start {
    /// At the agreed moment, or as soon as all workers can be ready.
    ///
    /// # Errors
    /// [`CommandError::TooLate`] where that moment is past.
    pub(super) fn new(clock: &impl Clock, at: Option<Timestamp>) -> Result<Self, CommandError> {
        let soonest_ns = Session::soonest_ns();
        // Read one after the other: a microsecond between them is a microsecond of error.
        let (now_ns, now_unix_ns) =
            (clock.now_ns(), u64::try_from(clock.wall().as_nanos()).unwrap_or(u64::MAX));
        let Some(at) = at else {
            let ahead_ns = soonest_ns.saturating_sub(now_ns);
            return Ok(Self { origin_ns: soonest_ns, unix_ns: now_unix_ns.saturating_add(ahead_ns) });
        };
        let unix_ns = u64::try_from(at.as_nanosecond()).unwrap_or(0);
        let origin_ns = now_ns.saturating_add(unix_ns.saturating_sub(now_unix_ns));
        if unix_ns < now_unix_ns || origin_ns < soonest_ns {
            let late_s = now_unix_ns.saturating_sub(unix_ns) as f64 / NANOS_PER_S as f64;
            return Err(CommandError::TooLate { late: format!("{late_s:.3} s") });
        }
        Ok(Self { origin_ns, unix_ns })
    }

    /// The moment in UTC, RFC 3339.
    pub(super) fn words(&self) -> String {
        let moment = Timestamp::from_nanosecond(self.unix_ns.into()).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// How long it is until then, in seconds.
    pub(super) fn ahead_s(&self, clock: &impl Clock) -> f64 {
        self.origin_ns.saturating_sub(clock.now_ns()) as f64 / NANOS_PER_S as f64
    }
}
